import { type Failure, failureOf, SyncError, verdictOf } from '../../core/problem.ts'
import type { Claim } from '../../ports/ledger/inbox.ts'
import { openBatch } from '../bench/batch.ts'
import { causeKeyOf } from '../bench/cause.ts'
import type { Deps } from '../bench/deps.ts'
import { shareAnswers } from '../bench/expressions.ts'
import { type Lookups, openLookups } from '../bench/lookups.ts'
import { deliverReports } from '../flows/fulfilment/deliver.ts'
import { deliverOrders, LeaseLost } from '../flows/orders/deliver.ts'
import type { Sync } from '../flows/sync.ts'

const leaseMs = 60_000
// While one batch waits for an answer of one system, another keeps the other system busy.
const sideBySide = 2

export interface Delivery {
  /** Records that were worked on. */
  readonly records: number
  /** Outcomes by name, added up. */
  readonly counts: Readonly<Record<string, number>>
  /** Why it stopped before the inbox was empty; null when it did not. */
  readonly stopped: Failure | null
}

/**
 * Works off what is due in a sync's inbox, batch by batch, until nothing is left or the sync must wait.
 * @param progress  told after each batch: records so far, and of the batch its counts and the write-backs it made due
 */
export async function deliver(
  sync: Sync,
  deps: Deps,
  options: {
    signal?: AbortSignal
    progress?: (records: number, counts: Readonly<Record<string, number>>, reported: number) => Promise<void> | void
  } = {},
): Promise<Delivery> {
  const counts: Record<string, number> = {}
  let records = 0
  let stopped: Failure | null = null
  const lookups = openLookups(sync.target, deps.clock)
  // Two claims at the same moment would share what waits between them: two half batches cost twice the calls of one.
  let turn: Promise<unknown> = Promise.resolve()
  function claim(): Promise<readonly Claim[]> {
    const own = turn.then(() =>
      deps.ledger.inbox.claim(sync.name, { max: sync.config.batch, worker: deps.worker, leaseMs }),
    )
    turn = own.catch(() => null)
    return own
  }
  async function loop(): Promise<void> {
    while (options.signal?.aborted !== true && stopped === null) {
      stopped = await blockedBecause(sync, deps)
      if (stopped !== null) return
      const claims = await claim()
      if (claims.length === 0) return
      const outcome = await deliverBatch(sync, claims, lookups, deps)
      records += claims.length
      for (const [name, count] of Object.entries(outcome.counts)) counts[name] = (counts[name] ?? 0) + count
      stopped ??= outcome.stopped
      await options.progress?.(records, outcome.counts, outcome.reported)
    }
  }
  await Promise.all(Array.from({ length: sideBySide }, loop))
  return { records, counts, stopped }
}

/** Null when the sync may work. */
async function blockedBecause(sync: Sync, deps: Deps): Promise<Failure | null> {
  const paused = (await sync.source.paused()) ?? (await sync.target.paused())
  if (paused !== null) return paused
  const state = await deps.ledger.syncs.get(sync.name, deps.clock.now())
  if (state.heldBecause === null) return null
  return {
    problem: { kind: 'configuration_invalid', path: sync.name },
    message: state.heldBecause,
    fix: `See \`crosswalk problems\`, then \`crosswalk run ${sync.name}\` to go on.`,
  }
}

async function deliverBatch(
  sync: Sync,
  claims: readonly Claim[],
  lookups: Lookups,
  deps: Deps,
): Promise<{ counts: Record<string, number>; reported: number; stopped: Failure | null }> {
  let mine = true
  const heart = new AbortController()
  const beating = beat(claims, deps, heart.signal, () => {
    mine = false
  })
  const stillMine = () => {
    if (!mine) throw new LeaseLost('another worker took the batch over')
  }
  const batch = openBatch(
    { sync: sync.name, reportSync: sync.document === 'deal' ? sync.reportSync : null, claims },
    deps,
  )
  const shared = { ...deps, evaluator: shareAnswers(deps.evaluator) }
  let stopped: Failure | null = null
  try {
    const state = await deps.ledger.syncs.get(sync.name, deps.clock.now())
    const shadow = sync.config.mode === 'shadow'
    if (sync.document === 'deal') {
      const guard = async (wanted: number) => {
        const refused = await askGuard(sync.name, sync.config.guard.orders_per_hour, wanted, deps)
        stopped = refused ?? stopped
        return refused
      }
      const since = sync.config.since ?? state.enabledAt
      await deliverOrders(sync, batch, { since, shadow, lookups, guard, stillMine }, shared)
    } else {
      await deliverReports(sync, batch, { shadow, lookups, stillMine }, shared)
    }
  } catch (error) {
    if (error instanceof LeaseLost) return { counts: {}, reported: 0, stopped: null }
    if (!(error instanceof SyncError)) throw error
    stopped = await stop(sync, error, batch.open(), batch.fail, deps)
  } finally {
    heart.abort()
    await beating
  }
  const { counts, reported } = await batch.commit()
  for (const [run, share] of sharesByRun(claims, counts)) await deps.ledger.runs.count(run, share)
  return { counts, reported, stopped }
}

/** Keeps the leases while the batch is in work. */
async function beat(claims: readonly Claim[], deps: Deps, signal: AbortSignal, lost: () => void): Promise<void> {
  while (!signal.aborted) {
    await deps.clock.sleep(leaseMs / 3, signal)
    if (signal.aborted) return
    if (!(await deps.ledger.inbox.renew(claims, leaseMs))) return lost()
  }
}

/** A whole call failed: what has no outcome yet waits, and what the kind asks for is done. */
async function stop(
  sync: Sync,
  error: SyncError,
  open: readonly string[],
  fail: (recordId: string, failure: Failure) => void,
  deps: Deps,
): Promise<Failure | null> {
  const failure = failureOf(error)
  deps.log.warn('batch stopped', {
    sync: sync.name,
    kind: error.problem.kind,
    why: error.message,
    records: open.length,
  })
  const verdict = verdictOf(error.problem)
  switch (verdict.do) {
    case 'hold_sync':
      await deps.ledger.syncs.set(sync.name, { heldBecause: error.message })
      await deps.ledger.problems.raise([{ sync: sync.name, causeKey: causeKeyOf(failure, ''), failure, recordIds: [] }])
      return failure
    case 'pause_connection':
      return failure
    case 'park_record':
    case 'look_before_retry':
      for (const id of open) fail(id, failure)
      return null
    case 'retry':
      return error.problem.kind === 'unavailable' || error.problem.kind === 'rate_limited' ? failure : null
  }
}

async function askGuard(sync: string, perHour: number, wanted: number, deps: Deps): Promise<Failure | null> {
  const { granted, used } = await deps.ledger.syncs.takeAllowance(sync, wanted, perHour, deps.clock.now())
  if (granted) return null
  const failure: Failure = {
    problem: { kind: 'guard_tripped', allowed: perHour, wanted },
    message: `Sync "${sync}" is about to make ${wanted} new orders; ${used} were made in the last hour and ${perHour} an hour are allowed. None of them was made.`,
    fix: `Look at them with \`crosswalk preview deal <id>\`. If they are right: \`crosswalk run ${sync} --allow ${wanted}\`, or raise guard.orders_per_hour.`,
  }
  await deps.ledger.syncs.set(sync, { heldBecause: failure.message })
  await deps.ledger.problems.raise([{ sync, causeKey: causeKeyOf(failure, ''), failure, recordIds: [] }])
  deps.log.warn('guard tripped', { sync, wanted, used, allowed: perHour })
  return failure
}

/** A batch may hold records of several runs; its counts are given to the run that most of them belong to. */
function sharesByRun(claims: readonly Claim[], counts: Record<string, number>): [string, Record<string, number>][] {
  const runs = new Map<string, number>()
  for (const claim of claims) if (claim.run !== null) runs.set(claim.run, (runs.get(claim.run) ?? 0) + 1)
  const most = [...runs].sort((a, b) => b[1] - a[1])[0]
  return most === undefined ? [] : [[most[0], counts]]
}
