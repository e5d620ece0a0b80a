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

const newLink = (change: Partial<NewLink> = {}): NewLink => {
  const number = String(++numbers)
  const base = { sync: 'orders', kind: 'order', connection: 'erp', targetObject: 'sale.order', label: `Deal ${number}` }
  return { ...base, sourceId: number, key: `portal-${number}`, ...change }
}
/** As many links as asked for, in state `intended`. */
const intended = (count: number) => ledger.links.intend(Array.from({ length: count }, () => newLink()))
const only = (links: readonly Link[]): Link => {
  expect(links).toHaveLength(1)
  return links[0] as Link
}

describe('links.intend', () => {
  test('inserts what is not there, and returns all in the order given', async () => {
    const first = newLink()
    const [stored] = await ledger.links.intend([first])
    const second = newLink({ label: null })
    const links = await ledger.links.intend([second, { ...first, key: 'another' }, second])
    expect(links.map((link) => link.sourceId)).toEqual([second.sourceId, first.sourceId, second.sourceId])
    expect(links[1]).toEqual(stored)
    expect(links[0]).toEqual({
      ...second,
      id: expect.stringMatching(/^\d+$/),
      state: 'intended',
      targetId: null,
      origin: null,
      written: null,
      reported: null,
      targetLabel: null,
      stage: null,
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
    expect(await ledger.links.update([{ id, state: 'linked', targetId: 'S1', origin: 'created', written }])).toEqual([])
    expect(
      await ledger.links.update([{ id, stage: 'shipped', targetLabel: 'SO 1', reported: { stage: 'shipped' } }]),
    ).toEqual([])
    const sourceId = String(link?.sourceId)
    const stored = only(await ledger.links.bySource('orders', 'order', [sourceId]))
    expect(stored).toMatchObject({ state: 'linked', targetId: 'S1', origin: 'created', written, stage: 'shipped' })
    expect(stored).toMatchObject({ label: link?.label, targetLabel: 'SO 1', reported: { stage: 'shipped' } })
    await ledger.links.update([{ id, targetId: null, label: null, stage: null }])
    expect(only(await ledger.links.bySource('orders', 'order', [sourceId]))).toMatchObject({
      targetId: null,
      label: null,
      stage: null,
      state: 'linked',
    })
  })

  test('names the links whose target another one holds, and updates the rest', async () => {
    const [a, b, c, d] = await intended(4)
    const ids = [a, b, c, d].map((link) => String(link?.id))
    await ledger.links.update([{ id: String(a?.id), targetId: 'T1' }])
    const refused = await ledger.links.update([
      { id: ids[1] as string, targetId: 'T1', state: 'linked' },
      { id: ids[2] as string, targetId: 'T2', state: 'linked' },
      { id: ids[3] as string, targetId: 'T2', state: 'linked' },
      { id: ids[0] as string, targetId: 'T1', state: 'linked' },
    ])
    expect([...refused].sort()).toEqual([ids[1], ids[3]].sort())
    const found = await ledger.links.byTarget('erp', 'sale.order', ['T1', 'T2', 'T3'])
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
      ledger.links.update(order.map((id) => ({ id, stage, reported: { text: stage.repeat(200) } })))
    for (let round = 0; round < 10; round += 1) {
      await Promise.all([stages(ids, 'a'), stages(ids.toReversed(), 'b'), stages(ids.slice(100), 'c')])
    }
  })

  test('another kind may hold the same target', async () => {
    const [order] = await intended(1)
    const [fulfilment] = await ledger.links.intend([newLink({ sync: 'status', kind: 'fulfilment' })])
    const updates = [order, fulfilment].map((link) => ({ id: String(link?.id), targetId: 'T-shared' }))
    expect(await ledger.links.update(updates)).toEqual([])
  })

  test.each([
    ['an order', 'order', ['hubspot', 'salesforce'], 1],
    ['a customer', 'customer', ['hubspot', 'hubspot'], 1],
    ['a customer', 'customer', ['hubspot', 'salesforce'], 0],
  ])('%s (%s) that the syncs %j share is refused to %i of them', async (_what, kind, syncs, refused) => {
    const links = await ledger.links.intend(syncs.map((sync) => newLink({ sync, kind })))
    const targetId = `T-${kind}-${syncs.join('-')}`
    // One after the other, as workers that do not know of each other would.
    const answers = []
    for (const { id } of links) answers.push(await ledger.links.update([{ id, targetId }]))
    expect(answers.flat()).toHaveLength(refused)
    expect(await ledger.links.byTarget('erp', 'sale.order', [targetId])).toHaveLength(2 - refused)
  })

  test('a conflict leaves the transaction usable', async () => {
    const [a, b] = await intended(2)
    await ledger.links.update([{ id: String(a?.id), targetId: 'T-tx' }])
    await ledger.inTransaction(async (tx) => {
      expect(await tx.links.update([{ id: String(b?.id), targetId: 'T-tx' }])).toEqual([b?.id])
      await tx.links.update([{ id: String(b?.id), state: 'rejected' }])
    })
    expect(only(await ledger.links.bySource('orders', 'order', [String(b?.sourceId)])).state).toBe('rejected')
  })

  test('of two transactions that write the same target at once, one is told so', async () => {
    const [a, b] = await intended(2)
    let second: Promise<readonly string[]> | undefined
    await ledger.inTransaction(async (tx) => {
      expect(await tx.links.update([{ id: String(a?.id), targetId: 'T-race' }])).toEqual([])
      second = ledger.inTransaction((other) => other.links.update([{ id: String(b?.id), targetId: 'T-race' }]))
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
    const kinds = [{ label: 'Acme 100%' }, { label: 'Beta' }, { label: null, kind: 'customer' }]
    const links: Link[] = []
    for (const one of kinds) links.push(...(await ledger.links.intend([newLink({ sync: 'list', ...one })])))
    const [acme, beta, gamma] = links.map((link) => link.id) as [string, string, string]
    await ledger.links.update([
      { id: acme, stage: 'paid' },
      { id: beta, stage: 'shipped', targetLabel: 'SO0042', state: 'linked' },
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

describe('links.known', () => {
  test('names the records that were read, or reported, in a state in which they are met again', async () => {
    const links = await intended(4)
    const [a = '', b = '', c = '', d = ''] = links.map((link) => link.sourceId)
    const ids = links.map((link) => link.id)
    await ledger.links.update([
      { id: ids[0] ?? '', sourceVersion: 'v1' },
      { id: ids[1] ?? '', sourceVersion: 'v1', targetVersion: 'v2' },
      { id: ids[2] ?? '', sourceVersion: 'v1' },
    ])
    await ledger.links.update([{ id: ids[2] ?? '', sourceVersion: 'v2' }])
    const met = { [a]: ['v0', 'v1'], [b]: ['v2'], [c]: ['v1'], [d]: ['v1'], stranger: ['v1'] }
    expect(await ledger.links.known('orders', 'source', met)).toEqual([a])
    expect(await ledger.links.known('orders', 'target', met)).toEqual([b])
    expect(await ledger.links.known('other', 'source', met)).toEqual([])
    expect(await ledger.links.known('orders', 'source', {})).toEqual([])
  })

  test('keeps a version through updates that do not name it', async () => {
    const [link] = await intended(1)
    const { id, sourceId } = link as Link
    await ledger.links.update([{ id, sourceVersion: 'v1', targetVersion: 'w1' }])
    await ledger.links.update([{ id, stage: 'shipped' }])
    expect(await ledger.links.known('orders', 'source', { [sourceId]: ['v1'] })).toEqual([sourceId])
    expect(await ledger.links.known('orders', 'target', { [sourceId]: ['w1'] })).toEqual([sourceId])
  })
})

test('a link is marked confirmed without what is written being sent anew', async () => {
  const [link] = await intended(1)
  const { id, sourceId } = link as Link
  const written = { fields: { name: 'S1' }, lines: {}, confirmed: false }
  await ledger.links.update([{ id, written }])
  await ledger.links.update([{ id, confirmed: true }])
  const stored = only(await ledger.links.bySource('orders', 'order', [sourceId]))
  expect(stored.written).toEqual({ ...written, confirmed: true })
})
