import type { Json } from '../../core/json.ts'
import { bounded, type Failure, verdictOf } from '../../core/problem.ts'
import { type RecordRef, refText } from '../../core/ref.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Lane } from '../../ports/http.ts'
import type { Claim } from '../../ports/ledger/inbox.ts'
import type { Ledger } from '../../ports/ledger/ledger.ts'
import type { LinkUpdate } from '../../ports/ledger/links.ts'
import type { TimelineEntry } from '../../ports/ledger/timeline.ts'
import { causeKeyOf } from './cause.ts'
import type { Done, Outcome } from './outcome.ts'
import { together } from './together.ts'

/** Deferrals after which a transient failure is shown as a problem, too. */
const patience = 4
/** Exponential back-off. A write that may have been carried out is looked up sooner: that is cheap and settles it. */
const backoffMs = (attempts: number, firstMs = 1_000) => Math.min(10 * 60_000, firstMs * 2 ** Math.min(attempts, 10))
const lookFirstMs = 100

/** Name of the count of records that were created in the target, beside the outcomes. */
export const madeCount = 'made'

/** The outcomes of one batch, collected until they are committed in one transaction. */
export interface Batch {
  readonly claims: readonly Claim[]
  /** Gives a record its outcome; a later success does not replace a failure. */
  settle(ref: RecordRef, outcome: Outcome): void
  done(ref: RecordRef, done: Done): void
  fail(ref: RecordRef, failure: Failure): void
  /** Counts something beside the outcomes. */
  tally(name: string, count: number): void
  note(ref: RecordRef, event: string, text: string, details?: Json): void
  /**
   * Stores the notes and link updates so far, while a system is waited for: facts that stay true even if the batch fails. The
   * outcomes of records are committed together at the end.
   */
  store(): Promise<void>
  link(update: LinkUpdate): void
  /** Puts the record into the inbox of the fed sync, at commit. */
  tell(ref: RecordRef): void
  /** Puts the record into the inbox of a sync that has to look at it, at commit; its own, to be delivered once more. */
  ask(sync: string, ref: RecordRef): void
  /** Records without an outcome yet. */
  open(): readonly RecordRef[]
  /** Null while it has none. */
  outcomeOf(ref: RecordRef): Outcome | null
}

interface Options {
  readonly sync: string
  /** The sync that continues from this one, null when there is none. */
  readonly feeds: string | null
  readonly claims: readonly Claim[]
}

export interface OpenBatch extends Batch {
  /**
   * Commits everything. @returns the counts, and how many records the fed sync was told of
   * @throws Error when a claim has no outcome: a fault of ours, which must not pass for a deferral
   */
  commit(): Promise<{ counts: Record<string, number>; told: number }>
}

export function openBatch(options: Options, deps: { ledger: Ledger; clock: Clock }): OpenBatch {
  const { sync, claims } = options
  const byText = new Map(claims.map((claim) => [refText(claim.ref), claim]))
  const outcomes = new Map<string, Outcome>()
  const entries: TimelineEntry[] = []
  const updates = new Map<string, LinkUpdate>()
  const told = new Map<string, RecordRef>()
  const asked = new Map<string, { readonly of: string; readonly ref: RecordRef }>()
  const tallies: Record<string, number> = {}
  const entryOf = (ref: RecordRef, event: string, text: string, details: Json): TimelineEntry => ({
    sync,
    ref,
    at: deps.clock.now(),
    event,
    text,
    details,
    actor: null,
  })
  const settle = (ref: RecordRef, outcome: Outcome) => {
    const name = refText(ref)
    if (!byText.has(name)) throw new Error(`${name} got an outcome and is not in this batch`)
    const before = outcomes.get(name)
    if (before !== undefined && 'failed' in before && !('failed' in outcome)) return
    outcomes.set(name, 'failed' in outcome ? { failed: bounded(outcome.failed) } : outcome)
  }
  const batch: OpenBatch = {
    claims,
    settle,
    done: (ref, done) => settle(ref, { done }),
    fail: (ref, failed) => settle(ref, { failed }),
    note: (ref, event, text, details = null) => void entries.push(entryOf(ref, event, text, details)),
    async store() {
      const changed = [...updates.values()]
      updates.clear()
      const noted = entries.splice(0)
      await together([
        changed.length > 0 ? deps.ledger.links.update(changed) : Promise.resolve(),
        noted.length > 0 ? deps.ledger.timeline.add(noted) : Promise.resolve(),
      ])
    },
    tally(name, count) {
      tallies[name] = (tallies[name] ?? 0) + count
    },
    link(update) {
      const before = updates.get(update.id)
      updates.set(update.id, before === undefined ? update : merged(before, update))
    },
    tell: (ref) => void told.set(refText(ref), ref),
    ask: (of, ref) => void asked.set(`${of} ${refText(ref)}`, { of, ref }),
    open: () => claims.map((claim) => claim.ref).filter((ref) => !outcomes.has(refText(ref))),
    outcomeOf: (ref) => outcomes.get(refText(ref)) ?? null,
    async commit() {
      const sorted = sort(claims, outcomes)
      const counts: Record<string, number> = { ...tallies, ...sorted.counts }
      const { settled, parked, shown, waits } = sorted
      const count = await deps.ledger.inTransaction(async (ledger) => {
        if (updates.size > 0) await ledger.links.update([...updates.values()])
        const refs = claims.map((claim) => claim.ref)
        const before = await ledger.problems.ofRecords(sync, refs)
        const telling = new Map(told)
        const noted = [...entries]
        const tell = (ref: RecordRef, event: string, text: string, details: Json = null) => {
          noted.push(entryOf(ref, event, text, details))
          telling.set(refText(ref), ref)
        }
        for (const { ref, failure } of shown) {
          if (before.get(refText(ref))?.message === failure.message) continue
          tell(ref, 'problem', failure.message, { kind: failure.problem.kind, fix: failure.fix })
        }
        if (shown.length > 0) {
          await ledger.problems.raise(
            shown.map(({ ref, failure }) => ({ sync, causeKey: causeKeyOf(failure, ref.id), failure, records: [ref] })),
          )
        }
        const healthy = settled.filter((claim) => !parked.has(claim)).map((claim) => claim.ref)
        const mended = before.size === 0 ? [] : await ledger.problems.clear(sync, healthy)
        for (const ref of mended) tell(ref, 'mended', 'The problem is solved')
        if (noted.length > 0) await ledger.timeline.add(noted)
        if (options.feeds !== null && telling.size > 0) {
          await ledger.inbox.add(options.feeds, [...telling.values()], { lane: laneOf(claims) })
        }
        for (const [of, group] of Map.groupBy(asked.values(), (one) => one.of)) {
          await ledger.inbox.add(
            of,
            group.map((one) => one.ref),
            { lane: laneOf(claims) === 'backfill' ? 'backfill' : 'retry' },
          )
        }
        if (settled.length > 0) await ledger.inbox.settle(settled)
        for (const [afterMs, group] of waits) await ledger.inbox.defer(group, afterMs)
        for (const [afterMs, group] of sorted.later) await ledger.inbox.postpone(group, afterMs)
        return options.feeds === null ? 0 : telling.size
      })
      return { counts, told: count }
    },
  }
  return batch
}

/** A claim takes records of one lane. */
export const laneOf = (claims: readonly Claim[]): Lane => claims[0]?.lane ?? 'live'

/** Two updates of one link as one, the later on top. */
function merged(before: LinkUpdate, after: LinkUpdate): LinkUpdate {
  const source = { ...before.source, ...after.source }
  const target = { ...before.target, ...after.target }
  return { ...before, ...after, source, target }
}

interface Sorted {
  readonly counts: Record<string, number>
  /** Claims that are done for now, those of them that are parked, and the failures to be shown. */
  readonly settled: Claim[]
  readonly parked: Set<Claim>
  readonly shown: { readonly ref: RecordRef; readonly failure: Failure }[]
  /** Claims that are deferred, by milliseconds. */
  readonly waits: Map<number, Claim[]>
  /** Claims that nothing was attempted with, likewise. */
  readonly later: Map<number, Claim[]>
}

function sort(claims: readonly Claim[], outcomes: ReadonlyMap<string, Outcome>): Sorted {
  const sorted: Sorted = { counts: {}, settled: [], parked: new Set(), shown: [], waits: new Map(), later: new Map() }
  const add = (name: string) => {
    sorted.counts[name] = (sorted.counts[name] ?? 0) + 1
  }
  const wait = (claim: Claim, afterMs: number, among: Sorted['waits'] = sorted.waits) => {
    add('deferred')
    among.set(afterMs, [...(among.get(afterMs) ?? []), claim])
  }
  for (const claim of claims) {
    const { ref, attempts } = claim
    const outcome = outcomes.get(refText(ref))
    if (outcome === undefined) throw new Error(`${refText(ref)} of sync "${claim.sync}" was left without an outcome`)
    if ('done' in outcome) {
      add(outcome.done)
      sorted.settled.push(claim)
    } else if ('later' in outcome) wait(claim, outcome.later, sorted.later)
    else {
      const failure = outcome.failed
      const verdict = verdictOf(failure.problem)
      if (verdict.do === 'park_record') {
        add('problems')
        sorted.parked.add(claim)
        sorted.settled.push(claim)
        sorted.shown.push({ ref, failure })
        continue
      }
      if (attempts >= patience) sorted.shown.push({ ref, failure })
      const asked = verdict.do === 'retry' ? verdict.afterMs : null
      wait(claim, asked ?? backoffMs(attempts, verdict.do === 'look_before_retry' ? lookFirstMs : undefined))
    }
  }
  return sorted
}
