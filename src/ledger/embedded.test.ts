import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { haltStop, serverWhen } from '../../test/ledger/halted-stop.ts'

const script = join(import.meta.dirname, '../../test/ledger/embedded-process.ts')
let base = ''
let home = ''
let processes: ChildProcess[] = []

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'crosswalk-home-'))
  await chmod(base, 0o755)
  home = join(base, 'home')
  await mkdir(home)
  processes = []
})

afterEach(async () => {
  for (const child of processes) child.kill('SIGKILL')
  await gone(join(home, 'postgres/data/postmaster.pid'))
  await rm(base, { recursive: true })
})

/** A process of its own that uses the home. */
function use() {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, home], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: base },
  })
  processes.push(child)
  const exit = once(child, 'exit').then(([code]): unknown => code)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => String((await lines.next()).value)
  return {
    /** The server's process id, once it answers. */
    ready: next,
    ask(line = 'query') {
      child.stdin.write(`${line}\n`)
      return next()
    },
    /** Its exit code. */
    exit,
    async kill() {
      child.kill('SIGKILL')
      await exit
    },
  }
}

async function gone(path: string): Promise<void> {
  while (existsSync(path)) await delay(10)
}

async function ended(pid: string): Promise<void> {
  const runs = async () => (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')) !== ''
  while (await runs()) await delay(10)
}

describe('startEmbedded', () => {
  test('two processes that start at once share one server, also at the very first start', async () => {
    const [first, second, third] = [use(), use(), use()]
    const pids = await Promise.all([first.ready(), second.ready(), third.ready()])
    expect(new Set(pids).size).toBe(1)
  })

  test('the server outlives the process that started it as long as another one uses it', async () => {
    const first = use()
    const pid = await first.ready()
    const second = use()
    expect(await second.ready()).toBe(pid)
    await first.kill()
    expect(await second.ask()).toBe(pid)
    const third = use()
    expect(await third.ready()).toBe(pid)
    await second.kill()
    expect(await third.ask()).toBe(pid)
  })

  test('the server ends when the last process is killed, and starts again', async () => {
    const first = use()
    const pid = await first.ready()
    const second = use()
    await second.ready()
    await first.kill()
    await second.kill()
    await ended(pid)
    const third = use()
    expect(await third.ready()).not.toBe(pid)
  })

  test('a process that leaves takes nothing away from the others', async () => {
    const first = use()
    const pid = await first.ready()
    const second = use()
    await second.ready()
    expect(await first.ask('leave')).toBe('left')
    expect(await second.ask()).toBe(pid)
    expect(await second.ask('leave')).toBe('left')
    await ended(pid)
  })

  test('leaving as the one who started it and the last waits for the end of the server', async () => {
    const only = use()
    await only.ready()
    expect(await only.ask('leave')).toBe('left')
    expect(existsSync(join(home, 'postgres/data/postmaster.pid'))).toBe(false)
  })

  test('waits for a server that takes its time to end', async () => {
    const only = use()
    const goOn = await haltStop(await only.ready())
    try {
      const left = only.ask('leave')
      await serverWhen(home, 'stopping')
      // Node ends a process whose code waits for what the event loop does not count; it has time enough for that here.
      expect(await Promise.race([only.exit, delay(1000, 'waits')])).toBe('waits')
      goOn()
      expect(await left).toBe('left')
      expect(existsSync(join(home, 'postgres/data/postmaster.pid'))).toBe(false)
      expect(await only.exit).toBe(0)
    } finally {
      goOn()
    }
  })

  test('a slow end keeps nobody who is not its reason: who leaves others behind, who only joined', async () => {
    const first = use()
    const pid = await first.ready()
    const second = use()
    await second.ready()
    const goOn = await haltStop(pid)
    try {
      expect(await first.ask('leave')).toBe('left')
      expect(await first.exit).toBe(0)
      expect(await second.ask()).toBe(pid)
      expect(await second.ask('leave')).toBe('left')
      expect(await second.exit).toBe(0)
      expect(await serverWhen(home, 'stopping')).toBe(pid)
    } finally {
      goOn()
    }
    await ended(pid)
  })

  test('starts again after everything was killed, server and watcher included', async () => {
    const first = use()
    const pid = await first.ready()
    const watcher = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ')[1]
    process.kill(-Number(watcher), 'SIGKILL')
    await first.kill()
    await ended(pid)
    const second = use()
    expect(await second.ready()).not.toBe(pid)
  })

  test('replaces a server that nobody watches any more', async () => {
    const first = use()
    const pid = await first.ready()
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    const watcher = stat.split(') ')[1]?.split(' ')[1]
    const readers = await childrenOf(String(watcher))
    for (const one of [String(watcher), ...readers.filter((child) => child !== pid)])
      process.kill(Number(one), 'SIGKILL')
    const second = use()
    expect(await second.ready()).not.toBe(pid)
    expect(await second.ask()).toMatch(/^\d+$/)
  })

  test('is not misled by a stale file that names a living process of another program', async () => {
    const first = use()
    await first.ready()
    await first.ask('leave')
    const pidFile = ['1', join(home, 'postgres/data'), '0', '5432', join(home, 'postgres/socket'), '', '', 'ready']
    await writeFile(join(home, 'postgres/data/postmaster.pid'), pidFile.join('\n'))
    const second = use()
    expect(await second.ready()).toMatch(/^\d+$/)
  })

  test('runs in a home whose path is long and closed to other users', async () => {
    home = join(home, 'closed', 'long'.repeat(30))
    await mkdir(home, { recursive: true })
    await chmod(join(home, '..'), 0o700)
    const only = use()
    expect(await only.ready()).toMatch(/^\d+$/)
    expect(await only.ask('leave')).toBe('left')
  })
})

async function childrenOf(pid: string): Promise<string[]> {
  return (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ')
}
