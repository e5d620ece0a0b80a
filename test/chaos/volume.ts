import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '../../src/ledger/error-code.ts'

/*
 * A small file system that can be filled. It is mounted in a namespace of its own, which a process holds as long as this
 * one lives: nothing is left behind, in whatever way the test ends.
 */

/** Whether this machine lets us mount one. */
export const canMount =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0

export interface Volume {
  /** Put before a command that is to see it. */
  readonly within: readonly string[]
  /** Takes all the room that is left. Asked again, what became free meanwhile. */
  fill(): void
  free(): void
  close(): Promise<void>
}

/** @param seed  a folder whose contents it begins with */
export async function mountVolume(path: string, bytes: number, seed: string): Promise<Volume> {
  const script =
    'mount -t tmpfs -o size="$2",mode=755 tmpfs "$1" && cp -a "$3" "$1/" && echo mounted && exec cat >/dev/null'
  const holder = spawn(
    'unshare',
    ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', path, String(bytes), seed],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  const gone = once(holder, 'exit')
  const first = await Promise.race([once(holder.stdout, 'data'), gone])
  if (!String(first[0]).startsWith('mounted')) throw new Error(`nothing could be mounted at ${path}`)
  const inside = join('/proc', String(holder.pid), 'root', path)
  const filler = join(inside, 'filler')
  return {
    within: ['nsenter', '--target', String(holder.pid), '--mount'],
    fill() {
      const { bavail, bsize } = statfsSync(inside)
      if (bavail === 0) return
      const file = openSync(filler, 'a')
      try {
        for (let left = bavail * bsize; left > 0; ) left -= writeSync(file, Buffer.alloc(Math.min(left, 1_000_000)))
      } catch (error) {
        if (codeOf(error) !== 'ENOSPC') throw error
      } finally {
        closeSync(file)
      }
    },
    free: () => rmSync(filler, { force: true }),
    async close() {
      if (existsSync(filler)) rmSync(filler)
      holder.kill('SIGKILL')
      await gone
    },
  }
}

/** Put before a command that must not outlive us, where the machine has a program for that. */
export const mortal = (signal: 'KILL' | 'QUIT'): readonly string[] =>
  spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0 ? ['setpriv', '--pdeathsig', signal] : []

/** Starts a program, given as words. */
export function startProgram(words: readonly string[], options: { uid?: number; gid?: number } = {}): ChildProcess {
  const [program = '', ...args] = words
  return spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
}
