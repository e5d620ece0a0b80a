import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type FreshDatabase, freshLedger, silentLog } from '../../../test/ledger/fresh-ledger.ts'
import type { Failure } from '../../core/problem.ts'
import type { RecordRef } from '../../core/ref.ts'
import type { Instant } from '../../core/time.ts'
import type { Connection, Write, WriteOutcome } from '../../ports/connector.ts'
import type { Claim } from '../../ports/ledger/inbox.ts'
import type { Ledger } from '../../ports/ledger/ledger.ts'
import { type OpenBatch, openBatch } from './batch.ts'
import { openBench } from './bench.ts'
import { openEndpoint } from './endpoint.ts'

let ledger: Ledger
let database: FreshDatabase
let close: () => Promise<void>
beforeAll(async () => {
  const fresh = await freshLedger()
  ledger = fresh.ledger
  database = fresh.database
  close = fresh.close
})
afterAll(() => close())

const now = '2026-11-24T09:00:00.000Z' as Instant
const clock = { now: () => now, sleep: async () => undefined }
const scopes = {
  within: <T>(_scope: unknown, work: () => T) => work(),
  current: () => ({ lane: 'live' as const, mayWrite: true }),
}
const depsOf = () => ({
  ledger,
  clock,
  log: silentLog,
  evaluator: { prepare: () => undefined, evaluate: async () => [] },
  sendAlert: async () => '',
  scopes,
  worker: 'w',
})

let count = 0
/** Two records of a sync of their own, claimed. */
async function begin(): Promise<{
  sync: string
  claims: readonly Claim[]
  refs: readonly RecordRef[]
  batch: OpenBatch
}> {
  count += 1
  const sync = `sync${count}`
  const refs = ['1', '2'].map((id) => ({ connection: 'crm', object: 'deals', id }))
  await ledger.inbox.add(sync, refs, { lane: 'live' })
  const claims = await ledger.inbox.claim(sync, { max: 10, worker: 'w', leaseMs: 60_000 })
  return { sync, claims, refs, batch: openBatch({ sync, feeds: null, claims }, { ledger, clock }) }
}
const inboxOf = async (sync: string) => (await ledger.inbox.counts()).find((one) => one.sync === sync)

async function benchOf(
  batch: OpenBatch,
  answer: (writes: readonly Write[]) => readonly WriteOutcome[],
  mode: 'live' | 'shadow' | 'preview' = 'live',
) {
  const endpoint = openEndpoint(
    {
      name: 'erp',
      system: 'odoo',
      connection: {
        write: async (writes: readonly Write[]) => answer(writes),
        // Tells of the first one alone, whatever it is asked.
        read: async () => [null],
        find: async () => [[]],
      } as unknown as Connection,
      reopen: async () => null,
    },
    depsOf(),
  )
  return openBench(
    {
      mode,
      batch,
      state: await ledger.syncs.get('bench', now),
      scope: { lane: 'live', mayWrite: true },
      source: endpoint,
      target: endpoint,
      lookups: { forBatch: () => ({ lookup: async () => [] }) },
      guard: async () => null,
      stillMine: () => undefined,
      planned: () => undefined,
    },
    depsOf(),
  )
}
const create = (key: string): Write => ({ do: 'create', object: 'order', key, fields: {}, lines: null })

test('a connector that answers fewer outcomes than it was given writes makes nothing vanish', async () => {
  const { sync, refs, batch } = await begin()
  const bench = await benchOf(batch, () => [{ ok: true, id: '7' }])
  const outcomes = await bench.send('target', [create('a'), create('b')])
  expect(outcomes).toEqual([
    { ok: true, id: '7' },
    { ok: false, failure: expect.objectContaining({ problem: { kind: 'bad_reply' } }) },
  ])
  for (const [index, ref] of refs.entries()) {
    const outcome = outcomes[index]
    if (outcome?.ok === true) batch.done(ref, 'created')
    else if (outcome?.ok === false) batch.fail(ref, outcome.failure)
  }
  expect((await batch.commit()).counts).toEqual({ created: 1, deferred: 1 })
  // Looked at again, soon, and shown to a person when that does not help.
  expect(await inboxOf(sync)).toMatchObject({ due: 0, later: 1, inWork: 0 })
  expect((await inboxOf(sync))?.nextInMs).toBeLessThanOrEqual(1_000)
  expect(await ledger.problems.list({ sync, max: 10 })).toEqual([])
})

test('what is not told again and again is a problem, and still looked at', async () => {
  const { sync, refs } = await begin()
  const failure: Failure = { problem: { kind: 'bad_reply' }, message: 'not told', fix: 'none' }
  for (let round = 0; round < 5; round += 1) {
    await database.query(`update crosswalk.inbox set due_at = now(), worker = null where sync = $1`, [sync])
    const claims = await ledger.inbox.claim(sync, { max: 10, worker: 'w', leaseMs: 60_000 })
    expect(claims).toHaveLength(2)
    expect(await ledger.problems.list({ sync, max: 10 })).toEqual([])
    const batch = openBatch({ sync, feeds: null, claims }, { ledger, clock })
    for (const ref of refs) batch.fail(ref, failure)
    await batch.commit()
  }
  expect(await ledger.problems.list({ sync, max: 10 })).toMatchObject([{ kind: 'bad_reply', waiting: 2 }])
  expect(await inboxOf(sync)).toMatchObject({ later: 2 })
})

test('a batch in which a record has no outcome is not committed, and nothing of it is stored', async () => {
  const { sync, refs, batch } = await begin()
  const [first] = refs
  if (first === undefined) throw new Error('no record')
  batch.note(first, 'created', 'An order was made')
  batch.done(first, 'created')
  expect(batch.open()).toEqual([refs[1]])
  await expect(batch.commit()).rejects.toThrow(`crm deals 2 of sync "${sync}" was left without an outcome`)
  expect(await inboxOf(sync)).toMatchObject({ inWork: 2 })
  expect((await ledger.timeline.of(first)).filter((entry) => entry.sync === sync)).toEqual([])
})

test('an outcome for a record of another batch is a fault of ours', async () => {
  const { batch } = await begin()
  expect(() => batch.done({ connection: 'other', object: 'deals', id: '1' }, 'created')).toThrow('is not in this batch')
})

test('a failure stays when a later step thinks that all is well', async () => {
  const { sync, refs, batch } = await begin()
  const failure: Failure = { problem: { kind: 'mapping_failed', rule: 'r', path: 'p' }, message: 'no', fix: 'mend' }
  for (const ref of refs) {
    batch.fail(ref, failure)
    batch.done(ref, 'unchanged')
  }
  expect((await batch.commit()).counts).toEqual({ problems: 2 })
  expect(await ledger.problems.list({ sync, max: 10 })).toMatchObject([{ kind: 'mapping_failed', waiting: 2 }])
})

test.each(['shadow', 'preview'] as const)('a %s bench has no way to write', async (mode) => {
  const { batch, refs } = await begin()
  let written = 0
  const answer = () => {
    written += 1
    return []
  }
  const still = await benchOf(batch, answer, mode)
  await expect(still.send('target', [create('a')])).rejects.toThrow(`a ${mode} bench writes nothing`)
  const [ref] = refs
  if (ref === undefined) throw new Error('no record')
  const intent = {
    sync: `${mode}-links`,
    kind: 'order',
    key: 'k',
    source: { ref, label: null },
    target: { connection: 'erp', object: 'order' },
    scope: '',
  }
  const [link] = await still.links.intend([intent])
  expect(link).toMatchObject({ state: 'intended', source: { ref } })
  await still.links.update([{ id: link?.id ?? '', state: 'sent' }])
  expect(await ledger.links.list({ sync: `${mode}-links`, max: 10 })).toEqual([])
  expect(written).toBe(0)
})

test('a connector that tells of fewer records than it was asked about does not mean that they are gone', async () => {
  const { batch } = await begin()
  const bench = await benchOf(batch, () => [])
  const untold = { problem: { kind: 'bad_reply' } }
  expect(await bench.read('source', 'order', ['1'], [])).toEqual([null])
  await expect(bench.read('source', 'order', ['1', '2'], [])).rejects.toMatchObject(untold)
  expect(await bench.find('order', [{ key: 'a' }])).toEqual([[]])
  await expect(bench.find('order', [{ key: 'a' }, { key: 'b' }])).rejects.toMatchObject(untold)
})
