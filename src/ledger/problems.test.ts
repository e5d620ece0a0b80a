import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type FreshDatabase, freshLedger, longText } from '../../test/ledger/fresh-ledger.ts'
import type { Failure } from '../core/problem.ts'
import type { PlainDate } from '../core/time.ts'
import type { Ledger } from '../ports/ledger/ledger.ts'

let ledger: Ledger
let close: () => Promise<void>
let database: FreshDatabase
let syncs = 0

beforeAll(async () => {
  ;({ ledger, close, database } = await freshLedger())
})
afterAll(() => close())

const deal = (id: string) => ({ connection: 'crm', object: 'deals', id })
const freshSync = () => `sync ${++syncs}`
const failure = (message: string, field?: string): Failure => ({
  problem: { kind: 'mapping_failed', rule: 'map', path: 'country' },
  message,
  fix: 'Add it to the table.',
  ...(field === undefined ? {} : { field }),
})
const raise = (sync: string, causeKey: string, ids: readonly string[], message = causeKey) =>
  ledger.problems.raise([{ sync, causeKey, records: ids.map(deal), failure: failure(message) }])
const openOf = async (sync: string) =>
  (await ledger.problems.list({ sync, max: 10 })).map((one) => [
    one.causeKey,
    one.waiting,
    one.records.map(({ id }) => id),
  ])

describe('problems', () => {
  test('group records by cause, and keep the failure of each record', async () => {
    const sync = freshSync()
    await ledger.problems.raise([
      { sync, causeKey: 'country UK', records: ['1'].map(deal), failure: failure('Deal 1: UK', 'country_id') },
      { sync, causeKey: 'country UK', records: ['2'].map(deal), failure: failure('Deal 2: UK', 'country_id') },
    ])
    const [problem] = await ledger.problems.list({ sync, max: 10 })
    expect(problem).toEqual({
      id: expect.stringMatching(/^\d+$/),
      sync,
      kind: 'mapping_failed',
      causeKey: 'country UK',
      message: 'Deal 2: UK',
      fix: 'Add it to the table.',
      field: 'country_id',
      firstSeen: expect.stringMatching(/Z$/),
      lastSeen: expect.stringMatching(/Z$/),
      waiting: 2,
      records: [deal('1'), deal('2')],
      ...{ isOpen: true, cameBack: 0, waited: 2, touchedAt: null, assignee: null, mute: null },
      ...{ closedAt: null, closedHow: null, closedBy: null },
    })
    const failures = await ledger.problems.ofRecords(sync, ['1', '2', '3'].map(deal))
    expect([...failures.entries()].map(([id, one]) => [id, one.message]).sort()).toEqual([
      ['crm deals 1', 'Deal 1: UK'],
      ['crm deals 2', 'Deal 2: UK'],
    ])
    expect(await ledger.problems.list({ id: String(problem?.id), max: 1 })).toHaveLength(1)
    expect(await ledger.problems.list({ sync, kind: 'unavailable', max: 1 })).toEqual([])
  })

  test('a record waits on one problem of a sync; the one it left closes when it was the last', async () => {
    const sync = freshSync()
    await raise(sync, 'a', ['1', '2'])
    await raise(sync, 'b', ['2'])
    expect(await openOf(sync)).toEqual([
      ['b', 1, ['2']],
      ['a', 1, ['1']],
    ])
    await raise(sync, 'b', ['1'])
    expect(await openOf(sync)).toEqual([['b', 2, ['2', '1']]])
  })

  test('clearing tells which records had one, and touches no other sync', async () => {
    const [sync, other] = [freshSync(), freshSync()]
    await raise(sync, 'a', ['1', '2'])
    await raise(other, 'a', ['1'])
    expect(await ledger.problems.clear(sync, ['1', '3'].map(deal))).toEqual([deal('1')])
    expect(await ledger.problems.clear(sync, [])).toEqual([])
    expect(await openOf(sync)).toEqual([['a', 1, ['2']]])
    expect(await openOf(other)).toEqual([['a', 1, ['1']]])
  })

  test('a problem that comes back is seen first when it came back', async () => {
    const sync = freshSync()
    await raise(sync, 'a', ['1'])
    const [before] = await ledger.problems.list({ sync, max: 1 })
    await raise(sync, 'a', ['2'])
    expect(await ledger.problems.list({ sync, max: 1 })).toMatchObject([{ firstSeen: before?.firstSeen, waiting: 2 }])
    await ledger.problems.clear(sync, ['1', '2'].map(deal))
    expect(await ledger.problems.list({ sync, max: 1 })).toEqual([])
    await raise(sync, 'a', ['1'])
    const [after] = await ledger.problems.list({ sync, max: 1 })
    expect(Date.parse(String(after?.firstSeen))).toBeGreaterThanOrEqual(Date.parse(String(before?.lastSeen)))
    expect(after?.firstSeen).toBe(after?.lastSeen)
  })

  test('a problem of a whole sync stays until it is closed by its cause', async () => {
    const sync = freshSync()
    await raise(sync, 'login', [])
    expect(await openOf(sync)).toEqual([['login', 0, []]])
    await ledger.problems.clear(sync, ['1'].map(deal))
    await ledger.problems.close(sync, ['other'])
    expect(await openOf(sync)).toHaveLength(1)
    await ledger.problems.close(sync, ['login'])
    expect(await openOf(sync)).toEqual([])
  })

  test('of a whole sync on which records wait is theirs alone once it is closed, until they are cleared', async () => {
    const sync = freshSync()
    await raise(sync, 'guard', [])
    await raise(sync, 'guard', ['1'])
    await raise(sync, 'of records', ['2'])
    const whole = async () => (await ledger.problems.whole([sync, 'another'])).map((one) => [one.sync, one.causeKey])
    expect(await whole()).toEqual([[sync, 'guard']])
    expect(await ledger.problems.whole([sync])).toMatchObject([
      { failure: failure('guard'), firstSeen: expect.stringMatching(/Z$/) },
    ])
    await ledger.problems.close(sync, ['guard'])
    expect(await whole()).toEqual([])
    expect((await openOf(sync)).map(([cause]) => cause).sort()).toEqual(['guard', 'of records'])
    expect(await ledger.problems.clear(sync, ['1'].map(deal))).toEqual([deal('1')])
    expect((await openOf(sync)).map(([cause]) => cause)).toEqual(['of records'])
  })

  test('lists the waiting records oldest first, as many as asked for', async () => {
    const sync = freshSync()
    await raise(sync, 'a', ['9'])
    await raise(sync, 'a', ['1', '2', '3', '4', '5', '6'])
    await raise(sync, 'a', ['9'])
    const [problem] = await ledger.problems.list({ sync, max: 1 })
    expect(problem).toMatchObject({ waiting: 7, records: ['9', '1', '2', '3', '4'].map(deal) })
    expect(await ledger.problems.waiting(String(problem?.id), 3)).toEqual(['9', '1', '2'].map(deal))
  })

  test('takes texts that PostgreSQL cannot hold', async () => {
    const sync = freshSync()
    await raise(sync, 'odd', ['1'], 'Name "A\u0000B\ud800" \\u0000')
    const failures = await ledger.problems.ofRecords(sync, ['1'].map(deal))
    expect(failures.get('crm deals 1')?.message).toBe('Name "A\ufffdB\ufffd" \\u0000')
  })

  test('takes causes and messages of any length', async () => {
    const sync = freshSync()
    const long = `lookup_failed product.product ${longText(60_000)}`
    await raise(sync, long, ['1'], 'x'.repeat(60_000))
    await raise(sync, `${long}8`, ['2'])
    await raise(sync, long, ['3'], 'x'.repeat(60_000))
    const problems = await ledger.problems.list({ sync, max: 10 })
    expect(problems.map(({ waiting, message }) => [waiting, message.length])).toEqual([
      [2, 10_000],
      [1, 10_000],
    ])
    await ledger.problems.clear(sync, ['1', '3'].map(deal))
    expect(await openOf(sync)).toEqual([[expect.any(String), 1, ['2']]])
    // One of the whole sync is closed by its cause, whatever that is stored as.
    await raise(sync, `${long}9`, [])
    expect(await openOf(sync)).toHaveLength(2)
    await ledger.problems.close(sync, [`${long}9`])
    expect(await openOf(sync)).toHaveLength(1)
  })
})

describe('the life of a problem', () => {
  const one = async (sync: string, which: 'open' | 'closed' | 'any' = 'any') =>
    (await ledger.problems.list({ sync, which, max: 1 }))[0]
  const raised = async (ids: readonly string[] = ['1']) => {
    const sync = freshSync()
    await raise(sync, 'a', ids)
    return { sync, id: String((await one(sync))?.id) }
  }

  test('is listed when it is closed, with when, and that it was by itself where nobody did anything', async () => {
    const { sync, id } = await raised(['1', '2'])
    await ledger.problems.clear(sync, [deal('1')])
    expect(await one(sync, 'open')).toMatchObject({ id, isOpen: true, closedAt: null, closedHow: null })
    expect(await one(sync, 'closed')).toBeUndefined()
    await ledger.problems.clear(sync, [deal('2')])
    expect(await one(sync, 'open')).toBeUndefined()
    const closed = await one(sync, 'closed')
    expect(closed).toMatchObject({ id, isOpen: false, waiting: 0, closedHow: 'by_itself', closedBy: null })
    expect(String(closed?.closedAt) >= String(closed?.lastSeen)).toBe(true)
    expect(await ledger.problems.list({ id, max: 1 })).toEqual([])
    expect(await ledger.problems.list({ id, which: 'any', max: 1 })).toEqual([closed])
  })

  test('closes by what was done for its last record, and by whom', async () => {
    const { sync, id } = await raised(['1', '2'])
    await ledger.problems.tried(sync, ['1', '2', 'none'].map(deal), { how: 'retried', by: 'ida' })
    // The first fails again: that was no cure.
    await raise(sync, 'a', ['1'])
    await ledger.problems.clear(sync, [deal('2')])
    await ledger.problems.clear(sync, [deal('1')])
    expect(await one(sync)).toMatchObject({ id, closedHow: 'by_itself', closedBy: null })
    await raise(sync, 'a', ['1'])
    await ledger.problems.tried(sync, [deal('1')], { how: 'entry_added', by: 'eve' })
    // What nobody in particular did does not take its place.
    await ledger.problems.tried(sync, [deal('1')], { how: 'mappings_changed', by: null })
    await ledger.problems.clear(sync, [deal('1')])
    expect(await one(sync)).toMatchObject({ id, closedHow: 'entry_added', closedBy: 'eve' })
    expect(await ledger.problems.deeds(id, 10)).toMatchObject([
      { deed: 'entry_added', actor: 'eve' },
      { deed: 'retried', actor: 'ida' },
    ])
    await raise(sync, 'a', ['1'])
    await ledger.problems.tried(sync, [deal('1')], { how: 'mappings_changed', by: null })
    await ledger.problems.clear(sync, [deal('1')])
    expect(await one(sync)).toMatchObject({ closedHow: 'mappings_changed', closedBy: null })
  })

  test('closes when its last record fails for another reason', async () => {
    const { sync, id } = await raised(['1', '2'])
    await raise(sync, 'b', ['1'])
    expect(await ledger.problems.list({ id, max: 1 })).toMatchObject([{ isOpen: true, waiting: 1 }])
    await raise(sync, 'b', ['2'])
    expect(await ledger.problems.list({ id, which: 'closed', max: 1 })).toMatchObject([{ closedHow: 'other_problem' }])
  })

  test('of a whole sync closes by who says so', async () => {
    const sync = freshSync()
    await raise(sync, 'guard', [])
    await ledger.problems.close(sync, ['guard'], { how: 'resumed', by: 'ida' })
    const closed = await one(sync, 'closed')
    expect(closed).toMatchObject({ closedHow: 'resumed', closedBy: 'ida' })
    // It is closed already.
    await ledger.problems.close(sync, ['guard'])
    expect(await one(sync)).toEqual(closed)
  })

  test('lists closed ones by when they were closed, and those of an older release by when they were seen last', async () => {
    const [first, second] = [await raised(), await raised()]
    for (const { sync } of [second, first]) await ledger.problems.clear(sync, [deal('1')])
    const closed = (await ledger.problems.list({ which: 'closed', max: 2 })).map(({ id }) => id)
    expect(closed).toEqual([first.id, second.id])
    // As the release before clears.
    await raise(first.sync, 'a', ['1'])
    await database.query(`delete from crosswalk.problem_records where sync = $1`, [first.sync])
    expect(await one(first.sync)).toMatchObject({ isOpen: false, closedAt: null, closedHow: null, closedBy: null })
  })

  test('counts how often it came back, and what was muted is no more', async () => {
    const { sync, id } = await raised()
    await ledger.problems.assign(id, 'ida', 'eve')
    expect(await ledger.problems.mute(id, { by: 'eve', because: 'Next week', until: null })).toBe(true)
    await raise(sync, 'a', ['1', '2'])
    expect(await one(sync)).toMatchObject({ cameBack: 0, waited: 1, waiting: 2, mute: { waiting: 1 } })
    await ledger.problems.clear(sync, ['1', '2'].map(deal))
    await raise(sync, 'a', ['1', '2', '3'])
    expect(await one(sync)).toMatchObject({ cameBack: 1, waited: 3, assignee: 'ida', mute: null, touchedAt: null })
    await ledger.problems.clear(sync, ['1', '2', '3'].map(deal))
    await raise(sync, 'a', ['1'])
    expect(await one(sync)).toMatchObject({ cameBack: 2 })
  })

  test('is assigned, muted and no longer muted while it is open, which its story tells', async () => {
    const { sync, id } = await raised(['1', '2'])
    const until = '2026-12-01' as PlainDate
    expect(await ledger.problems.unmute(id, 'ida')).toBe(false)
    expect(await ledger.problems.assign(id, 'ida', 'eve')).toBe(true)
    expect(await ledger.problems.mute(id, { by: 'ida', because: 'Next week', until })).toBe(true)
    const muted = await one(sync)
    expect(muted).toMatchObject({
      ...{ assignee: 'ida', touchedAt: muted?.mute?.at },
      mute: { by: 'ida', because: 'Next week', until, waiting: 2, kind: 'mapping_failed' },
    })
    expect((await ledger.problems.list({ assignee: 'ida', sync, max: 9 })).map((found) => found.id)).toEqual([id])
    expect(await ledger.problems.list({ assignee: 'eve', sync, max: 9 })).toEqual([])
    expect(await ledger.problems.unmute(id, null)).toBe(true)
    expect(await ledger.problems.assign(id, null, 'ida')).toBe(true)
    expect(await one(sync)).toMatchObject({ assignee: null, mute: null })
    const told = (await ledger.problems.deeds(id, 9)).map(({ deed, actor, about }) => [deed, actor, about])
    expect(told).toEqual([
      ['unassigned', 'ida', null],
      ['unmuted', null, null],
      ['muted', 'ida', 'Next week'],
      ['assigned', 'eve', 'ida'],
    ])
    expect(await ledger.problems.deeds(id, 1)).toMatchObject([{ deed: 'unassigned' }])
    await ledger.problems.clear(sync, ['1', '2'].map(deal))
    expect(await ledger.problems.assign(id, 'ida', 'eve')).toBe(false)
    expect(await ledger.problems.mute(id, { by: 'ida', because: 'x', until: null })).toBe(false)
    expect(await ledger.problems.deeds(id, 9)).toHaveLength(4)
  })
})
