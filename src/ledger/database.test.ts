import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { seedHome } from '../../test/ledger/cluster.ts'
import { silentLog } from '../../test/ledger/fresh-ledger.ts'
import { type Database, openDatabase } from './database.ts'
import { type Embedded, startEmbedded } from './embedded.ts'

let root = ''
let embedded: Embedded
let database: Database
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'crosswalk-'))
  const home = join(root, 'home')
  await seedHome(home)
  embedded = await startEmbedded(home)
  database = openDatabase({ connection: embedded.connection, poolMax: 10, log: silentLog })
})
afterAll(async () => {
  await database.close()
  await embedded.close()
  await rm(root, { recursive: true })
})

/** Takes every session that the server has to give. */
async function takeAll(): Promise<readonly pg.Client[]> {
  const clients: pg.Client[] = []
  for (;;) {
    const client = new pg.Client(embedded.connection)
    client.on('error', () => undefined)
    try {
      await client.connect()
    } catch {
      return clients
    }
    clients.push(client)
  }
}

test('a database without room for another session is asked again until it has some', async () => {
  const others = await takeAll()
  expect(others.length).toBeGreaterThan(40)
  const one = { name: 'one', text: 'select 1 as one' }
  const asked = Promise.all([
    database.rows(one, []),
    database.transaction(async (inner) => inner.rows(one, [])),
    database.transaction(async (inner) => inner.rows(one, [])),
  ])
  await delay(300)
  await Promise.all(others.map((client) => client.end()))
  expect(await asked).toEqual([[{ one: 1 }], [{ one: 1 }], [{ one: 1 }]])
})
