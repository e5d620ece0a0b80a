import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { freshLedger, silentLog } from '../../../test/ledger/fresh-ledger.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import { verdictOf } from '../../core/problem.ts'
import type { RecordRef } from '../../core/ref.ts'
import type { Instant } from '../../core/time.ts'
import type { Connection, Match, Query, Write, WriteOutcome } from '../../ports/connector.ts'
import type { Ledger } from '../../ports/ledger/ledger.ts'
import { openBatch } from '../bench/batch.ts'
import { type Bench, openBench } from '../bench/bench.ts'
import { openEndpoint } from '../bench/endpoint.ts'
import { find } from './find.ts'
import { intend } from './intend.ts'
import type { Brought, Kind } from './kind.ts'
import { make } from './make.ts'

let ledger: Ledger
let close: () => Promise<void>
beforeAll(async () => {
  const fresh = await freshLedger()
  ledger = fresh.ledger
  close = fresh.close
})
afterAll(() => close())

const now = '2026-11-24T09:00:00.000Z' as Instant
const clock = { now: () => now, sleep: async () => undefined }
const failure = (kind: 'record_rejected' | 'busy' | 'outcome_unknown', message: string): WriteOutcome => ({
  ok: false,
  failure: {
    problem: kind === 'record_rejected' ? { kind, field: null, remoteCode: 'duplicate' } : { kind },
    message,
    fix: 'none',
  },
})

/** How a target answers a create with a key that it has: so do the systems that we know. */
type Habit = 'answers with the one it has' | 'refuses a second one' | 'is busy with the first one' | 'loses its answers'
interface Customer {
  readonly id: string
  readonly key: string | null
  readonly name: string
}

/** A target in memory that the workers share. */
function openTarget(habit: Habit) {
  const customers: Customer[] = []
  const beingMade = new Set<string>()
  const lost = new Set<string>()
  const add = (key: string | null, name: string): Customer => {
    const customer = { id: `c${customers.length + 1}`, key, name }
    customers.push(customer)
    return customer
  }
  const matches = (query: Query): readonly Match[] =>
    customers
      .filter((one) => ('key' in query ? one.key === query.key : one.name === query.fields.name))
      .map(({ id, key, name }) => ({ id, key, label: name, archived: false }))

  /** @param pause  in the midst of the work, where the system has one */
  async function create(write: Write, pause: () => Promise<void>): Promise<WriteOutcome> {
    if (write.do !== 'create') throw new Error('only creates are sent here')
    const there = customers.find((one) => one.key === write.key)
    if (there !== undefined) {
      return habit === 'refuses a second one' || habit === 'is busy with the first one'
        ? failure('record_rejected', 'there is one with this external id')
        : { ok: true, id: there.id }
    }
    if (habit === 'is busy with the first one') {
      if (beingMade.has(write.key)) return failure('busy', 'could not serialize access')
      beingMade.add(write.key)
      await pause()
    }
    const made = add(write.key, String(write.fields.name))
    if (habit === 'loses its answers' && !lost.has(write.key)) {
      lost.add(write.key)
      return failure('outcome_unknown', 'the answer was lost')
    }
    return { ok: true, id: made.id }
  }
  return { customers, add, matches, create }
}
type Target = ReturnType<typeof openTarget>

/** A worker whose calls can be held: each of them passes a gate first. */
function openWorker(
  target: Target,
  kind: Kind,
  subject: { ref: RecordRef; fields: JsonObject },
  deferred: () => void = () => undefined,
) {
  let passes = 0
  let limit = 0
  let release = Promise.withResolvers<void>()
  let reached = Promise.withResolvers<void>()
  async function gate(): Promise<void> {
    if (passes >= limit) {
      reached.resolve()
      await release.promise
    }
    passes += 1
  }
  const gated =
    <A extends readonly unknown[], R>(call: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      await gate()
      return call(...given)
    }
  const links = ledger.links
  const connection = {
    find: gated(async (_object: string, queries: readonly Query[]) => queries.map(target.matches)),
    write: gated(async (writes: readonly Write[]) => {
      const outcomes: WriteOutcome[] = []
      for (const write of writes) outcomes.push(await target.create(write, gate))
      return outcomes
    }),
  } as unknown as Connection
  const deps = {
    ledger: {
      ...ledger,
      links: {
        ...links,
        bySource: gated(links.bySource),
        byTarget: gated(links.byTarget),
        intend: gated(links.intend),
        update: gated(links.update),
      },
    },
    clock,
    log: silentLog,
    evaluator: { prepare: () => undefined, evaluate: async () => [] },
    scopes: {
      within: <T>(_scope: unknown, work: () => T) => work(),
      current: () => ({ lane: 'live' as const, mayWrite: true }),
    },
    sendAlert: async () => '',
    worker: 'w',
  }
  const endpoint = openEndpoint({ name: 'erp', system: 'odoo', connection, reopen: async () => null }, deps)
  const bench = openBench(
    {
      mode: 'live',
      batch: openBatch({ sync: kind.sync, feeds: null, claims: [] }, deps),
      state: {
        sync: kind.sync,
        enabledAt: now,
        mode: 'live',
        mappings: null,
        heldBecause: null,
        extraOrders: 0,
        lookedAt: null,
        cursors: {},
      },
      scope: { lane: 'live', mayWrite: true },
      source: endpoint,
      target: endpoint,
      lookups: { forBatch: () => ({ lookup: async () => [] }) },
      guard: async () => null,
      stillMine: () => undefined,
      planned: () => undefined,
    },
    deps,
  )
  const done = bringOne(kind, subject, bench, deferred).finally(() => reached.resolve())
  return {
    done,
    /** Goes on until it stands before call number `call`, or is done. */
    async until(call: number): Promise<void> {
      limit = call
      if (passes >= limit) return
      reached = Promise.withResolvers()
      const before = release
      release = Promise.withResolvers()
      before.resolve()
      await Promise.race([reached.promise, done])
    },
  }
}

/**
 * Brings one customer as a batch does, and again as long as it is to be tried again.
 * @param deferred  told each time that it is to be tried again
 */
async function bringOne(
  kind: Kind,
  { ref, fields }: { ref: RecordRef; fields: JsonObject },
  bench: Bench,
  deferred: () => void,
): Promise<Brought> {
  for (let attempt = 1; ; attempt += 1) {
    const key = `crm_1_customer_${ref.id}`
    const label = String(fields.name)
    const [known] = await bench.links.bySource(kind.sync, kind.name, [ref])
    const [link] = known === undefined ? await intend(kind, [{ ref, key, label }], bench) : [known]
    if (link === undefined) throw new Error('the intent was not stored')
    const subject = { ref, key, keyPrefix: 'crm_1_customer_', label, link, fields }
    const found = await find(kind, [subject], bench)
    const all = found.size > 0 ? found : await make(kind, [{ ...subject, lines: null }], bench)
    const [result] = all.values()
    if (result === undefined) throw new Error('nothing was said')
    if (result.ok || verdictOf(result.failure.problem).do === 'park_record' || attempt === 20) return result
    deferred()
  }
}

const never = () => {
  throw new Error('nobody is to be asked')
}
const kindOf = (sync: string, alike: Kind['alike'] = 'other'): Kind => ({
  sync,
  name: 'customer',
  object: 'res.partner',
  scope: sync,
  alike,
  shared: true,
  guarded: false,
  firstStage: null,
  match: [{ same: ['name'], identity: false, whole: false }],
  whenMissing: 'create',
  texts: {
    ambiguous: (subject, by, matches, owner) => ({
      problem: { kind: 'customer_ambiguous', value: by, hits: matches.length },
      message: `${subject.label} is ambiguous${owner === null ? '' : `: it is ${owner}'s`}`,
      fix: 'none',
    }),
    missing: never,
    taken: (subject, id) => ({
      problem: { kind: 'customer_ambiguous', value: subject.label, hits: 1 },
      message: `${id} is taken`,
      fix: 'none',
    }),
  },
})
const customerOf = (id: string) => ({
  ref: { connection: 'crm', object: 'customer', id },
  fields: { name: `Customer ${id}` as Json } as JsonObject,
})
const linkOf = async ({ sync, name }: Kind, ref: RecordRef) => (await ledger.links.bySource(sync, name, [ref]))[0]

let count = 0
/** So many calls a worker needs at most; the last ones are beyond the end of most. */
const callsMax = 10

describe.each<[Habit, 'missing' | 'there', Kind['alike']]>([
  ['answers with the one it has', 'missing', 'other'],
  ['refuses a second one', 'missing', 'other'],
  ['is busy with the first one', 'missing', 'other'],
  ['loses its answers', 'missing', 'other'],
  ['answers with the one it has', 'there', 'other'],
  ['refuses a second one', 'missing', 'same'],
])(
  'two workers that bring one customer to a target that %s, where it is %s and what is alike is the %s',
  (habit, there, alike) => {
    test.each(Array.from({ length: callsMax }, (_one, index) => index))(
      'get the same one when the first is held before call %i, whatever the second does meanwhile',
      async (first) => {
        for (let second = 0; second <= callsMax; second += 1) {
          count += 1
          const kind = kindOf(`race${count}`, alike)
          const target = openTarget(habit)
          const subject = customerOf(String(count))
          if (there === 'there') target.add(null, `Customer ${count}`)
          // One that waits for what the other is about to finish is tried again when that one went on.
          const one = openWorker(target, kind, subject, () => void other.until(1000))
          const other = openWorker(target, kind, subject)
          await one.until(first)
          await other.until(second)
          void one.until(1000)
          await one.done
          void other.until(1000)
          const results = [await one.done, await other.done]
          const where = `first held before call ${first}, second before call ${second}`
          expect({ where, customers: target.customers.length }).toEqual({ where, customers: 1 })
          const [only] = target.customers
          expect({ where, results }).toMatchObject({
            where,
            results: [
              { ok: true, id: only?.id },
              { ok: true, id: only?.id },
            ],
          })
          expect(await linkOf(kind, subject.ref)).toMatchObject({
            state: 'linked',
            origin: there === 'there' ? 'adopted' : 'created',
            target: { id: only?.id },
          })
        }
      },
      120_000,
    )
  },
)

test('a worker that made one just when a person did takes the one that the other worker has linked', async () => {
  const kind = kindOf('person')
  const target = openTarget('answers with the one it has')
  const subject = customerOf('person')
  const late = openWorker(target, kind, subject)
  // Before it sends: it has looked for the customer, and asked whether another worker has finished meanwhile.
  await late.until(7)
  const entered = target.add(null, 'Customer person')
  const early = openWorker(target, kind, subject)
  void early.until(1000)
  expect(await early.done).toMatchObject({ ok: true, how: 'adopted', id: entered.id })
  void late.until(1000)
  expect(await late.done).toMatchObject({ ok: true, how: 'linked', id: entered.id })
  expect(await linkOf(kind, subject.ref)).toMatchObject({ state: 'linked', target: { id: entered.id } })
}, 60_000)

test('a customer of the target that another one was linked to meanwhile is a failure, not a second link to it', async () => {
  const kind = kindOf('conflict')
  const target = openTarget('answers with the one it has')
  target.add(null, 'Same name')
  const [first, second] = ['a', 'b'].map((id) => ({
    ref: { connection: 'crm', object: 'customer', id },
    fields: { name: 'Same name' },
  }))
  if (first === undefined || second === undefined) throw new Error('no customers')
  const late = openWorker(target, kind, first)
  // It has looked and found the customer of nobody; the link is not stored yet.
  await late.until(5)
  const early = openWorker(target, kind, second)
  void early.until(1000)
  expect(await early.done).toMatchObject({ ok: true, how: 'adopted' })
  void late.until(1000)
  expect(await late.done).toMatchObject({ ok: false, failure: { problem: { kind: 'customer_ambiguous' } } })
  expect(await linkOf(kind, first.ref)).toMatchObject({ state: 'intended', target: { id: null } })
}, 60_000)

test('a create that is answered with a customer of another is a failure for customers as for orders', async () => {
  for (const shared of [true, false]) {
    const kind = { ...kindOf(`taken-${shared}`), shared }
    const target = openTarget('answers with the one it has')
    const [owner, other] = ['a', 'b'].map((id) => customerOf(`${id}-${shared}`))
    if (owner === undefined || other === undefined) throw new Error('no customers')
    const first = openWorker(target, kind, owner)
    void first.until(1000)
    expect(await first.done).toMatchObject({ ok: true, how: 'created', id: 'c1' })
    // As if the target had given the new one's key to that customer already.
    const answering = { ...target, create: async () => ({ ok: true as const, id: 'c1' }) }
    const second = openWorker(answering, kind, other)
    void second.until(1000)
    expect(await second.done).toMatchObject({ ok: false, failure: { message: 'c1 is taken' } })
    expect(await linkOf(kind, owner.ref)).toMatchObject({ state: 'linked', target: { id: 'c1' } })
    expect(await linkOf(kind, other.ref)).toMatchObject({ state: 'sent', target: { id: null } })
  }
}, 60_000)
