import { CronExpressionParser } from 'cron-parser'
import { problemTitles } from '../../core/problem.ts'
import { fromMillis, type Instant, shift, toMillis } from '../../core/time.ts'
import type { Condition } from '../../ports/alerts.ts'
import type { Ledger } from '../../ports/ledger/ledger.ts'
import type { KnownProblem } from '../../ports/ledger/problems.ts'
import { clockOff, connectionCause, loginEnds } from '../bench/endpoint.ts'
import type { SyncConfig } from '../flows/base.ts'
import { flowOf } from '../flows/catalogue.ts'
import { isMuted, todayIn } from '../problems/state.ts'
import { severityOf } from '../problems/worse.ts'
import type { Config } from '../project/config.ts'

export interface Conditions {
  readonly open: readonly Condition[]
  /** Subjects that follow from another one of these, and those that somebody muted. */
  readonly covered: ReadonlySet<string>
}

/** Everything that is open now and that a person should know of. */
export async function conditionsOf(config: Config, ledger: Ledger, now: Instant): Promise<Conditions> {
  const problems = await ledger.problems.list({ max: 10_000 })
  const stale: Condition[] = []
  const covered = new Set<string>()
  const troubled = new Set(problems.filter(stopsLooking).map((one) => one.sync))
  const names = Object.keys(config.syncs)
  const states = new Map((await ledger.syncs.peekAll(names, now)).map((state) => [state.sync, state]))
  for (const [name, sync] of Object.entries(config.syncs)) {
    const { lookedAt = null, enabledAt = now } = states.get(name) ?? {}
    const since = overdueSince(sync.schedule, lookedAt ?? enabledAt, config.alerts.stale_minutes, now)
    if (since === null) continue
    const condition = staleOf(name, sync, lookedAt, since)
    stale.push(condition)
    if (troubled.has(name) || troubled.has(connectionCause(sync.from))) covered.add(condition.subject)
  }
  const soon = shift(now, config.alerts.expiry_days * 86_400_000)
  const expiring = (await ledger.connections.expiring(soon)).filter(({ connection }) =>
    Object.hasOwn(config.connections, connection),
  )
  // That it ends and cannot be renewed is a problem already, which says what to do.
  const ending = new Set(problems.filter(({ causeKey }) => causeKey === loginEnds).map(({ sync }) => sync))
  for (const { connection } of expiring)
    if (ending.has(connectionCause(connection))) covered.add(subjectOfExpiring(connection))
  // That its deals wait follows from what the connection says already.
  const connections = new Set(problems.filter(stopsLooking).map(({ sync, kind }) => `${sync} ${kind}`))
  for (const { sync, causeKey, kind } of problems) {
    const target = Object.hasOwn(config.syncs, sync) ? config.syncs[sync]?.to : undefined
    if (target !== undefined && connections.has(`${connectionCause(target)} ${kind}`))
      covered.add(subjectOfProblem(sync, causeKey))
  }
  const today = todayIn(config.alerts.time_zone, now)
  for (const one of problems) if (isMuted(one, today)) covered.add(subjectOfProblem(one.sync, one.causeKey))
  const open = [
    ...problems.map((problem) => problemOf(problem, recordOf(config, problem.sync))),
    ...stale,
    ...expiring.map((one) => expiringOf(one, config.alerts.expiry_days)),
  ]
  return { open, covered }
}

/** How people call the records of a sync. */
function recordOf(config: Config, sync: string): string {
  const found = Object.hasOwn(config.syncs, sync) ? config.syncs[sync] : undefined
  return found === undefined ? 'record' : (flowOf(found.document).record ?? 'deal')
}

export const subjectOfProblem = (sync: string, causeKey: string): string => `problem ${sync} ${causeKey}`

const problemOf = (problem: KnownProblem, record: string): Condition => ({
  subject: subjectOfProblem(problem.sync, problem.causeKey),
  about: problem.sync,
  severity: severityOf(problem.kind),
  kind: problem.kind,
  title: problemTitles[problem.kind],
  message: problem.message,
  fix: problem.fix,
  command: `crosswalk problems ${problem.id}`,
  since: problem.firstSeen,
  waiting: problem.waiting,
  record,
  problem: problem.id,
})

/** A problem of a whole sync or connection by which its source is not looked at, and that says so itself. */
const stopsLooking = ({ kind, causeKey, waiting }: KnownProblem): boolean =>
  waiting === 0 && kind !== 'guard_tripped' && kind !== 'ledger_behind' && causeKey !== clockOff

/**
 * Since when a look at the source is overdue: the schedule asked for one after the last that succeeded, and the time to be
 * patient is over. Null when it is not, or when there is no schedule.
 */
export function overdueSince(
  schedule: SyncConfig['schedule'],
  lookedAt: Instant,
  patienceMinutes: number,
  now: Instant,
): Instant | null {
  if (schedule === null) return null
  const cron = CronExpressionParser.parse(schedule.cron, {
    currentDate: new Date(toMillis(lookedAt)),
    tz: schedule.time_zone,
  })
  const due = fromMillis(cron.next().getTime())
  return due !== null && now >= shift(due, patienceMinutes * 60_000) ? due : null
}

const staleOf = (name: string, sync: SyncConfig, lookedAt: Instant | null, since: Instant): Condition => ({
  subject: `stale ${name}`,
  about: name,
  severity: 'urgent',
  kind: 'stale',
  title: 'Source not looked at',
  message:
    lookedAt === null
      ? `Nothing was read from ${sync.from} for sync "${name}" yet, though its schedule asks for it.`
      : `Nothing was read from ${sync.from} for sync "${name}" since ${lookedAt.slice(0, 16).replace('T', ' ')} UTC, though its schedule asks for it.`,
  fix: 'See whether a server with workers runs and what its log says of `detection stopped` or `job failed`; start it again. Nothing is lost: the next look begins where the last one ended.',
  command: 'crosswalk status',
  since,
  waiting: 0,
  record: 'record',
  problem: null,
})

const subjectOfExpiring = (connection: string): string => `expiring ${connection}`

const expiringOf = (
  { connection, expiresAt }: { readonly connection: string; readonly expiresAt: Instant },
  days: number,
): Condition => ({
  subject: subjectOfExpiring(connection),
  about: connectionCause(connection),
  severity: 'urgent',
  kind: 'expiring',
  title: 'Login expires soon',
  message: `The login of connection "${connection}" expires on ${expiresAt.slice(0, 10)}, and was not renewed by itself.`,
  fix: 'Make a new key in the system, put it into the environment and restart. Until then everything works; afterwards nothing does.',
  command: `crosswalk check ${connection}`,
  since: shift(expiresAt, -days * 86_400_000),
  waiting: 0,
  record: 'record',
  problem: null,
})
