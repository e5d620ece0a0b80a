import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ignoring } from '../error-code.ts'

/** PostgreSQL's pid file, `postmaster.pid`. */
interface PidFile {
  readonly pid: number
  readonly port: string
  readonly socketDir: string
  readonly ready: boolean
}

const pathOf = (dataDir: string) => join(dataDir, 'postmaster.pid')

/** Null when there is none or it is still being written. */
export async function readPidFile(dataDir: string): Promise<PidFile | null> {
  const text = (await readFile(pathOf(dataDir), 'utf8').catch(ignoring('ENOENT'))) ?? ''
  const [pid, , , port, socketDir, , , status] = text.split('\n')
  if (!pid || !port || !socketDir) return null
  // The server names it as it was told, from where it is at home.
  return { pid: Number(pid), port, socketDir: resolve(dataDir, socketDir), ready: status?.trim() === 'ready' }
}

/**
 * Makes room for a start: a server of ours whose watcher is gone is stopped, and the files of a dead one are removed.
 * PostgreSQL itself would refuse to start over a process id that now belongs to another program, or to a zombie.
 * Call it under the lock of the home only.
 * @param mark  stands in the command line of our servers and of no other program
 */
export async function clearStale(dataDir: string, mark: string): Promise<void> {
  const left = await readPidFile(dataDir)
  if (left !== null) {
    if (commandLine(left.pid).includes(mark)) process.kill(left.pid, 'SIGINT')
    for (let waited = 0; commandLine(left.pid).includes(mark); waited += 10) {
      if (waited > 30_000)
        throw new Error(
          `An old PostgreSQL (process ${left.pid}) of ${dataDir} does not stop. End it, then start again.`,
        )
      await delay(10)
    }
    await rm(join(left.socketDir, `.s.PGSQL.${left.port}.lock`), { force: true })
  }
  await rm(pathOf(dataDir), { force: true })
}

/** Empty for a process that is gone or a zombie. */
function commandLine(pid: number): string {
  if (process.platform !== 'linux') return spawnSync('ps', ['-o', 'command=', '-p', String(pid)]).stdout.toString()
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch (error) {
    // ESRCH: it went while being read.
    ignoring('ENOENT', 'ESRCH')(error)
    return ''
  }
}
