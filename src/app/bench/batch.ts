import type { Json } from '../../core/json.ts'
import { type Failure, verdictOf } from '../../core/problem.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Claim } from '../../ports/ledger/inbox.ts'
import type { Ledger } from '../../ports/ledger/ledger.ts'
import type { LinkUpdate } from '../../ports/ledger/links.ts'
import type { TimelineEntry } from '../../ports/ledger/timeline.ts'
import { causeKeyOf } from './cause.ts'
import { together } from './together.ts'

/** Deferrals after which a passing failure is shown to a person as well. */
const patience = 4
const backoffMs = (attempts: number) => Math.min(10 * 60_000, 1_000 * 2 ** Math.min(attempts, 10))

/** Name of the count of orders that were created, beside the outcomes of records. */
export const ordersMade = 'orders made'

/** What became of the records of one batch, gathered until it is committed in one transaction. */
export interface Batch {
  readonly claims: readonly Claim[]
  /** The record is as it should be, or is none of ours. `count` names the outcome in the run's counts. */
  settle(recordId: string, count: string): void
  /** Waits for a person, for the system, or for a second look, as the failure's kind says. */
  fail(recordId: string, failure: Failure): void
  /** Again later, without a failure of its own. */
  defer(recordId: string, afterMs: number): void
  /** Counts something beside the outcomes. */
  tally(name: string, count: number): void
  note(recordId: string, event: string, text: string, details?: Json): void
  /**
   * Stores what was noted and linked so far: facts that stay true whatever becomes of the batch, while a system is waited
   * for. The outcomes of records are stored at the end, together.
   */
  store(): Promise<void>
  link(update: LinkUpdate): void
  /** Has the record's state written back to the CRM. */
  report(recordId: string): void
  /** Records without an outcome yet. */
  open(): readonly string[]
}

interface Options {
  readonly sync: string
  /** The sync that writes back, null when there is none. */
  readonly reportSync: string | null
  readonly claims: readonly Claim[]
}

export function openBatch(
  options: Options,
  deps: { ledger: Ledger; clock: Clock },
): Batch & {
  /** Writes everything down. @returns what was counted, how many records wait on a problem, and what was reported */
  commit(): Promise<{ counts: Record<string, number>; reported: number }>
} {
  const { sync, claims } = options
  const byId = new Map(claims.map((claim) => [claim.recordId, claim]))
  const done = new Map<string, string>()
  const failures = new Map<string, Failure>()
  const later = new Map<string, number>()
  const entries: TimelineEntry[] = []
  const updates = new Map<string, LinkUpdate>()
  const reports = new Set<string>()
  const tallies: Record<string, number> = {}
  const entryOf = (recordId: string, event: string, text: string, details: Json): TimelineEntry => ({
    sync,
    recordId,
    at: deps.clock.now(),
    event,
    text,
    details,
  })
  return {
    claims,
    note: (recordId, event, text, details = null) => void entries.push(entryOf(recordId, event, text, details)),
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
    settle: (recordId, count) => void done.set(recordId, count),
    fail(recordId, failure) {
      const verdict = verdictOf(failure.problem)
      const attempts = byId.get(recordId)?.attempts ?? 0
      if (verdict.do === 'park_record') {
        failures.set(recordId, failure)
        done.set(recordId, 'problems')
        return
      }
      if (attempts >= patience) failures.set(recordId, failure)
      later.set(recordId, verdict.do === 'retry' && verdict.afterMs !== null ? verdict.afterMs : backoffMs(attempts))
    },
    defer: (recordId, afterMs) => void later.set(recordId, afterMs),
    link: (update) => void updates.set(update.id, { ...updates.get(update.id), ...update }),
    report: (recordId) => void reports.add(recordId),
    open: () => claims.map((claim) => claim.recordId).filter((id) => !done.has(id) && !later.has(id)),
    async commit() {
      const counts: Record<string, number> = { ...tallies }
      for (const count of done.values()) counts[count] = (counts[count] ?? 0) + 1
      const settled = claims.filter((claim) => done.has(claim.recordId))
      const healthy = settled.map((claim) => claim.recordId).filter((id) => !failures.has(id))
      const waits = new Map<number, Claim[]>()
      for (const claim of claims) {
        if (done.has(claim.recordId)) continue
        const afterMs = later.get(claim.recordId) ?? backoffMs(claim.attempts)
        waits.set(afterMs, [...(waits.get(afterMs) ?? []), claim])
        counts.deferred = (counts.deferred ?? 0) + 1
      }
      const reported = await deps.ledger.inTransaction(async (ledger) => {
        if (updates.size > 0) await ledger.links.update([...updates.values()])
        const before = await ledger.problems.ofRecords(
          sync,
          claims.map((claim) => claim.recordId),
        )
        const told = new Set(reports)
        const noted = [...entries]
        const tell = (recordId: string, event: string, text: string, details: Json = null) => {
          noted.push(entryOf(recordId, event, text, details))
          told.add(recordId)
        }
        for (const [recordId, failure] of failures) {
          if (before.get(recordId)?.message === failure.message) continue
          tell(recordId, 'problem', failure.message, { kind: failure.problem.kind, fix: failure.fix })
        }
        if (failures.size > 0) {
          await ledger.problems.raise(
            [...failures].map(([recordId, failure]) => ({
              sync,
              causeKey: causeKeyOf(failure, recordId),
              failure,
              recordIds: [recordId],
            })),
          )
        }
        const mended = before.size === 0 ? [] : await ledger.problems.clear(sync, healthy)
        for (const recordId of mended) tell(recordId, 'mended', 'The problem is gone')
        if (noted.length > 0) await ledger.timeline.add(noted)
        if (options.reportSync !== null && told.size > 0) {
          const lane = claims.some((claim) => claim.lane === 'live') ? 'live' : (claims[0]?.lane ?? 'live')
          await ledger.inbox.add(options.reportSync, [...told], { lane })
        }
        if (settled.length > 0) await ledger.inbox.settle(settled)
        for (const [afterMs, group] of waits) await ledger.inbox.defer(group, afterMs)
        return options.reportSync === null ? 0 : told.size
      })
      return { counts, reported }
    },
  }
}
