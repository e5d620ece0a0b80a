import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { readPidFile } from '../../src/ledger/embedded/pid-file.ts'
import type { Ground } from './chaos.ts'
import { redisIsHere, startPostgres, startRedis } from './stores.ts'

const missing = (what: string) => void process.stderr.write(`\n${what}\n\n`)

/** PostgreSQL and Redis, with two workers and a server of the API. */
export async function externalGround(): Promise<Ground> {
  const postgres = await startPostgres()
  const redis = redisIsHere ? await startRedis() : null
  const { volume } = postgres
  if (redis === null)
    missing('Redis is NOT lost: there is no redis-server here. Install it: apt-get install redis-server')
  if (volume === null) missing('The disk is NOT filled: only root on Linux may mount one.')
  return {
    environment: { DATABASE_URL: postgres.url, ...(redis === null ? {} : { REDIS_URL: redis.url }) },
    servers: { api: ['--role', 'api'], first: ['--role', 'worker'], second: ['--role', 'worker'] },
    begin: () => undefined,
    connection: async () => (postgres.running() ? postgres.connection : null),
    breaks: {
      ...(redis === null
        ? {}
        : {
            async 'Redis lost'(felt) {
              await redis.kill()
              await felt(() => true)
              await delay(1000)
              await redis.start()
            },
          }),
      async 'PostgreSQL stopped'(felt) {
        await postgres.kill()
        await felt(() => true)
        await delay(1000)
        await postgres.start()
      },
      ...(volume === null
        ? {}
        : {
            async 'disk full'(felt) {
              const before = postgres.log().length
              await felt(() => {
                volume.fill()
                return postgres.log().slice(before).includes('No space left on device')
              })
              await delay(500)
              volume.free()
              await postgres.start()
            },
          }),
    },
    async close() {
      await redis?.close()
      await postgres.close()
    },
  }
}

/** The database that comes along: one server, and another worker beside it. */
export async function embeddedGround(): Promise<Ground> {
  let home = ''
  const data = () => join(home, 'postgres/data')
  return {
    environment: {},
    servers: { all: [], second: ['--role', 'worker'] },
    begin(given) {
      home = given
    },
    async connection() {
      const running = await readPidFile(data())
      if (running === null || !running.ready) return null
      return { host: running.socketDir, port: Number(running.port), user: 'crosswalk', database: 'crosswalk' }
    },
    breaks: {
      async 'PostgreSQL stopped'(felt) {
        const running = await readPidFile(data())
        if (running !== null) process.kill(running.pid, 'SIGQUIT')
        await felt(() => true)
      },
    },
    close: async () => undefined,
  }
}
