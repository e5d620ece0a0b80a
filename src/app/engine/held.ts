import { type Failure, SyncError, verdictOf } from '../../core/problem.ts'
import { type RecordRef, refText } from '../../core/ref.ts'
import { type Instant, shift } from '../../core/time.ts'
import { causeKeyOf } from '../bench/cause.ts'
import type { Deps } from '../bench/deps.ts'
import { connectionCause } from '../bench/endpoint.ts'
import type { DealCases, Sync } from '../flows/flow.ts'
import { isNotStarted } from './start.ts'

/** A restart of the other system is over before that, and need not be written onto every deal. */
const patienceMs = 60_000
const recordsMax = 10_000

/** Those of no concern are not read again as long as this, however long the ERP is down. */
const passedOverMs = 600_000

/**
 * Has the deals that wait say why, when it is not they but their sync or the target that is stopped. Their problem is over once
 * they are delivered.
 * @param passedOver  what this process remembers of deals that are of no concern, until when
 * @returns how many deals have it from now on
 */
export async function tellHeld(sync: Sync, passedOver: Map<string, Instant>, deps: Deps): Promise<number> {
  const { deals, feeds } = sync
  if (sync.config.mode !== 'live' || deals === null || feeds === null) return 0
  const failure = await holdsBack(sync, deps)
  if (failure === null || (await sync.source.paused()) !== null) return 0
  const now = deps.clock.now()
  for (const [name, until] of passedOver) if (until <= now) passedOver.delete(name)
  const waiting = (await silent(sync, await deps.ledger.inbox.waiting(sync.name, recordsMax), deps)).filter(
    (ref) => !passedOver.has(refText(ref)),
  )
  const concerned = new Set((await concernedOf(deals, waiting, deps)).map(refText))
  for (const ref of waiting) if (!concerned.has(refText(ref))) passedOver.set(refText(ref), shift(now, passedOverMs))
  if (concerned.size === 0) return 0
  const { message, problem, fix } = failure
  return deps.ledger.inTransaction(async (ledger) => {
    // Who delivers one of them from now on finds the problem, and clears it; those in work are left out.
    const still = (await ledger.inbox.waiting(sync.name, recordsMax)).filter((ref) => concerned.has(refText(ref)))
    if (still.length === 0) return 0
    await ledger.problems.raise([{ sync: sync.name, causeKey: causeKeyOf(failure, ''), failure, records: still }])
    const at = deps.clock.now()
    const entry = {
      sync: sync.name,
      at,
      event: 'problem',
      text: message,
      details: { kind: problem.kind, fix },
      actor: null,
    }
    await ledger.timeline.add(still.map((ref) => ({ ...entry, ref })))
    await ledger.inbox.add(feeds, still, { lane: 'live' })
    return still.length
  })
}

/** Why nothing of the sync is delivered, for longer than a moment; null while it is, or when a person holds it. */
async function holdsBack({ name, target }: Sync, { ledger, clock }: Deps): Promise<Failure | null> {
  const problems = await ledger.problems.whole([name, connectionCause(target.name)])
  if (problems.length === 0) return null
  const since = shift(clock.now(), -patienceMs)
  const { pausedBecause } = await ledger.connections.get(target.name)
  const { heldBecause } = await ledger.syncs.peek(name, clock.now())
  const found = problems.find((one) => {
    if (one.firstSeen > since) return false
    return one.sync === name
      ? heldBecause !== null && verdictOf(one.failure.problem).do === 'hold_sync' && !isNotStarted(one)
      : pausedBecause !== null && one.causeKey === pausedBecause.problem.kind
  })
  return found?.failure ?? null
}

/** Those that wait on no problem of their own. */
async function silent({ name }: Sync, refs: readonly RecordRef[], { ledger }: Deps): Promise<readonly RecordRef[]> {
  const known = await ledger.problems.ofRecords(name, refs)
  return refs.filter((ref) => !known.has(refText(ref)))
}

/** None when the source does not answer: nothing could be written there either. */
async function concernedOf(deals: DealCases, refs: readonly RecordRef[], deps: Deps): Promise<readonly RecordRef[]> {
  if (refs.length === 0) return []
  try {
    return await deals.concerned(refs, deps)
  } catch (error) {
    if (!(error instanceof SyncError)) throw error
    deps.log.warn('detection stopped', { kind: error.problem.kind, why: error.message })
    return []
  }
}
