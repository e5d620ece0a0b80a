import { type Failure, failureOf, SyncError } from '../../core/problem.ts'
import { type Instant, shift } from '../../core/time.ts'
import type { AlertMessage, Channel, Condition, Severity } from '../../ports/alerts.ts'
import type { ChannelState } from '../../ports/ledger/alerts.ts'
import type { Ledger } from '../../ports/ledger/ledger.ts'
import type { Deps } from '../bench/deps.ts'
import { flows } from '../flows/catalogue.ts'
import { channelCause } from '../project/alerts.ts'
import type { Config } from '../project/config.ts'
import type { Project } from '../project/project.ts'
import type { Projects } from '../project/projects.ts'
import { healthy, isOverdue, mayTry, noteFailure, unseen } from './channel-state.ts'
import { type Conditions, conditionsOf, subjectOfProblem } from './conditions.ts'
import { againMessage, certificateMessage, messageOf, namesMax, testMessage } from './message.ts'
import { isOwnerCause, isOwnersOf, type OwnerAlerts, openOwnerAlerts } from './owners.ts'
import { isTime, planAlerts } from './plan.ts'

/** Longer than any channel may take: who has it tells all of them at once. */
const leaseMs = 180_000
const cause = 'channel'

interface Observer {
  alerted(channel: string, outcome: 'sent' | 'failed'): void
}

/** Tells people what is open, and what is over: see docs/decisions/0031-alerts.md. */
export interface Alerts {
  /** Tells what is due. One process at a time does, and the others find it told. */
  tell(): Promise<void>
  /** Waits for what is being sent: what is not noted as told would be told again. */
  close(): Promise<void>
}

export function openAlerts(projects: Pick<Projects, 'current'>, deps: Deps & { readonly metrics: Observer }): Alerts {
  let telling: Promise<void> = Promise.resolve()
  // The channels that the ledger was tidied for by this process.
  let tidied: string | null = null
  const owners = openOwnerAlerts(deps)
  return {
    tell() {
      const project = projects.current()
      const { channels } = project.config.alerts
      const names = Object.keys(channels)
      const now = [...names, '', ...ownerChannels(project.config)].join()
      const tidy = tidied !== now
      if (names.length === 0 && !tidy) return Promise.resolve()
      telling = tellInTurn(names, tidy, project, owners, deps).then((told) => {
        if (told) tidied = now
      })
      return telling
    },
    // Whoever asked to tell hears of its failure.
    close: () => telling.catch(() => undefined),
  }
}

/** @returns false when it is another process's turn */
async function tellInTurn(
  names: readonly string[],
  tidy: boolean,
  project: Project,
  owners: OwnerAlerts,
  deps: Deps & { readonly metrics: Observer },
): Promise<boolean> {
  const { ledger, worker } = deps
  const { config } = project
  if (!(await ledger.alerts.take(worker, leaseMs))) return false
  try {
    if (tidy) {
      await tidyUp(names, config, deps)
    }
    if (names.length === 0) return true
    const conditions = await conditionsOf(config, ledger, deps.clock.now())
    const states = new Map((await ledger.alerts.channels()).map((one) => [one.channel, one]))
    // All of them to their end: who has the lease may still be sending.
    const ended = await Promise.allSettled(
      names.map((name) => tellOne(name, states.get(name) ?? unseen(name), conditions, config, deps)),
    )
    for (const one of ended) if (one.status === 'rejected') throw one.reason
    await owners.tell(project)
    return true
  } finally {
    await ledger.alerts.leave(worker)
  }
}

export interface ChannelReport extends ChannelState {
  readonly kind: Channel['kind']
}

export interface AlertTest {
  readonly channel: string
  readonly kind: Channel['kind']
  /** What the other side said; null where it did not take the message. */
  readonly answer: string | null
  readonly failure: Failure | null
}

/** How it goes with the channels of the configuration, told or not. */
export async function channelsOf({ alerts }: Config, ledger: Ledger): Promise<readonly ChannelReport[]> {
  const states = new Map((await ledger.alerts.channels()).map((one) => [one.channel, one]))
  return Object.entries(alerts.channels).map(([name, { kind }]) => ({ ...(states.get(name) ?? unseen(name)), kind }))
}

/** Something open, and since when each channel knows of it. */
interface OpenAlert
  extends Pick<
    Condition,
    'about' | 'kind' | 'severity' | 'title' | 'message' | 'fix' | 'since' | 'waiting' | 'problem'
  > {
  readonly told: readonly { readonly channel: string; readonly at: Instant }[]
}

export interface AlertsNow {
  readonly channels: readonly (ChannelReport & { readonly severities: readonly Severity[]; readonly daily: boolean })[]
  /** The longest first. */
  readonly open: readonly OpenAlert[]
}

export async function alertsNow(config: Config, now: Instant, ledger: Ledger): Promise<AlertsNow> {
  const { channels } = config.alerts
  const reports = await channelsOf(config, ledger)
  const told = await Promise.all(
    reports.map(async ({ channel }) => ({ channel, what: await ledger.alerts.told(channel) })),
  )
  const { open } = await conditionsOf(config, ledger, now)
  return {
    channels: reports.map((report) => {
      const { severities = [], daily = false } = channels[report.channel] ?? {}
      return { ...report, severities, daily }
    }),
    open: open
      .toSorted((a, b) => (a.since < b.since ? -1 : 1))
      .map((one) => ({
        ...one,
        told: told.flatMap(({ channel, what }) => {
          const known = what.find(({ subject }) => subject === one.subject)
          return known === undefined ? [] : [{ channel, at: known.toldAt }]
        }),
      })),
  }
}

/** Sends a test to these channels, all at once. @throws SyncError `configuration_invalid` for a name that is none */
export function testChannels(
  names: readonly string[],
  { alerts }: Config,
  actor: string | null,
  deps: Deps,
): Promise<readonly AlertTest[]> {
  const known = Object.keys(alerts.channels)
  const chosen = (names.length === 0 ? known : names).map((name) => {
    const channel = Object.hasOwn(alerts.channels, name) ? alerts.channels[name] : undefined
    if (channel !== undefined) return { name, channel }
    throw new SyncError(`There is no channel "${name}"`, {
      problem: { kind: 'configuration_invalid', path: 'alerts.channels' },
      fix:
        known.length === 0
          ? 'Add one under alerts.channels; docs/operations.md shows how.'
          : `Known: ${known.join(', ')}.`,
    })
  })
  return Promise.all(
    chosen.map(async ({ name, channel }): Promise<AlertTest> => {
      const row = { channel: name, kind: channel.kind }
      try {
        const answer = await deps.sendAlert(name, channel, testMessage(alerts.name, name, actor, deps.clock.now()))
        return { ...row, answer, failure: null }
      } catch (error) {
        if (!(error instanceof SyncError)) throw error
        return { ...row, answer: null, failure: failureOf(error) }
      }
    }),
  )
}

async function tellOne(
  name: string,
  before: ChannelState,
  { open, covered }: Conditions,
  config: Config,
  deps: Deps & { readonly metrics: Observer },
): Promise<void> {
  const { ledger, clock, log, metrics } = deps
  const { alerts } = config
  const channel = alerts.channels[name]
  if (channel === undefined) return
  const { kind } = channel
  const now = clock.now()
  const tries = mayTry(before, now)
  let state = before

  /** @returns whether the channel took it */
  async function deliver(message: AlertMessage): Promise<boolean> {
    try {
      await deps.sendAlert(name, channel as Channel, message)
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      metrics.alerted(name, 'failed')
      const failure = failureOf(error)
      const message = `Alerts do not arrive at channel "${name}" (${kind}): ${failure.message}`
      const problem = { sync: channelCause(name), causeKey: cause, message }
      await noteFailure(state, failure, problem, alerts.channel_minutes, deps)
      return false
    }
    metrics.alerted(name, 'sent')
    if (state.failures > 0) await ledger.problems.close(channelCause(name), [cause])
    state = { ...state, ...healthy }
    return true
  }
  const keep = (change: Partial<ChannelState>) => {
    state = { ...state, ...change }
    return ledger.alerts.setChannel(name, state)
  }
  const context = { name: alerts.name, timeZone: alerts.time_zone, channel: name, now }

  const [newest, ...others] = channel.daily && tries ? await certificatesFor(state, deps) : []
  if (newest !== undefined) {
    if (!(await deliver(certificateMessage([newest, ...others], context)))) return
    await keep({ certified: newest.id })
  }

  // It cannot tell that it does not work; the others do.
  const foreign = open.filter((one) => one.subject !== subjectOfProblem(channelCause(name), cause))
  const rules = { severities: channel.severities, remindHours: alerts.remind_hours }
  const plan = planAlerts(foreign, covered, await ledger.alerts.told(name), rules, now)
  if (plan.changes.length === 0) {
    if (state.waitingSince !== null) await keep({ waitingSince: null })
    if (state.failingSince === null || !tries) return
    // What it did not take is over, so that nothing would ever show that it works again.
    if (!isOverdue(state.failingSince, alerts.channel_minutes, now)) await keep(healthy)
    else if (await deliver(againMessage(context))) await keep({})
    return
  }
  if (state.waitingSince === null) await keep({ waitingSince: now })
  if (!tries) return
  const timing = { groupMs: alerts.group_seconds * 1000, pauseMs: alerts.pause_minutes * 60_000 }
  const waitingSince = state.waitingSince ?? now
  if (!isTime(plan.changes, { waitingSince, toldAt: state.toldAt, ...timing }, now)) return

  const problems = plan.changes.flatMap(({ what, condition }) => (what === 'over' ? [] : (condition.problem ?? [])))
  const links = { syncs: Object.keys(config.syncs), kinds: flows.flatMap(({ kind }) => kind ?? []) }
  const held = new Map((await ledger.alerts.held(problems, links, namesMax)).map((one) => [one.problem, one]))
  if (!(await deliver(messageOf(plan, { ...context, held })))) return
  await ledger.alerts.setTold(name, plan.told, plan.over)
  await keep({ waitingSince: null, toldAt: now })
  log.info('alert sent', { channel: name, changes: plan.changes.length, open: plan.open })
}

/** A channel that begins to be told is not told of years. */
const certificateMsMax = 36 * 3_600_000

/** The newest of each sync that the channel was not told yet, newest first. */
async function certificatesFor({ certified }: ChannelState, { ledger, clock }: Deps) {
  const after = shift(clock.now(), -certificateMsMax)
  const seen = new Set<string>()
  const fresh = await ledger.certificates.list({ after: certified, max: 100 })
  return fresh.filter(({ certificate: { sync, at } }) => {
    if (at < after || seen.has(sync)) return false
    seen.add(sync)
    return true
  })
}

/** Channels that write to the owners of deals as well. */
const ownerChannels = ({ alerts }: Config): readonly string[] =>
  Object.entries(alerts.channels).flatMap(([name, one]) => (one.kind === 'email' && one.owners === true ? [name] : []))

/** Forgets channels that are configured no more, and closes their problems: nobody else would. */
async function tidyUp(names: readonly string[], config: Config, { ledger }: Pick<Deps, 'ledger'>): Promise<void> {
  const withOwners = ownerChannels(config)
  const states = await ledger.alerts.channels()
  const owners = states.map(({ channel }) => channel).filter((channel) => isOwnersOf(channel, withOwners))
  await ledger.alerts.keepChannels([...names, ...owners])
  const isGone = (sync: string, causeKey: string) =>
    !(isOwnerCause(causeKey) ? withOwners : names).some((name) => sync === channelCause(name))
  for (const { sync, causeKey } of await ledger.problems.list({ max: 10_000 }))
    if (sync.startsWith(channelCause('')) && isGone(sync, causeKey))
      await ledger.problems.close(sync, [causeKey], { how: 'not_configured', by: null })
}
