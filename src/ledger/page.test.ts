import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type FreshDatabase, freshLedger, longText } from '../../test/ledger/fresh-ledger.ts'
import type { Ledger } from '../ports/ledger/ledger.ts'
import type { LinkSort } from '../ports/ledger/links.ts'
import type { Direction, Page, Place } from '../ports/ledger/page.ts'

let ledger: Ledger
let database: FreshDatabase
let close: () => Promise<void>

/** With ties, gaps, and labels as people write them. */
const rows = [
  { id: 'a', deal: 'pumps', order: 'S1', amount: '-5', stage: 'paid', at: '2026-01-01 00:00:00.000001' },
  { id: 'b', deal: 'Pumps', order: null, amount: '10.50', stage: null, at: '2026-01-01 00:00:00.000002' },
  { id: 'c', deal: null, order: 's1', amount: null, stage: 'draft', at: '2026-01-01 00:00:00.000002' },
  { id: 'd', deal: `${longText(9_000)}`, order: 'S2', amount: '10.5', stage: 'paid', at: '2026-01-03 00:00:00' },
  {
    id: 'e',
    deal: 'Äpfel',
    order: 'S10',
    amount: '99999999999999999999.01',
    stage: 'draft',
    at: '2026-01-02 00:00:00',
  },
  { id: 'f', deal: null, order: null, amount: null, stage: null, at: '2026-01-01 00:00:00.000001' },
]
beforeAll(async () => {
  ;({ ledger, database, close } = await freshLedger())
  for (const { id, deal, order, amount, stage, at } of rows)
    await database.query(
      `insert into crosswalk.links (sync, kind, source_connection, source_object, source_id, key, state, scope,
        target_connection, target_object, target_id, source_label, target_label, source_amount, source_currency, stage,
        created_at, updated_at)
      values ('orders', 'order', 'crm', 'deals', $1, $1, 'linked', '', 'erp', 'sale.order', $1, $2, $3, $4, 'EUR', $5, $6, $6)`,
      [id, deal, order, amount, stage, `${at}+00`],
    )
})
afterAll(() => close())

async function all<Row>(read: (after: { after?: Place }) => Promise<Page<Row>>): Promise<readonly Row[]> {
  const found: Row[] = []
  for (let after: { after?: Place } = {}; ; ) {
    const page = await read(after)
    found.push(...page.rows)
    if (page.next === null) return found
    after = { after: page.next }
  }
}
const sorted = async (sort: LinkSort, direction: Direction, max: number) => {
  const links = await all((after) => ledger.links.page({ sort, direction, max, ...after }))
  return links.map(({ source }) => source.ref.id).join('')
}

describe('pages of links', () => {
  test.each<[LinkSort, string]>([
    ['created', 'abcdef'],
    ['updated', 'afbced'],
    ['deal', ''],
    ['order', 'bfaced'],
    ['amount', 'cfabde'],
    ['stage', 'bfcead'],
  ])('by %s have each row once, in one order, whatever their size', async (sort, ids) => {
    const whole = await sorted(sort, 'asc', 100)
    for (const max of [1, 2, 5, 6]) expect([max, await sorted(sort, 'asc', max)]).toEqual([max, whole])
    expect(await sorted(sort, 'desc', 2)).toBe([...whole].reverse().join(''))
    expect([...whole].sort().join('')).toBe('abcdef')
    // Where letters with accents stand is up to the database.
    if (ids !== '') expect(whole).toBe(ids)
    else expect(whole.startsWith('cf') && whole.includes('ab')).toBe(true)
  })

  test('stay as they are when a row comes, and filter as the whole list does', async () => {
    const first = await ledger.links.page({ sort: 'deal', direction: 'desc', max: 2, stage: 'paid' })
    expect(first.rows.map(({ stage }) => stage)).toEqual(['paid', 'paid'])
    expect(first.next).toBeNull()
    const [link] = (await ledger.links.page({ sort: 'amount', direction: 'desc', max: 1 })).rows
    expect(link?.worth).toEqual({ amount: '99999999999999999999.01', currency: 'EUR' })
  })
})

describe('pages of problems', () => {
  test('by when they were opened stay where they are; by when they were seen the newest comes first', async () => {
    const failure = { problem: { kind: 'auth_rejected' }, message: 'No.', fix: 'Enter a new key.' } as const
    const raise = (...causes: readonly string[]) =>
      ledger.problems.raise(causes.map((causeKey) => ({ sync: 'orders', causeKey, failure, records: [] })))
    for (const cause of ['1', '2', '3']) await raise(cause)
    const by = async (sort: 'opened' | 'seen') => {
      const found = await all((after) => ledger.problems.page({ sort, direction: 'desc', max: 1, ...after }))
      return found.map(({ causeKey }) => causeKey).join('')
    }
    expect(await by('opened')).toBe('321')
    await raise('1')
    expect([await by('opened'), await by('seen')]).toEqual(['321', '132'])
    expect((await ledger.problems.page({ sort: 'seen', direction: 'desc', max: 9 })).rows[0]).not.toHaveProperty(
      'placeId',
    )
  })
})

test('runs and revisions go on after the last one that is known', async () => {
  const now = '2026-11-24T09:30:00.000Z' as Parameters<Ledger['runs']['start']>[2]
  for (let nth = 1; nth <= 3; nth += 1) {
    await ledger.runs.start('orders', 'manual', now)
    await ledger.revisions.publish({ number: nth, at: now, actor: null, note: null, changes: [] }, {})
  }
  const [newest] = await ledger.runs.list({ max: 1 })
  const rest = await ledger.runs.list({ after: newest?.id ?? '', max: 9 })
  expect(rest).toHaveLength(2)
  expect(rest.map(({ id }) => id)).not.toContain(newest?.id)
  expect((await ledger.revisions.list(9, 3)).map(({ number }) => number)).toEqual([2, 1])
})
