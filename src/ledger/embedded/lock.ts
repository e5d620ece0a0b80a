import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'

const busy = 5 // SQLITE_BUSY

/**
 * Waits for a lock that the operating system holds on a file, and drops when its process dies in whatever way. Node has
 * no file locks of its own; SQLite, which it carries, has them on every platform. A lock file with a process id in it
 * was rejected: ids repeat, and two containers on one volume do not see each other's.
 * @returns gives the lock back
 */
export async function lockFile(path: string): Promise<() => void> {
  const file = new DatabaseSync(path, { timeout: 0 })
  for (;;) {
    try {
      file.exec('begin exclusive')
      return () => file.close()
    } catch (error) {
      if (!(typeof error === 'object' && error !== null && 'errcode' in error && error.errcode === busy)) {
        file.close()
        throw error
      }
    }
    await delay(20)
  }
}
