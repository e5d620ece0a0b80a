import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { type FreshDatabase, freshLedger } from '../../test/ledger/fresh-ledger.ts'
import type { JsonObject } from '../core/json.ts'
import { fromMillis, type Instant } from '../core/time.ts'
import type { Ledger } from '../ports/ledger/ledger.ts'
import type { LinkUpdate } from '../ports/ledger/links.ts'

let ledger: Ledger
let database: FreshDatabase
let close: () => Promise<void>
beforeAll(async () => {
  ;({ ledger, database, close } = await freshLedger())
})
afterAll(() => close())
beforeEach(() => database.query('truncate crosswalk.links'))

const now = () => fromMillis(Date.now()) as Instant
const keep = { links: 70 }
const ref = (id: string) => ({ connection: 'crm', object: 'deals', id })
const reported = { erp_status: 'paid', erp_total: '1234567890123456789.25' }
const written = {
  fields: Object.fromEntries(Array.from({ length: 20 }, (_, nth) => [`field_of_the_order_${nth}`, `value ${nth}`])),
  lines: { a: { quantity: '0.10', name: 'Stuhl „Ösen" 椅子 \u{1f600}' } },
  confirmed: false,
}

/** A link of an order, `days` old. */
async function linkOf(id: string, stage: string | null, days: number, state: LinkUpdate['state'] = 'linked') {
  const target = { connection: 'erp', object: 'sale.order' }
  const [link] = await ledger.links.intend([
    { sync: 'orders', kind: 'order', key: `k${id}`, scope: '', target, source: { ref: ref(id), label: `Deal ${id}` } },
  ])
  const own = { id: link?.id ?? '', state, stage, origin: 'created' as const }
  await ledger.links.update([{ ...own, source: { written: reported }, target: { id: `9${id}`, written } }])
  await database.query(`update crosswalk.links set updated_at = now() - $2::integer * interval '1 day' where id = $1`, [
    own.id,
    days,
  ])
  return own.id
}
const read = async (id: string) => (await ledger.links.bySource('orders', 'order', [ref(id)]))[0]
const archivedOnes = async () =>
  (
    await database.query('select source_id as id from crosswalk.links where archived is not null order by source_id')
  ).map(({ id }) => id)
const inColumns = async (id: string) =>
  (await database.query(`select source_written, target_written from crosswalk.links where source_id = $1`, [id]))[0]

test('links of orders that are over are archived once they are old, and of no others', async () => {
  await linkOf('1', 'paid', 71)
  await linkOf('2', 'cancelled', 400)
  await linkOf('3', 'paid', 69)
  await linkOf('4', 'shipped', 400)
  await linkOf('5', null, 400)
  await linkOf('6', 'paid', 400, 'unknown')
  // A clock that runs a year ahead makes nothing old.
  const ahead = fromMillis(Date.now() + 365 * 86_400_000) as Instant
  expect(await ledger.retention.archive(keep, ahead)).toBe(2)
  expect(await archivedOnes()).toEqual(['1', '2'])
  expect(await ledger.retention.archive(keep, now())).toBe(0)
})

test('more than go at once are all archived', async () => {
  await linkOf('1', 'paid', 71)
  await database.query(`
    insert into crosswalk.links (sync, kind, source_connection, source_object, source_id, key, state, target_connection,
      target_object, target_id, scope, stage, target_written, created_at, updated_at)
    select 'orders', 'order', 'crm', 'deals', 'n' || n, 'n' || n, 'linked', 'erp', 'sale.order', 'n' || n, '', 'paid',
      '{}', now(), now() - interval '1 year' from generate_series(1, 1200) n`)
  expect(await ledger.retention.archive(keep, now())).toBe(1201)
})

test('one that is archived is read as before, by both ends and by search, and takes less than half the room', async () => {
  const id = await linkOf('1', 'paid', 71)
  const before = await read('1')
  expect(before).toMatchObject({ source: { written: reported }, target: { written } })
  const bytes = async () => {
    const [row] = await database.query(
      'select pg_column_size(link.*) as bytes from crosswalk.links link where id = $1',
      [id],
    )
    return Number(row?.bytes)
  }
  const whole = await bytes()
  await ledger.retention.archive(keep, now())
  expect(await inColumns('1')).toEqual({ source_written: null, target_written: null })
  expect(await read('1')).toEqual(before)
  const order = { connection: 'erp', object: 'sale.order', id: '91' }
  expect(await ledger.links.byTarget('order', [order])).toEqual([before])
  expect(await ledger.links.list({ text: 'Deal 1', max: 10 })).toEqual([before])
  expect((await bytes()) * 2).toBeLessThan(whole)
})

describe('one that is written to leaves the archive', () => {
  const changes: readonly (readonly [string, Omit<LinkUpdate, 'id'>, JsonObject, JsonObject])[] = [
    ['a new report', { source: { written: { erp_status: 'late' } } }, { erp_status: 'late' }, written],
    ['a new order', { target: { written: { fields: {} } } }, reported, { fields: {} }],
    ['a part of it', { target: { confirmed: true } }, reported, { ...written, confirmed: true }],
    ['nothing of it', { stage: 'shipped' }, reported, written],
  ]
  test.each(changes)('%s', async (_name, change, source, target) => {
    const id = await linkOf('1', 'paid', 71)
    const other = await linkOf('2', 'paid', 71)
    await ledger.retention.archive(keep, now())
    expect(await ledger.links.update([{ id, ...change }])).toEqual([])
    expect(await inColumns('1')).toEqual({ source_written: source, target_written: target })
    expect(await read('1')).toMatchObject({ source: { written: source }, target: { written: target } })
    expect(await archivedOnes()).toEqual(['2'])
    await ledger.links.update([{ id: other, target: { id: '91' } }])
    expect((await read('2'))?.target.id).toBe('92')
  })
})

test('nothing is archived while a process runs that cannot read it', async () => {
  await linkOf('1', 'paid', 71)
  await database.query(`insert into crosswalk.processes (id, host, pid, schema, started_at, seen_at)
    values (gen_random_uuid(), 'elsewhere', 1, '0012-bounded.sql', now(), now())`)
  expect(await ledger.retention.archive(keep, now())).toBe(0)
  await database.query(`delete from crosswalk.processes where host = 'elsewhere'`)
  expect(await ledger.retention.archive(keep, now())).toBe(1)
})
