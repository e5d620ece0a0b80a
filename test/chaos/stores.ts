import { type ChildProcess, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { findBinaries } from '../../src/ledger/embedded/binaries.ts'
import { serverOwner } from '../../src/ledger/embedded/owner.ts'
import { codeOf } from '../../src/ledger/error-code.ts'
import { until } from '../faults/proof.ts'
import { seedHome } from '../ledger/cluster.ts'
import { canMount, mortal, mountVolume, startProgram, type Volume } from './volume.ts'

/* PostgreSQL and Redis as an administrator runs them: servers that end and are started again. */

export const redisIsHere = spawnSync('redis-server', ['--version']).error === undefined

const awayCodes = ['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', '57P01', '57P02', '57P03']

/** Of a database that is stopped, starting or stopping. */
export const isAway = (error: unknown): boolean =>
  awayCodes.includes(codeOf(error) ?? '') || /Connection terminated/.test(String(error))

interface Store {
  readonly url: string
  /** Starts it, if it does not run. */
  start(): Promise<void>
  /** Ends it at once, as by `kill -9` or a power cut. */
  kill(): Promise<void>
  running(): boolean
  close(): Promise<void>
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Keeps nothing: what it held is gone with it. */
export async function startRedis(): Promise<Store> {
  const port = await freePort()
  let server: ChildProcess | null = null
  const running = () => server !== null && server.exitCode === null && server.signalCode === null
  const store: Store = {
    url: `redis://127.0.0.1:${port}`,
    running,
    async start() {
      if (running()) return
      const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
      const child = startProgram([...mortal('KILL'), 'redis-server', ...args])
      server = child
      let said = ''
      child.stdout?.on('data', (chunk: Buffer) => {
        said += chunk.toString()
      })
      await until(() => said.includes('Ready to accept connections') || !running(), 'a Redis')
      if (!running()) throw new Error(`Redis did not start: ${said}`)
    },
    async kill() {
      if (server === null || !running()) return
      const gone = once(server, 'exit')
      server.kill('SIGKILL')
      await gone
    },
    close: () => store.kill(),
  }
  await store.start()
  return store
}

interface PostgresStore extends Store {
  readonly connection: pg.ClientConfig
  /** Null where this machine lets nobody mount. */
  readonly volume: Volume | null
  /** What it wrote to its log. */
  log(): string
}

const volumeBytes = 200_000_000

export async function startPostgres(): Promise<PostgresStore> {
  const port = await freePort()
  const owner = serverOwner()
  const root = await mkdtemp(join(tmpdir(), 'crosswalk-chaos-'))
  await seedHome(root)
  const { postgres } = await findBinaries(join(root, 'postgres'), owner)
  const mounted = join(root, 'mounted')
  await mkdir(mounted)
  if (owner !== null) spawnSync('chmod', ['755', root, join(root, 'postgres')])
  const seed = join(root, 'postgres/data')
  const volume = canMount ? await mountVolume(mounted, volumeBytes, seed) : null
  const data = volume === null ? seed : join(mounted, 'data')
  const connection = { host: '127.0.0.1', port, user: 'crosswalk', database: 'crosswalk' }
  // Small, so that a disk is full soon; and it writes to it as long as anything is done.
  const flags = ['listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories=', 'max_connections=100']
  const sizes = ['shared_buffers=32MB', 'min_wal_size=32MB', 'max_wal_size=64MB', 'io_method=sync', 'timezone=UTC']
  const user = owner === null ? [] : ['setpriv', `--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups']
  let server: ChildProcess | null = null
  let said = ''
  const running = () => server !== null && server.exitCode === null && server.signalCode === null
  const answers = async () => {
    const client = new pg.Client(connection)
    try {
      await client.connect()
      await client.end()
      return true
    } catch (error) {
      if (!isAway(error)) throw error
      return false
    }
  }
  const store: PostgresStore = {
    url: `postgres://crosswalk@127.0.0.1:${port}/crosswalk`,
    connection,
    volume,
    log: () => said,
    running,
    async start() {
      for (let tries = 0; ; tries += 1) {
        if (!running()) {
          await rm(join(seed, 'postmaster.pid'), { force: true })
          const settings = [...flags, ...sizes].flatMap((flag) => ['-c', flag])
          const words = [...(volume?.within ?? []), ...user, ...mortal('QUIT'), postgres, '-D', data, ...settings]
          const child = startProgram(words)
          server = child
          for (const stream of [child.stdout, child.stderr])
            stream?.on('data', (chunk: Buffer) => {
              said += chunk.toString()
            })
        }
        await until(
          async () => !running() || (await answers()),
          'a PostgreSQL',
          () => said.slice(-2000),
        )
        if (running()) return
        if (tries === 3) throw new Error(`PostgreSQL did not start: ${said.slice(-2000)}`)
      }
    },
    async kill() {
      if (server === null || !running()) return
      const gone = once(server, 'exit')
      server.kill('SIGQUIT')
      await gone
    },
    async close() {
      await store.kill()
      await volume?.close()
      await rm(root, { recursive: true, force: true, maxRetries: 5 })
    },
  }
  await store.start()
  return store
}
