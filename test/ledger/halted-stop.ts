import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * Makes a PostgreSQL slow to stop: the end waits for its checkpointer, and that one is halted.
 * @param pid  the server's process
 * @returns lets it go on
 */
export async function haltStop(pid: string): Promise<() => void> {
  const checkpointer = await until(async () => {
    for (const child of (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ')) {
      const title = await readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => '')
      if (title.includes('checkpointer')) return Number(child)
    }
    return null
  })
  process.kill(checkpointer, 'SIGSTOP')
  return () => {
    try {
      process.kill(checkpointer, 'SIGCONT')
    } catch {
      // It is gone: somebody ended it by force.
    }
  }
}

/** The server's process, once it says of itself that it is one of these. */
export const serverWhen = (home: string, ...states: readonly ('starting' | 'ready' | 'stopping')[]): Promise<string> =>
  until(async () => {
    const text = await readFile(join(home, 'postgres/data/postmaster.pid'), 'utf8').catch(() => '')
    const [pid, , , , , , , said] = text.split('\n')
    return states.some((state) => state === said?.trim()) ? (pid ?? null) : null
  })

/** Asks again and again until there is an answer. */
async function until<T>(ask: () => Promise<T | null>): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (answer !== null) return answer
    await delay(5)
  }
}
