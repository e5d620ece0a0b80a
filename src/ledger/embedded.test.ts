import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { haltStop, serverWhen } from '../../test/ledger/halted-stop.ts'
import { makeDirectory } from './embedded/hand-over.ts'

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
  test('keeps what lies in the home from growing for ever', async () => {
    const first = use()
    await first.ready()
    const place = join(home, 'postgres')
    // A process that died before it read its answer, and the programs of the release before.
    await writeFile(join(place, 'joined.dead'), '')
    await utimes(join(place, 'joined.dead'), 0, 0)
    await mkdir(join(place, 'native-1.0.0/bin'), { recursive: true })
    const long = `${'a line of the log\n'.repeat(400_000)}the last line\n`
    await writeFile(join(place, 'log'), long, { flag: 'a' })
    expect(await first.ask('tidy')).toBe('done')
    expect((await stat(join(place, 'log'))).size).toBe(0)
    expect((await stat(join(place, 'log.1'))).size).toBe(1_000_000)
    expect((await readFile(join(place, 'log.1'), 'utf8')).endsWith('\nthe last line\n')).toBe(true)
    // The server goes on in the file that was emptied, and tells no values of rows.
    await first.ask('fail')
    const log = await readFile(join(place, 'log'), 'utf8')
    expect(log).toContain('duplicate key value')
    expect(log).not.toContain('Ida')
    const settings = JSON.parse(await first.ask('settings'))
    expect(settings).toMatchObject({
      ...{ temp_file_limit: '2GB', max_wal_size: '512MB', wal_keep_size: '0', archive_mode: 'off' },
      ...{ logging_collector: 'off', remove_temp_files_after_crash: 'on', core: '0' },
    })
    await writeFile(join(place, 'log'), long)
    await first.kill()
    await gone(join(home, 'postgres/data/postmaster.pid'))

    const second = use()
    await second.ready()
    expect((await stat(join(place, 'log'))).size).toBeLessThan(10_000)
    const rules = {
      data: 'the database: its tables have rules of their own, its WAL has `max_wal_size`',
      lives: 'a pipe',
      lock: 'empty',
      log: 'emptied when it is longer than 5 MB',
      'log.1': '1 MB of the log before',
      socket: 'a socket, where its path is short enough',
    }
    const copied = (name: string) => /^native-\d/.test(name) && name !== 'native-1.0.0'
    const found = (await readdir(place)).filter((name) => !copied(name))
    expect(found.filter((name) => !Object.hasOwn(rules, name))).toEqual([])
    expect((await readdir(home)).filter((name) => name !== 'postgres')).toEqual([])
  })

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
    expect((await readdir(base)).toSorted()).toEqual([expect.stringMatching(/^crosswalk-/), 'home'])
    expect(await only.ask('leave')).toBe('left')
    expect(await readdir(base)).toEqual(['home'])
  })
})

/** Root alone has to run PostgreSQL as somebody else. */
const isRoot = process.getuid?.() === 0

describe('the user that PostgreSQL runs as', () => {
  test('is one of its own under root, and everybody else is kept out', async () => {
    const only = use()
    const pid = await only.ready()
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    const uid = Number(/^Uid:\t(\d+)/m.exec(status)?.[1])
    for (const part of ['', 'data', 'data/base', 'data/pg_hba.conf', 'lives'])
      expect((await lstat(join(home, 'postgres', part))).uid).toBe(uid)
    if (!isRoot) return expect(uid).toBe(process.getuid?.())
    const named = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => Number(line.split(':')[2]))
    expect(named).not.toContain(uid)
    await chmod(home, 0o755)
    const socket = join(home, 'postgres/data/.s.PGSQL.5432')
    const script = `require('node:net').connect(${JSON.stringify(socket)}).on('connect', () => console.log('in')).on('error', ({ code }) => console.log(code)).on('close', () => process.exit())`
    for (const other of named
      .filter((id) => id !== 0)
      .slice(0, 3)
      .concat(65534)) {
      const { stdout } = spawnSync(process.execPath, ['-e', script], { uid: other, encoding: 'utf8', cwd: '/' })
      expect(stdout.trim()).toBe('EACCES')
    }
  })

  test('takes over what an earlier release gave to a user that others are, and follows no link there', async () => {
    const first = use()
    await first.ready()
    await first.ask('leave')
    const outside = join(base, 'outside')
    await writeFile(outside, 'of somebody else')
    const before = (await lstat(outside)).uid
    await symlink(outside, join(home, 'postgres/data/link'))
    if (isRoot) spawnSync('chown', ['-hR', '65534:65534', join(home, 'postgres')])
    const second = use()
    const pid = await second.ready()
    const { uid } = await stat(`/proc/${pid}`)
    for (const part of ['', 'data', 'data/base', 'data/link'])
      expect((await lstat(join(home, 'postgres', part))).uid).toBe(uid)
    expect((await lstat(outside)).uid).toBe(before)
  })

  test('is given no directory that a link leads to', async () => {
    const elsewhere = join(base, 'elsewhere')
    await mkdir(elsewhere)
    await symlink(elsewhere, join(home, 'postgres'))
    expect(await makeDirectory(join(home, 'postgres'), { uid: 65533, gid: 65533 }).catch(String)).toContain('is a link')
    expect((await lstat(elsewhere)).uid).toBe(process.getuid?.())
  })
})

async function childrenOf(pid: string): Promise<string[]> {
  return (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ')
}
