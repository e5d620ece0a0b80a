import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type FreshDatabase, freshLedger } from '../../test/ledger/fresh-ledger.ts'
import type { Ledger } from '../ports/ledger/ledger.ts'
import type { Link, NewLink } from '../ports/ledger/links.ts'

let ledger: Ledger
let database: FreshDatabase
let close: () => Promise<void>
let numbers = 0

beforeAll(async () => {
  ;({ ledger, database, close } = await freshLedger())
})
afterAll(() => close())

const deal = (id: string) => ({ connection: 'crm', object: 'deals', id })
const order = (id: string) => ({ connection: 'erp', object: 'sale.order', id })
const named = (label: string | null) => ({ source: { ref: deal(String(++numbers)), label } })
const newLink = (change: Partial<NewLink> = {}): NewLink => {
  const number = String(++numbers)
  const target = { connection: 'erp', object: 'sale.order' }
  const base = { sync: 'orders', kind: 'order', key: `portal-${number}`, target, scope: '' }
  return { ...base, source: { ref: deal(number), label: `Deal ${number}` }, ...change }
}
/** As many links as asked for, in state `intended`. */
const intended = (count: number) => ledger.links.intend(Array.from({ length: count }, () => newLink()))
const only = (links: readonly Link[]): Link => {
  expect(links).toHaveLength(1)
  return links[0] as Link
}

test('links.decide adds to what is decided about each of several links', async () => {
  const links = await intended(2)
  const [one, two] = links
  if (one === undefined || two === undefined) throw new Error('no links')
  const none = { accepted: {}, ignored: {}, overwrite: false }
  await ledger.links.decide([{ ...none, id: one.id, accepted: { net: { expected: '1', actual: '2' } } }])
  await ledger.links.decide([
    { ...none, id: two.id, overwrite: true },
    { ...none, id: one.id, ignored: { 'line 1 price': true } },
  ])
  await ledger.links.decide([])
  const refs = links.map(({ source }) => source.ref)
  expect((await ledger.links.bySource('orders', 'order', refs)).map(({ decisions }) => decisions)).toEqual([
    { accepted: { net: { expected: '1', actual: '2' } }, ignored: { 'line 1 price': true }, overwrite: false },
    { accepted: {}, ignored: {}, overwrite: true },
  ])
})

describe('links.intend', () => {
  test('inserts what is not there, and returns all in the order given', async () => {
    const first = newLink()
    const [stored] = await ledger.links.intend([first])
    const second = newLink(named(null))
    const links = await ledger.links.intend([second, { ...first, key: 'another' }, second])
    expect(links.map((link) => link.source.ref)).toEqual([second.source.ref, first.source.ref, second.source.ref])
    expect(links[1]).toEqual(stored)
    const { scope: _scope, ...shown } = second
    expect(links[0]).toEqual({
      ...shown,
      id: expect.stringMatching(/^\d+$/),
      worth: null,
      state: 'intended',
      source: { ...second.source, written: null },
      target: { ...second.target, id: null, label: null, written: null },
      origin: null,
      stage: null,
      decisions: null,
      suspect: false,
      erasedAt: null,
      createdAt: expect.stringMatching(/Z$/),
      updatedAt: expect.stringMatching(/Z$/),
    })
    expect(await ledger.links.intend([])).toEqual([])
  })

  test('two workers that intend the same get the same rows', async () => {
    const links = Array.from({ length: 50 }, () => newLink())
    const [one, other] = await Promise.all([ledger.links.intend(links), ledger.links.intend([...links].reverse())])
    expect([...other].reverse()).toEqual(one)
  })
})

describe('links.update', () => {
  test('changes what is named and nothing else; null clears', async () => {
    const [link] = await intended(1)
    const id = String(link?.id)
    const written = { fields: { name: 'S1', amount: '10.50' }, lines: [] }
    expect(
      await ledger.links.update([{ id, state: 'linked', origin: 'created', target: { id: 'S1', written } }]),
    ).toEqual([])
    expect(
      await ledger.links.update([
        { id, stage: 'shipped', target: { label: 'SO 1' }, source: { written: { stage: 'shipped' } } },
      ]),
    ).toEqual([])
    const { ref } = (link as Link).source
    const stored = only(await ledger.links.bySource('orders', 'order', [ref]))
    expect(stored).toMatchObject({ state: 'linked', origin: 'created', stage: 'shipped' })
    expect(stored.target).toMatchObject({ id: 'S1', label: 'SO 1', written })
    expect(stored.source).toEqual({ ref, label: link?.source.label, written: { stage: 'shipped' } })
    await ledger.links.update([{ id, move: true, stage: null, target: { id: null }, source: { label: null } }])
    expect(only(await ledger.links.bySource('orders', 'order', [ref]))).toMatchObject({
      target: { id: null },
      source: { label: null },
      stage: null,
      state: 'linked',
    })
  })

  test('names the links whose target another one holds, and updates the rest', async () => {
    const [a, b, c, d] = await intended(4)
    const ids = [a, b, c, d].map((link) => String(link?.id))
    await ledger.links.update([{ id: String(a?.id), target: { id: 'T1' } }])
    const refused = await ledger.links.update([
      { id: ids[1] as string, target: { id: 'T1' }, state: 'linked' },
      { id: ids[2] as string, target: { id: 'T2' }, state: 'linked' },
      { id: ids[3] as string, target: { id: 'T2' }, state: 'linked' },
      { id: ids[0] as string, target: { id: 'T1' }, state: 'linked' },
    ])
    expect([...refused].sort()).toEqual([ids[1], ids[3]].sort())
    const found = await ledger.links.byTarget('order', ['T1', 'T2', 'T3'].map(order))
    expect(found.map((link) => [link.id, link.state]).sort()).toEqual(
      [
        [ids[0], 'linked'],
        [ids[2], 'linked'],
      ].sort(),
    )
  })

  test('lets workers that have links in common wait for each other, and never both', async () => {
    const ids = (await intended(300)).map((link) => link.id)
    const stages = (order: readonly string[], stage: string) =>
      ledger.links.update(order.map((id) => ({ id, stage, source: { written: { text: stage.repeat(200) } } })))
    for (let round = 0; round < 10; round += 1) {
      await Promise.all([stages(ids, 'a'), stages(ids.toReversed(), 'b'), stages(ids.slice(100), 'c')])
    }
  })

  test('another kind may hold the same target', async () => {
    const [order] = await intended(1)
    const [fulfilment] = await ledger.links.intend([newLink({ sync: 'status', kind: 'fulfilment' })])
    const updates = [order, fulfilment].map((link) => ({ id: String(link?.id), target: { id: 'T-shared' } }))
    expect(await ledger.links.update(updates)).toEqual([])
  })

  test.each([
    ['an order', 'order', ['hubspot', 'salesforce'], 1],
    ['a customer', 'customer', ['hubspot', 'hubspot'], 1],
    ['a customer', 'customer', ['hubspot', 'salesforce'], 0],
  ])('%s (%s) that the syncs %j share is refused to %i of them', async (_what, kind, syncs, refused) => {
    const links = await ledger.links.intend(
      syncs.map((sync) => newLink({ sync, kind, scope: kind === 'customer' ? sync : '' })),
    )
    const targetId = `T-${kind}-${syncs.join('-')}`
    // One after the other, as workers that do not know of each other would.
    const answers = []
    for (const { id } of links) answers.push(await ledger.links.update([{ id, target: { id: targetId } }]))
    expect(answers.flat()).toHaveLength(refused)
    expect(await ledger.links.byTarget(kind, [order(targetId)])).toHaveLength(2 - refused)
  })

  test('a conflict leaves the transaction usable', async () => {
    const [a, b] = await intended(2)
    await ledger.links.update([{ id: String(a?.id), target: { id: 'T-tx' } }])
    await ledger.inTransaction(async (tx) => {
      expect(await tx.links.update([{ id: String(b?.id), target: { id: 'T-tx' } }])).toEqual([b?.id])
      await tx.links.update([{ id: String(b?.id), state: 'rejected' }])
    })
    expect(only(await ledger.links.bySource('orders', 'order', [(b as Link).source.ref])).state).toBe('rejected')
  })

  test('of two transactions that write the same target at once, one is told so', async () => {
    const [a, b] = await intended(2)
    let second: Promise<readonly string[]> | undefined
    await ledger.inTransaction(async (tx) => {
      expect(await tx.links.update([{ id: String(a?.id), target: { id: 'T-race' } }])).toEqual([])
      second = ledger.inTransaction((other) => other.links.update([{ id: String(b?.id), target: { id: 'T-race' } }]))
      for (let waiting = 0; waiting === 0; ) {
        const [row] = await database.query(`select count(*) as n from pg_stat_activity where wait_event_type = 'Lock'`)
        waiting = Number(row?.n)
      }
    })
    expect(await second).toEqual([b?.id])
  })
})

describe('links.list', () => {
  test('is newest first, in pages, and filters by all that is asked', async () => {
    const kinds = [named('Acme 100%'), named('Beta'), { ...named(null), kind: 'customer' }]
    const links: Link[] = []
    for (const one of kinds) links.push(...(await ledger.links.intend([newLink({ sync: 'list', ...one })])))
    const [acme, beta, gamma] = links.map((link) => link.id) as [string, string, string]
    await ledger.links.update([
      { id: acme, stage: 'paid' },
      { id: beta, stage: 'shipped', target: { label: 'SO0042' }, state: 'linked' },
    ])
    const list = async (filter: Omit<Parameters<Ledger['links']['list']>[0], 'max'>, max = 10) =>
      (await ledger.links.list({ sync: 'list', ...filter, max })).map((link) => link.id)
    expect(await list({})).toEqual([gamma, beta, acme])
    expect(await list({}, 2)).toEqual([gamma, beta])
    expect(await list({ after: beta })).toEqual([acme])
    expect(await list({ kind: 'customer' })).toEqual([gamma])
    expect(await list({ state: 'linked' })).toEqual([beta])
    expect(await list({ open: true })).toEqual([gamma, beta])
    expect(await list({ open: false })).toEqual([acme])
    expect(await list({ text: 'so0042' })).toEqual([beta])
    expect(await list({ text: '0%' })).toEqual([acme])
    expect(await list({ text: '_' })).toEqual([])
    expect((await ledger.links.counts()).filter((one) => one.sync === 'list')).toEqual([
      { sync: 'list', kind: 'customer', state: 'intended', stage: null, count: 1 },
      { sync: 'list', kind: 'order', state: 'intended', stage: 'paid', count: 1 },
      { sync: 'list', kind: 'order', state: 'linked', stage: 'shipped', count: 1 },
    ])
  })
})

test('words are searched as labels are, each end for itself, and stay until they are told anew', async () => {
  const [a, b] = await intended(2)
  const ids = [a?.id ?? '', b?.id ?? '']
  const [first = '', second = ''] = ids
  const found = async (text: string) => (await ledger.links.list({ text, max: 10 })).map((link) => link.id)
  await ledger.links.update([
    { id: first, source: { words: 'PO-4711\nAlpha GmbH' }, target: { words: 'INV/7' } },
    { id: second, source: { words: 'Alpha Ltd' } },
  ])
  await ledger.links.update([{ id: first, stage: 'shipped', target: { words: 'INV/8\n1Z999' } }])
  expect(await found('alpha')).toEqual([second, first])
  expect(await found('po-4711')).toEqual([first])
  expect(await found('1z99')).toEqual([first])
  expect(await found('INV/7')).toEqual([])
})

describe('links.known', () => {
  const known = async (sync: string, end: 'source' | 'target', met: readonly (readonly [string, string])[]) =>
    (
      await ledger.links.known(
        sync,
        'order',
        end,
        met.map(([id, version]) => ({ ref: deal(id), version })),
      )
    ).map(({ id }) => id)

  test('names the records that were read, or reported, in a state in which they are met again', async () => {
    const links = await intended(4)
    const [a = '', b = '', c = '', d = ''] = links.map((link) => link.source.ref.id)
    const ids = links.map((link) => link.id)
    await ledger.links.update([
      { id: ids[0] ?? '', source: { version: 'v1' } },
      { id: ids[1] ?? '', source: { version: 'v1' }, target: { version: 'v2' } },
      { id: ids[2] ?? '', source: { version: 'v1' } },
    ])
    await ledger.links.update([{ id: ids[2] ?? '', source: { version: 'v2' } }])
    const met = [
      [a, 'v0'],
      [a, 'v1'],
      [b, 'v2'],
      [c, 'v1'],
      [d, 'v1'],
      ['stranger', 'v1'],
    ] as const
    expect(await known('orders', 'source', met)).toEqual([a])
    expect(await known('orders', 'target', met)).toEqual([b])
    expect(await known('other', 'source', met)).toEqual([])
    expect(await known('orders', 'source', [])).toEqual([])
  })

  test('keeps a version through updates that do not name it', async () => {
    const [link] = await intended(1)
    const { id, source } = link as Link
    await ledger.links.update([{ id, source: { version: 'v1' }, target: { version: 'w1' } }])
    await ledger.links.update([{ id, stage: 'shipped' }])
    expect(await known('orders', 'source', [[source.ref.id, 'v1']])).toEqual([source.ref.id])
    expect(await known('orders', 'target', [[source.ref.id, 'w1']])).toEqual([source.ref.id])
  })
})

test('what is linked stays so, whoever comes late, unless it is moved on purpose', async () => {
  const [link] = await intended(1)
  const { id, source } = link as Link
  await ledger.links.update([{ id, state: 'linked', origin: 'adopted', target: { id: 'T-first' } }])
  await ledger.links.update([{ id, state: 'sent' }])
  await ledger.links.update([{ id, state: 'linked', origin: 'created', target: { id: 'T-late' } }])
  await ledger.links.update([{ id, state: 'unknown' }])
  const stored = async () => only(await ledger.links.bySource('orders', 'order', [source.ref]))
  expect(await stored()).toMatchObject({ state: 'linked', origin: 'adopted', target: { id: 'T-first' } })
  await ledger.links.update([{ id, state: 'rejected', move: true, target: { id: null } }])
  expect(await stored()).toMatchObject({ state: 'rejected', target: { id: null } })
})

test('a link is marked confirmed without what is written being sent anew', async () => {
  const [link] = await intended(1)
  const { id, source } = link as Link
  const { ref } = source
  const written = { fields: { name: 'S1' }, lines: {}, confirmed: false }
  await ledger.links.update([{ id, target: { written } }])
  await ledger.links.update([{ id, target: { confirmed: true } }])
  const stored = only(await ledger.links.bySource('orders', 'order', [ref]))
  expect(stored.target.written).toEqual({ ...written, confirmed: true })
})

test('links.made counts what was created by the days of a zone, and links.newest is the last of it', async () => {
  await database.query('truncate crosswalk.links')
  const made = async (hoursAgo: number, origin: 'created' | 'adopted' = 'created') => {
    const [link] = await intended(1)
    const id = link?.id ?? ''
    await ledger.links.update([{ id, state: 'linked', origin, target: { id: `9${id}` } }])
    await database.query(
      `update crosswalk.links set created_at = date_trunc('day', now() at time zone 'Asia/Tokyo') at time zone 'Asia/Tokyo'
        - $2::integer * interval '1 hour' where id = $1`,
      [id, hoursAgo],
    )
    return id
  }
  const today = await made(0)
  await made(1)
  await made(24)
  await made(0, 'adopted')
  // Beyond the three days that are asked for.
  await made(49)
  const days = await ledger.links.made('order', 'Asia/Tokyo', 3)
  expect(days.map(({ count }) => count)).toEqual([2, 1])
  const day = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Tokyo' }).format(new Date())
  expect(days.at(-1)?.day).toBe(day)
  expect((await ledger.links.newest('order'))?.id).toBe(today)
  expect(await ledger.links.newest('customer')).toBeNull()
})
