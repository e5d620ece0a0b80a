import { type Failure, failureOf, type Problem, SyncError, verdictOf } from '../../core/problem.ts'
import { shift, toMillis } from '../../core/time.ts'
import type { Lane } from '../../ports/http.ts'
import type { Claim } from '../../ports/ledger/inbox.ts'
import { type Batch, laneOf, openBatch } from '../bench/batch.ts'
import { openBench } from '../bench/bench.ts'
import { causeKeyOf } from '../bench/cause.ts'
import type { Deps } from '../bench/deps.ts'
import { claimBatch, keepLease, LeaseLost } from '../bench/lease.ts'
import { type Lookups, openLookups } from '../bench/lookups.ts'
import { together } from '../bench/together.ts'
import type { Sync } from '../flows/flow.ts'

// While one batch waits for one system, another keeps the other system busy.
const sideBySide = 2

/** What the HTTP client does not wait for itself. */
const longWaitMs = 30_000

export interface Delivery {
  /** Records that were worked on. */
  readonly records: number
  /** Outcomes by name, added up. */
  readonly counts: Readonly<Record<string, number>>
  /** Why it stopped before the inbox was empty; null when it did not. */
  readonly stopped: Failure | null
}

/** @param told  records that were put into the inbox of the fed sync */
type Progress = (records: number, counts: Readonly<Record<string, number>>, told: number) => Promise<void> | void

/**
 * Delivers what is due in a sync's inbox, batch by batch, until nothing is left or the sync must wait.
 * @param options.progress  told after each batch: records so far, and of the batch its counts and what it fed
 * @param options.outdated  whether another sync took the place of this one: then it ends after the batch in hand
 */
export async function deliver(
  sync: Sync,
  deps: Deps,
  options: { signal?: AbortSignal; progress?: Progress; outdated?: () => Promise<boolean> } = {},
): Promise<Delivery> {
  const counts: Record<string, number> = {}
  let records = 0
  let stopped: Failure | null = null
  const lookups = openLookups(sync.target, deps.clock)
  // One claim after the other: two at the same moment would share the due rows, and two half batches cost twice the calls of one.
  let turn: Promise<unknown> = Promise.resolve()
  function claim(): Promise<readonly Claim[]> {
    const own = turn.then(() => claimBatch(sync.name, sync.config.batch, deps))
    turn = own.catch(() => null)
    return own
  }
  async function loop(): Promise<void> {
    while (options.signal?.aborted !== true && stopped === null) {
      if ((await options.outdated?.()) === true) return
      const paused = await sync.source.paused()
      if (paused !== null && !sync.worksWithoutSource) stopped = paused
      stopped ??= await blockedBecause(sync, deps)
      if (stopped !== null) return
      const claims = await claim()
      if (claims.length === 0) {
        stopped ??= paused
        return
      }
      const outcome = await deliverBatch(sync, claims, lookups, deps)
      records += claims.length
      for (const [name, count] of Object.entries(outcome.counts)) counts[name] = (counts[name] ?? 0) + count
      stopped ??= outcome.stopped
      await options.progress?.(records, outcome.counts, outcome.told)
    }
  }
  await together(Array.from({ length: sideBySide }, loop))
  return { records, counts, stopped }
}

/** Null when the sync may work, as far as its source lets it. */
async function blockedBecause(sync: Sync, deps: Deps): Promise<Failure | null> {
  const paused = await sync.target.paused()
  if (paused !== null) return paused
  const state = await deps.ledger.syncs.get(sync.name, deps.clock.now())
  if (state.heldBecause === null) return null
  return {
    problem: { kind: 'configuration_invalid', path: sync.name },
    message: state.heldBecause,
    fix: `See \`crosswalk problems\`, then \`crosswalk run ${sync.name}\` to continue.`,
  }
}

async function deliverBatch(
  sync: Sync,
  claims: readonly Claim[],
  lookups: Lookups,
  deps: Deps,
): Promise<{ counts: Record<string, number>; told: number; stopped: Failure | null }> {
  const lease = keepLease(claims, deps)
  // It starts while records are read.
  deps.evaluator.prepare()
  const batch = openBatch({ sync: sync.name, feeds: sync.feeds, claims }, deps)
  let stopped: Failure | null = null
  try {
    const state = await deps.ledger.syncs.get(sync.name, deps.clock.now())
    const bench = openBench(
      {
        mode: sync.config.mode,
        batch,
        state,
        scope: { lane: laneOf(claims), mayWrite: true },
        source: sync.source,
        sourcePausedMs: await pausedMs(sync, deps),
        target: sync.target,
        lookups,
        stillMine: lease.stillMine,
        planned: () => undefined,
        async guard(wanted, how) {
          const refused = await askGuard(sync, wanted, how, deps)
          stopped = refused ?? stopped
          return refused
        },
      },
      deps,
    )
    await sync.deliver(bench)
    const limited = limitedBy(batch, claims)
    if (limited !== null) {
      await waitForQuota(sync, laneOf(claims), limited.problem, deps)
      stopped ??= limited
    }
  } catch (error) {
    if (error instanceof LeaseLost) return { counts: {}, told: 0, stopped: null }
    if (!(error instanceof SyncError)) throw error
    stopped = await stop(sync, claims, error, batch.open().length, deps)
    for (const ref of batch.open()) batch.fail(ref, failureOf(error))
  } finally {
    await lease.end()
  }
  const { counts, told } = await batch.commit()
  const shares = sharesByRun(claims, counts)
  for (const [run, share] of shares) await deps.ledger.runs.count(run, share)
  if (stopped !== null) stopped = await tellWait(sync, claims, stopped, deps)
  if (shares.length === 0 && Object.keys(counts).some((name) => !idle.has(name))) await tellFed(sync, counts, deps)
  return { counts, told, stopped }
}

/** For how long the source of a sync that can do without is not to be asked. */
async function pausedMs({ source, worksWithoutSource }: Sync, { ledger, clock }: Deps): Promise<number | null> {
  if (!worksWithoutSource || (await source.paused()) === null) return null
  const { pausedUntil } = await ledger.connections.get(source.name)
  return pausedUntil === null ? null : Math.max(1, toMillis(pausedUntil) - toMillis(clock.now()))
}

/** A call failed as a whole: records without an outcome wait, and the verdict on the problem's kind is carried out. */
async function stop(
  sync: Sync,
  claims: readonly Claim[],
  error: SyncError,
  records: number,
  deps: Deps,
): Promise<Failure | null> {
  const failure = failureOf(error)
  deps.log.warn('batch stopped', { sync: sync.name, kind: error.problem.kind, why: error.message, records })
  const verdict = verdictOf(error.problem)
  switch (verdict.do) {
    case 'hold_sync':
      await deps.ledger.syncs.set(sync.name, { heldBecause: error.message })
      await deps.ledger.problems.raise([{ sync: sync.name, causeKey: causeKeyOf(failure, ''), failure, records: [] }])
      return failure
    case 'pause_connection':
      return failure
    case 'park_record':
    case 'look_before_retry':
      return null
    case 'retry':
      await waitForQuota(sync, laneOf(claims), error.problem, deps)
      return error.problem.kind === 'unavailable' || error.problem.kind === 'rate_limited' ? failure : null
  }
}

/** The quota that some of the records have to wait for, longer than a call waits. */
function limitedBy(batch: Batch, claims: readonly Claim[]): Failure | null {
  for (const { ref } of claims) {
    const outcome = batch.outcomeOf(ref)
    if (outcome === null || !('failed' in outcome)) continue
    const { problem } = outcome.failed
    if (problem.kind === 'rate_limited' && problem.retryAfterMs > longWaitMs) return outcome.failed
  }
  return null
}

/** What used up its share of a quota leaves the rest to live work: only its lane waits. Live work pauses the connection. */
async function waitForQuota(sync: Sync, lane: Lane, problem: Problem, { ledger }: Deps): Promise<void> {
  if (problem.kind !== 'rate_limited' || problem.connection === undefined || lane === 'live') return
  await ledger.quotas.wait(sync.name, lane, { connection: problem.connection, afterMs: problem.retryAfterMs })
}

/** Says of the runs, and to who started this one, how many records wait for a quota and until when. */
async function tellWait(sync: Sync, claims: readonly Claim[], stopped: Failure, deps: Deps): Promise<Failure> {
  const { ledger, clock } = deps
  const { problem } = stopped
  if (problem.kind !== 'rate_limited' || problem.connection === undefined) return stopped
  const lane = laneOf(claims)
  const until = shift(clock.now(), problem.retryAfterMs)
  const behind = (await ledger.quotas.waits()).find((one) => one.sync === sync.name && one.lane === lane)
  const { due = 0, later = 0 } = (await ledger.inbox.counts()).find((one) => one.sync === sync.name) ?? {}
  const records = behind?.records ?? due + later
  const wait = records === 1 ? '1 record waits' : `${records} records wait`
  const reason = `${stopped.message}. ${wait} for the quota of connection "${problem.connection}" until ${until}, and ${records === 1 ? 'goes' : 'go'} on without anybody's help.`
  const runs = new Set(claims.flatMap(({ run }) => run ?? []))
  await ledger.runs.wait([...runs], { reason, until, now: clock.now() })
  return { ...stopped, message: reason }
}

async function askGuard(sync: Sync, wanted: number, how: 'ask' | 'take', deps: Deps): Promise<Failure | null> {
  const { guard } = sync
  if (guard === null) return null
  const { name } = sync
  const now = deps.clock.now()
  const taken = how === 'take' ? wanted : 0
  const { granted, used } = await deps.ledger.syncs.takeAllowance(name, taken, guard.perHour, now)
  const { extraOrders } = await deps.ledger.syncs.get(name, now)
  const enough = how === 'take' ? granted : used + wanted <= Math.max(guard.perHour, used) + extraOrders
  if (enough) return null
  const failure: Failure = {
    problem: { kind: 'guard_tripped', allowed: guard.perHour, wanted },
    message: `Sync "${name}" was about to create ${wanted} new orders; ${used} were created in the last hour, and ${guard.perHour} an hour are allowed. None was created.`,
    fix: `Check some of them with \`crosswalk preview deal <id>\`. If they are right: \`crosswalk run ${name} --allow ${wanted}\`, or raise guard.orders_per_hour.`,
  }
  await deps.ledger.syncs.set(name, { heldBecause: failure.message })
  await deps.ledger.problems.raise([{ sync: name, causeKey: causeKeyOf(failure, ''), failure, records: [] }])
  deps.log.warn('guard tripped', { sync: name, wanted, used, allowed: guard.perHour })
  return failure
}

/** Outcomes that change nothing anywhere. */
const idle: ReadonlySet<string> = new Set(['unchanged', 'left_out', 'deferred'])
/** What another sync feeds comes in small portions: those of a minute are one run. */
const fedRunMs = 60_000

/** What no look for changes found: records that another sync fed. */
async function tellFed(sync: Sync, counts: Record<string, number>, { ledger, clock }: Deps): Promise<void> {
  const run = await ledger.runs.join(sync.name, 'scheduled', clock.now(), fedRunMs)
  await ledger.runs.count(run, counts)
  await ledger.runs.finish(run, { state: 'done', reason: null, now: clock.now() })
}

/** A batch may hold records of several runs; its counts go to the run that most of them belong to. */
function sharesByRun(claims: readonly Claim[], counts: Record<string, number>): [string, Record<string, number>][] {
  const runs = new Map<string, number>()
  for (const claim of claims) if (claim.run !== null) runs.set(claim.run, (runs.get(claim.run) ?? 0) + 1)
  const most = [...runs].sort((a, b) => b[1] - a[1])[0]
  return most === undefined ? [] : [[most[0], counts]]
}
