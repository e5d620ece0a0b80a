import { ownersKinds } from '../../core/concern.ts'
import { addressWithin } from '../../core/mail-address.ts'
import { type Failure, failureOf, SyncError } from '../../core/problem.ts'
import { refText } from '../../core/ref.ts'
import { type Instant, shift } from '../../core/time.ts'
import type { EmailChannel } from '../../ports/alerts.ts'
import type { ChannelState, Told, WaitingDeal } from '../../ports/ledger/alerts.ts'
import type { Deps } from '../bench/deps.ts'
import { flowOf } from '../flows/catalogue.ts'
import type { OwnedDeal } from '../flows/flow.ts'
import { isMuted, todayIn } from '../problems/state.ts'
import { channelCause } from '../project/alerts.ts'
import type { Config } from '../project/config.ts'
import type { Project } from '../project/project.ts'
import { healthy, mayTry, noteFailure, unseen } from './channel-state.ts'
import { conditionOf, ownerMessage, subjectOf } from './owner-message.ts'
import { isTime, planAlerts } from './plan.ts'

interface Observer {
  alerted(channel: string, outcome: 'sent' | 'failed'): void
}
type OwnDeps = Deps & { readonly metrics: Observer }

/** Of the answer of the CRM: in memory alone, so that deals without an owner to tell are not looked up every ten seconds. */
const knownMs = 300_000
/** After the CRM did not say whose deals are. */
const restMs = 60_000
const dealsMax = 10_000

/** Owners of deals are told what holds up their own: see docs/decisions/0036-owners.md. */
export interface OwnerAlerts {
  /** To be called by who has the right to tell. */
  tell(project: Project): Promise<void>
}

export function openOwnerAlerts(deps: OwnDeps): OwnerAlerts {
  const { ledger, clock, log } = deps
  let restUntil: Instant | null = null
  const known = new Map<string, { readonly deal: OwnedDeal | null; readonly until: Instant }>()

  /** By `sync refText`. @throws SyncError when the CRM does not answer */
  async function lookUp(project: Project, deals: readonly Pick<WaitingDeal, 'sync' | 'ref'>[]): Promise<void> {
    const now = clock.now()
    for (const [name, { until }] of known) if (until <= now) known.delete(name)
    for (const [name, group] of Map.groupBy(deals, ({ sync }) => sync)) {
      const unknown = group.filter((one) => !known.has(nameOf(one))).map(({ ref }) => ref)
      const sync = unknown.length === 0 ? null : await project.sync(name)
      if (sync === null || sync.deals === null || (await sync.source.paused()) !== null) continue
      const until = shift(now, knownMs)
      for (const ref of unknown) known.set(nameOf({ sync: name, ref }), { deal: null, until })
      for (const deal of await sync.deals.owners(unknown, deps))
        known.set(nameOf({ sync: name, ref: deal.ref }), { deal, until })
    }
  }

  async function tellChannel(name: string, channel: EmailChannel, project: Project): Promise<void> {
    const { config } = project
    const now = clock.now()
    const waiting = await ledger.alerts.waiting(dealSyncs(config), ownersKinds, dealsMax)
    const muted = await mutedAmong(waiting, config, now)
    const told = await ledger.alerts.toldOwners(name)
    const tellings = new Map(told.map((one) => [one.subject, one]))
    const states = new Map((await ledger.alerts.channels()).map((one) => [one.channel, one]))
    const rules = { severities: ['warning', 'urgent'] as const, remindHours: config.alerts.remind_hours }
    const planOf = (deals: readonly WaitingDeal[], before: readonly Told[]) =>
      planAlerts(deals.map(conditionOf), muted, before, rules, now)
    const dealOf = new Map([
      ...told.map((one) => [one.subject, dealIn(one)] as const),
      ...waiting.map((one) => [subjectOf(one), one] as const),
    ])
    const subjects = planOf(waiting, told).changes.map(({ condition }) => condition.subject)
    await lookUp(
      project,
      subjects.flatMap((subject) => dealOf.get(subject) ?? []),
    )

    const receivers = new Map<string, Receiver>()
    let isWhole = true
    for (const subject of subjects) {
      const deal = dealOf.get(subject)
      const answer = deal === undefined ? undefined : known.get(nameOf(deal))
      if (deal === undefined || answer === undefined) {
        // The CRM is paused: it is asked the next time.
        isWhole = false
        continue
      }
      const receiver = receiverOf(name, channel, answer.deal, deal.ref.connection)
      const before = tellings.get(subject)
      // It went to somebody else, or its owner left: who was told has no more to do with it.
      if (before !== undefined && before.channel !== receiver?.key)
        await ledger.alerts.setTold(before.channel, [], [subject])
      if (receiver === null || (before !== undefined && before.channel !== receiver.key)) continue
      const all = receivers.get(receiver.key) ?? { ...receiver, subjects: new Set<string>() }
      all.subjects.add(subject)
      receivers.set(receiver.key, all)
    }
    const idle = [...states.values()].filter(
      (one) => one.channel.startsWith(`${name} `) && one.failures + (one.waitingSince === null ? 0 : 1) > 0,
    )
    if (isWhole) for (const state of idle) if (!receivers.has(state.channel)) await calm(name, state)
    for (const receiver of receivers.values()) {
      const mine = (subject: string) => receiver.subjects.has(subject)
      const plan = planOf(
        waiting.filter((one) => mine(subjectOf(one))),
        told.filter((one) => one.channel === receiver.key && mine(one.subject)),
      )
      await tellOwner(name, channel, receiver, states.get(receiver.key) ?? unseen(receiver.key), plan, config)
    }
  }

  /** Names deals whose problem somebody muted. */
  async function mutedAmong(waiting: readonly WaitingDeal[], { alerts }: Config, now: Instant) {
    const today = todayIn(alerts.time_zone, now)
    const open = await ledger.problems.list({ max: dealsMax })
    const muted = new Set(open.filter((one) => isMuted(one, today)).map(({ id }) => id))
    return new Set(waiting.filter(({ problem }) => muted.has(problem)).map(subjectOf))
  }

  /** There is nothing left to tell them. */
  async function calm(name: string, state: ChannelState): Promise<void> {
    if (state.failures > 0) await ledger.problems.close(channelCause(name), [ownerCause(state.channel)])
    await ledger.alerts.setChannel(state.channel, { ...state, ...healthy, waitingSince: null })
  }

  async function tellOwner(
    name: string,
    channel: EmailChannel,
    { key, address }: Receiver,
    before: ChannelState,
    plan: ReturnType<typeof planAlerts>,
    { alerts }: Config,
  ): Promise<void> {
    const now = clock.now()
    const waitingSince = before.waitingSince ?? now
    const state = { ...before, waitingSince }
    if (before.waitingSince === null) await ledger.alerts.setChannel(key, state)
    if (!mayTry(before, now)) return
    const timing = { groupMs: alerts.group_seconds * 1000, pauseMs: alerts.pause_minutes * 60_000 }
    if (!isTime(plan.changes, { waitingSince, toldAt: before.toldAt, ...timing }, now)) return
    const deals = new Map(
      plan.changes.flatMap(({ condition }) => {
        const deal = known.get(condition.subject.slice(0, condition.subject.lastIndexOf(' ')))?.deal
        return deal == null ? [] : [[condition.subject, deal] as const]
      }),
    )
    const context = { name: alerts.name, timeZone: alerts.time_zone, to: key, now, deals }
    try {
      await deps.sendAlert(name, { ...channel, to: [address] }, ownerMessage(plan.changes, context))
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      deps.metrics.alerted(name, 'failed')
      const failure = withoutAddress(failureOf(error), address)
      const problem = {
        sync: channelCause(name),
        causeKey: ownerCause(key),
        message: `What holds up deals does not arrive at their owner (${key.slice(name.length + 1)}) by channel "${name}": ${failure.message}`,
      }
      await noteFailure(state, failure, problem, alerts.channel_minutes, deps)
      return
    }
    deps.metrics.alerted(name, 'sent')
    await ledger.alerts.setTold(key, plan.told, plan.over)
    if (before.failures > 0) await ledger.problems.close(channelCause(name), [ownerCause(key)])
    await ledger.alerts.setChannel(key, { ...state, ...healthy, waitingSince: null, toldAt: now })
    log.info('owner told', { channel: name, owner: key.slice(name.length + 1), changes: plan.changes.length })
  }

  return {
    async tell(project) {
      if (restUntil !== null && clock.now() < restUntil) return
      for (const [name, channel] of Object.entries(project.config.alerts.channels)) {
        if (channel.kind !== 'email' || channel.owners !== true) continue
        try {
          await tellChannel(name, channel, project)
        } catch (error) {
          if (!(error instanceof SyncError)) throw error
          restUntil = shift(clock.now(), restMs)
          log.warn('owners not told', { channel: name, why: error.message })
        }
      }
    },
  }
}

interface Receiver {
  /** Under which the ledger keeps what they were told. Their address is kept nowhere. */
  readonly key: string
  readonly address: string
  readonly subjects: Set<string>
}

/** Null where nobody may be written to. */
function receiverOf(
  name: string,
  { owner_domains = [] }: EmailChannel,
  deal: OwnedDeal | null,
  connection: string,
): Receiver | null {
  const owner = deal?.owner
  if (owner?.active !== true || owner.email === null) return null
  const address = addressWithin(owner.email, owner_domains)
  return address === null ? null : { key: `${name} ${connection} ${owner.id}`, address, subjects: new Set() }
}

const nameOf = ({ sync, ref }: Pick<WaitingDeal, 'sync' | 'ref'>): string => `${sync} ${refText(ref)}`
const ownerCause = (key: string): string => `owner ${key}`

/** Whether what the ledger keeps under this name is of an owner that one of these channels writes to. */
export const isOwnersOf = (key: string, channels: readonly string[]): boolean =>
  channels.some((name) => key.startsWith(`${name} `))
export const isOwnerCause = (causeKey: string): boolean => causeKey.startsWith(ownerCause(''))

const dealSyncs = ({ syncs }: Config): readonly string[] =>
  Object.entries(syncs).flatMap(([name, { document, mode }]) =>
    flowOf(document).record === 'deal' && mode === 'live' ? [name] : [],
  )

/** The deal that somebody was told of, which waits no more. */
function dealIn({ subject }: Told): Pick<WaitingDeal, 'sync' | 'ref'> {
  const [sync = '', connection = '', object = '', id = ''] = subject.split(' ')
  return { sync, ref: { connection, object, id } }
}

const withoutAddress = (failure: Failure, address: string): Failure => ({
  ...failure,
  message: failure.message.replaceAll(new RegExp(address.replace(/[.+]/g, '\\$&'), 'gi'), '[address]'),
})
