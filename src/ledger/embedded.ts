import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, constants, existsSync, lstatSync, openSync } from 'node:fs'
import { type FileHandle, lchown, mkdir, open, readFile, realpath, rename, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { StoreAway } from '../core/store-away.ts'
import { findBinaries } from './embedded/binaries.ts'
import { handOver, makeDirectory } from './embedded/hand-over.ts'
import { isWatched, joinLives, livesPipe, watchScript } from './embedded/lives.ts'
import { lockFile } from './embedded/lock.ts'
import { canReach, namedOwner, type Owner, serverOwner } from './embedded/owner.ts'
import { clearStale, readPidFile } from './embedded/pid-file.ts'
import { boundLog, removeLeftovers } from './embedded/tidy.ts'
import { codeOf, ignoring } from './error-code.ts'

export interface Embedded {
  /** `host` is the directory of a unix socket: no port that could clash, no password that could leak. */
  readonly connection: {
    readonly host: string
    readonly port: number
    readonly user: string
    readonly database: string
  }
  /** Where its data lies. */
  readonly directory: string
  /** Keeps its log from growing for ever; to be called now and then. */
  tidy(): Promise<void>
  /** Starts the server again when it has ended although it is used. @returns whether it had */
  revive(): Promise<boolean>
  /** Leaves. The server stops when the last process has left it or died. */
  close(): Promise<void>
}

const name = 'crosswalk'
const port = 5432
const startLimitMs = 60_000
const pauseMaxMs = 500
// How long its watcher may take to see that the last process has left.
const noticeLimitMs = 200
// After that the server still stops by itself, and the process that starts it next waits for it.
const stopLimitMs = 60_000
// A unix socket's path may have 107 bytes, the file's own name included.
const socketDirBytesMax = 85
const flags = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  max_connections: 60,
  shared_buffers: '64MB',
  max_wal_size: '512MB',
  wal_level: 'minimal',
  max_wal_senders: 0,
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_min_messages: 'warning',
  // Without the values of rows that a statement was refused for.
  log_error_verbosity: 'terse',
  // Of one process; a statement that wants more fails alone, before the disk is full.
  temp_file_limit: '2GB',
  // The inbox is a queue: its dead rows must be vacuumed soon.
  autovacuum_naptime: '15s',
  jit: 'off',
  io_method: 'sync',
}

/** One home's directories. */
interface Place {
  /** `<home>/postgres`, which belongs to the server's user. */
  readonly directory: string
  readonly dataDir: string
  readonly owner: Owner | null
  /** Names the home in the server's command line. */
  readonly mark: string
}

/**
 * Starts the PostgreSQL of a data home, or joins it when another process has started it.
 * @param home  directory of this installation, made when missing
 * @throws Error when PostgreSQL cannot run here; the message carries the end of its log
 */
export async function startEmbedded(home: string): Promise<Embedded> {
  const place = await preparePlace(home)
  let joined = await joinOrStart(place)
  return {
    connection: joined.connection,
    directory: place.directory,
    tidy: () => boundLog(logOf(place)),
    async revive() {
      if (await isWatched(place.directory)) return false
      await joined.pipe.close()
      joined = await joinOrStart(place)
      return true
    },
    close: () => joined.close(),
  }
}

/** One life of the server. */
interface Joined extends Pick<Embedded, 'connection' | 'close'> {
  readonly pipe: FileHandle
}

async function joinOrStart(place: Place): Promise<Joined> {
  const running = await joinServer(place)
  if (running !== null) return running
  const unlock = await lockFile(join(place.directory, 'lock'))
  try {
    // Another process may have started it while this one waited for the lock.
    return (await joinServer(place)) ?? (await startServer(place))
  } finally {
    unlock()
  }
}

async function preparePlace(home: string): Promise<Place> {
  const owner = serverOwner()
  await mkdir(home, { recursive: true, mode: 0o700 })
  const directory = join(await realpath(home), 'postgres')
  await makeDirectory(directory, owner)
  const digest = createHash('sha256').update(directory).digest('hex').slice(0, 16)
  return { directory, dataDir: join(directory, 'data'), owner, mark: `${name}-${digest}` }
}

async function joinServer(place: Place): Promise<Joined | null> {
  const pipe = await joinLives(place.directory)
  if (pipe === null) return null
  const connection = await connectionOf(place, () => null)
  return { connection, pipe, close: () => pipe.close() }
}

const logOf = ({ directory }: Place) => join(directory, 'log')

async function startServer(place: Place): Promise<Joined> {
  await clearStale(place.dataDir, place.mark)
  if (place.owner !== null) handOver(place.directory, [place.dataDir], place.owner)
  const binaries = await findBinaries(place.directory, place.owner)
  if (!existsSync(place.dataDir)) await createCluster(place, binaries.initdb)
  const socketDir = await makeSocketDir(place)
  const livesPath = join(place.directory, livesPipe)
  if (!existsSync(livesPath)) run(place, 'mkfifo', ['-m', '600', livesPipe])

  // Open both ways until we have joined: without any writer the watcher would wait for one, or stop at once.
  const bridge = await open(livesPath, constants.O_RDWR)
  try {
    await removeLeftovers(place.directory, binaries.postgres)
    await boundLog(logOf(place))
    const settings = Object.entries({
      ...flags,
      cluster_name: place.mark,
      unix_socket_directories: socketDir ?? '.',
      port,
    })
    const output = openSync(logOf(place), 'a', 0o600)
    const data = openSync(place.dataDir, constants.O_RDONLY)
    const server = spawn(
      '/bin/sh',
      [
        '-c',
        watchScript,
        'sh',
        binaries.postgres,
        '-D',
        visibleData(place),
        ...settings.flatMap(([key, value]) => ['-c', `${key}=${value}`]),
      ],
      { ...spawnOptions(place), detached: true, stdio: ['ignore', output, output, data] },
    )
    closeSync(output)
    closeSync(data)
    let end: string | null = null
    const ended = new Promise<void>((resolve) => {
      const note = (how: string) => {
        end = how
        resolve()
      }
      server
        .once('error', (error) => note(error.message))
        .once('exit', (code, signal) => note(`exit ${code ?? signal}`))
    })
    // It outlives us when others use it.
    server.unref()
    const connection = await connectionOf(place, () => end)
    const pipe = await joinLives(place.directory)
    if (pipe === null) throw new StoreAway(`PostgreSQL of ${place.directory} ended while it was started.`)
    return { connection, pipe, close: () => leave(place, pipe, ended, socketDir) }
  } finally {
    await bridge.close()
  }
}

/** The process that started the server waits for its end when it was the last one; when others stay, nothing happens. */
async function leave(place: Place, pipe: FileHandle, ended: Promise<void>, socketDir: string | null): Promise<void> {
  await pipe.close()
  await within(noticeLimitMs, ended)
  if (await isWatched(place.directory)) return
  await within(stopLimitMs, ended)
  if (socketDir === null) return
  const unlock = await lockFile(join(place.directory, 'lock'))
  try {
    // Unless the next server has been started meanwhile, in the same place.
    if (!(await isWatched(place.directory))) await rmdir(socketDir).catch(ignoring('ENOENT', 'ENOTEMPTY'))
  } finally {
    unlock()
  }
}

/**
 * Waits for the end of a child that the event loop does not count (`unref`). With nothing else to wait for, Node would end the
 * process with code 13 and its answer unprinted; the timer keeps the event loop alive.
 */
async function within(limitMs: number, ended: Promise<void>): Promise<void> {
  const over = new AbortController()
  await Promise.race([ended, delay(limitMs, null, { signal: over.signal }).catch(ignoring('ABORT_ERR'))])
  over.abort()
}

async function createCluster(place: Place, initdb: string): Promise<void> {
  const fresh = `${place.dataDir}.new`
  await rm(fresh, { recursive: true, force: true })
  const making = { ...place, owner: namedOwner() }
  await makeDirectory(fresh, making.owner)
  const data = openSync(fresh, constants.O_RDONLY)
  // No operating system's locale: the sort order is the same on every host.
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
  try {
    run(
      making,
      initdb,
      ['-D', visibleData(making, fresh), '-U', name, ...locale, '--auth=trust', '--no-instructions'],
      data,
    )
  } finally {
    closeSync(data)
  }
  if (place.owner !== null) handOver(fresh, [], place.owner)
  await rename(fresh, place.dataDir)
}

/**
 * How the server sees a data directory. Where its user cannot walk to it (a home under /root), through the descriptor
 * that was opened for it, number 3, which needs no walking.
 */
const visibleData = (place: Place, path = place.dataDir): string =>
  place.owner === null || canReach(place.directory, place.owner) ? path : '/proc/self/fd/3'

const spawnOptions = ({ directory, owner }: Place) => ({
  // The working directory is entered before the user is changed, so that it need not be reachable either.
  cwd: directory,
  env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
  ...(owner ?? {}),
})

function run(place: Place, program: string, args: readonly string[], data?: number): void {
  const stdio = ['ignore' as const, 'pipe' as const, 'pipe' as const, ...(data === undefined ? [] : [data])]
  const done = spawnSync(program, args, { ...spawnOptions(place), stdio, encoding: 'utf8' })
  if (done.error) throw done.error
  if (done.status !== 0)
    throw new Error(`PostgreSQL could not be prepared in ${place.directory}: ${program} said: ${done.stderr.trim()}`)
}

/**
 * A directory for the server's socket where the data directory, in which the server is at home, has too long a name for one.
 * @returns null for the data directory
 */
async function makeSocketDir(place: Place): Promise<string | null> {
  const isShort = (path: string) => Buffer.byteLength(path) <= socketDirBytesMax
  if (isShort(place.dataDir)) return null
  const candidates = [join(tmpdir(), place.mark), join('/tmp', place.mark)]
  const chosen = candidates.find(
    (path) => isShort(path) && (place.owner === null || canReach(join(path, '..'), place.owner)),
  )
  if (chosen === undefined)
    throw new Error(`No directory is short enough for PostgreSQL's socket: ${candidates.join(', ')}`)
  await mkdir(chosen, { mode: 0o700 }).catch(ignoring('EEXIST'))
  const found = lstatSync(chosen)
  const ours = [process.getuid?.(), place.owner?.uid].includes(found.uid)
  // Every user may write to the temporary directory, so another one may have taken the place.
  if (!found.isDirectory() || !ours) throw new Error(`${chosen} belongs to another user. Remove it, then start again.`)
  if (place.owner !== null) await lchown(chosen, place.owner.uid, place.owner.gid)
  return chosen
}

/**
 * Waits until the server answers, and makes the database at the first start.
 * @param end  how the server ended, null while it runs or when it is not our child
 */
async function connectionOf(place: Place, end: () => string | null): Promise<Embedded['connection']> {
  let last: unknown = null
  let pauseMs = 5
  for (const since = performance.now(); performance.now() - since < startLimitMs; await delay(pauseMs)) {
    const how = end()
    if (how !== null)
      throw new StoreAway(`PostgreSQL of ${place.directory} did not start (${how}). ${await logEnd(place)}`)
    const running = await readPidFile(place.dataDir)
    if (!running?.ready) continue
    const connection = { host: running.socketDir, port, user: name, database: name }
    try {
      await query(connection, 'select 1')
      return connection
    } catch (error) {
      last = error
      // A server without room for a session has none the sooner for being asked every few milliseconds.
      pauseMs = Math.min(2 * pauseMs, pauseMaxMs)
      // No such database: it is made. Another process may be quicker, or the server end meanwhile: it is asked again.
      if (codeOf(error) === '3D000')
        await query({ ...connection, database: 'postgres' }, `create database ${name}`).catch((failed: unknown) => {
          last = failed
        })
    }
  }
  throw new StoreAway(
    `PostgreSQL of ${place.directory} runs but does not answer; it may run in another container. ${await logEnd(place)}`,
    { cause: last },
  )
}

async function query(connection: Embedded['connection'], sql: string): Promise<void> {
  const client = new pg.Client(connection)
  try {
    await client.connect()
    await client.query(sql)
  } finally {
    await client.end()
  }
}

async function logEnd(place: Place): Promise<string> {
  const text = await readFile(logOf(place), 'utf8').catch(ignoring('ENOENT'))
  return `Its log, ${logOf(place)}, ends: ${(text ?? '').trim().split('\n').slice(-5).join(' | ')}`
}
