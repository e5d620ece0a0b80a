import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import type { ProjectFolder } from '../project-folder.ts'

/* Servers as a service manager runs them: each is started again, a moment after it ended. */

type Child = ReturnType<ProjectFolder['cli']>

interface Member {
  readonly name: string
  readonly args: readonly string[]
}
/** A process that ended although nobody killed it. */
interface Ended {
  readonly name: string
  readonly code: number | null
  /** Whether it had begun to work. */
  readonly worked: boolean
  /** The last of what it wrote. */
  readonly said: string
}
export interface Fleet {
  /** Ends one at once; it is started again. */
  kill(name: string): void
  /** Whether all of them work. */
  up(): boolean
  /** Those that ended by themselves so far. */
  readonly ended: readonly Ended[]
  /** How the names of workers begin that are gone. */
  gone(): readonly string[]
  /** All log lines so far, of the dead as well. */
  log(): readonly string[]
  /** How often one of them was started. */
  starts(): number
  /** Ends all of them as a service manager does. @returns exit codes */
  stop(): Promise<readonly (number | null)[]>
  /** Ends what is left, after a failure. */
  close(): Promise<void>
}

const pauseMs = 250

export function startFleet(folder: Pick<ProjectFolder, 'cli'>, members: readonly Member[]): Fleet {
  const children: Child[] = []
  const current = new Map<string, Child>()
  const killed = new Set<Child>()
  const dead: Child[] = []
  const ended: Ended[] = []
  const watches: Promise<void>[] = []
  let stopping = false
  const works = (child: Child) => child.printed().includes('"event":"started"')

  async function keepUp({ name, args }: Member): Promise<void> {
    while (!stopping) {
      const child = folder.cli('start', ...args)
      children.push(child)
      current.set(name, child)
      const { code, err } = await child.done
      dead.push(child)
      if (!stopping && !killed.has(child))
        ended.push({ name, code, worked: works(child), said: err.split('\n').slice(-40).join('\n') })
      if (!stopping) await delay(pauseMs)
    }
  }
  for (const member of members) watches.push(keepUp(member))
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    stopping = true
    const last = [...current.values()].filter((child) => !dead.includes(child))
    for (const child of last) child.kill(signal)
    const codes = await Promise.all(last.map(async (child) => (await child.done).code))
    await Promise.all(watches)
    return codes
  }
  return {
    kill(name) {
      const child = current.get(name)
      if (child === undefined || dead.includes(child)) return
      killed.add(child)
      child.kill('SIGKILL')
    },
    up: () =>
      members.every(({ name }) => {
        const child = current.get(name)
        return child !== undefined && works(child) && !killed.has(child) && !dead.includes(child)
      }),
    ended,
    gone: () => dead.map(({ pid }) => `${hostname()}-${pid}-`),
    log: () => children.flatMap((child) => child.printed().split('\n').filter(Boolean)),
    starts: () => children.length,
    stop: () => end('SIGTERM'),
    async close() {
      await end('SIGKILL')
    },
  }
}
