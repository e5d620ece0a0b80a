import { DateTime } from 'luxon'
import { add, type Decimal, zero } from '../core/decimal.ts'
import type { Failure } from '../core/problem.ts'
import type { RecordRef } from '../core/ref.ts'
import type { Instant } from '../core/time.ts'
import type { HeldRecord } from '../ports/ledger/alerts.ts'
import type { StoredCertificate } from '../ports/ledger/certificates.ts'
import type { Ledger } from '../ports/ledger/ledger.ts'
import type { Link } from '../ports/ledger/links.ts'
import type { KnownProblem } from '../ports/ledger/problems.ts'
import { flows } from './flows/catalogue.ts'
import { isMuted, todayIn } from './problems/state.ts'
import type { Config } from './project/config.ts'

/** What deals are worth, by currency; of some it is not known. */
export interface Worth {
  readonly held: readonly { readonly currency: string; readonly amount: Decimal }[]
  readonly unknown: number
}

type Waiting = Worth & { readonly problems: number; readonly records: number }

/** How it goes, at a glance. */
export interface Home {
  readonly today: number
  readonly newest: Link | null
  /** What waits for a person, and what is muted. */
  readonly waiting: Waiting
  readonly muted: Waiting
  readonly stages: readonly { readonly stage: string | null; readonly count: number }[]
  /** The last days, the oldest first. */
  readonly days: readonly { readonly day: string; readonly orders: number }[]
  /** The newest of each sync. */
  readonly certificates: readonly StoredCertificate[]
}

/** What is wrong with one deal. */
export type DealFailure = Failure & { readonly sync: string }

const days = 30
const order = 'order'

/** @param zone  whose days are counted */
export async function home(config: Config, zone: string, now: Instant, ledger: Ledger): Promise<Home> {
  const today = DateTime.fromISO(now, { zone }).startOf('day')
  const open = await ledger.problems.list({ max: 10_000 })
  const made = new Map((await ledger.links.made(order, zone, days)).map(({ day, count }) => [day, count]))
  const stages = new Map<string | null, number>()
  for (const { kind, state, stage, count } of await ledger.links.counts())
    if (kind === order && state === 'linked') stages.set(stage, (stages.get(stage) ?? 0) + count)
  const certificates = await Promise.all(
    Object.keys(config.syncs).map(async (sync) => (await ledger.certificates.list({ sync, max: 1 }))[0] ?? []),
  )
  const worths = await worthOf(
    open.map(({ id }) => id),
    config,
    ledger,
  )
  const waitingOf = (problems: readonly KnownProblem[]) => ({
    problems: problems.length,
    records: problems.reduce((sum, { waiting }) => sum + waiting, 0),
    ...sumOf(problems.flatMap(({ id }) => worths.get(id) ?? [])),
  })
  const told = todayIn(config.alerts.time_zone, now)
  return {
    today: made.get(dayOf(today)) ?? 0,
    newest: await ledger.links.newest(order),
    waiting: waitingOf(open.filter((one) => !isMuted(one, told))),
    muted: waitingOf(open.filter((one) => isMuted(one, told))),
    stages: [...stages].map(([stage, count]) => ({ stage, count })),
    days: lastDays(today).map((day) => ({ day, orders: made.get(day) ?? 0 })),
    certificates: certificates.flat(),
  }
}

const dayOf = (day: DateTime) => day.toFormat('yyyy-MM-dd')
const lastDays = (today: DateTime) =>
  Array.from({ length: days }, (_, nth) => dayOf(today.minus({ days: days - 1 - nth })))

/** What the deals that wait on each of these problems are worth. */
export async function worthOf(
  problems: readonly string[],
  config: Config,
  { alerts }: Pick<Ledger, 'alerts'>,
): Promise<ReadonlyMap<string, Worth>> {
  if (problems.length === 0) return new Map()
  const held = await alerts.held(problems, linksOf(config), 0)
  return new Map(held.map(({ problem, sums, unknown }) => [problem, { held: sums, unknown }]))
}

/** The records that wait on a problem, the largest amounts first. */
export async function waitingOn(
  problem: string,
  max: number,
  config: Config,
  { alerts }: Pick<Ledger, 'alerts'>,
): Promise<readonly HeldRecord[]> {
  return (await alerts.held([problem], linksOf(config), max)).flatMap(({ records }) => records)
}

const linksOf = (config: Config) => ({
  syncs: Object.keys(config.syncs),
  kinds: flows.flatMap(({ kind }) => kind ?? []),
})

function sumOf(worths: readonly Worth[]): Worth {
  const sums = new Map<string, Decimal>()
  for (const { currency, amount } of worths.flatMap(({ held }) => held))
    sums.set(currency, add(sums.get(currency) ?? zero, amount))
  return {
    held: [...sums].map(([currency, amount]) => ({ currency, amount })),
    unknown: worths.reduce((sum, { unknown }) => sum + unknown, 0),
  }
}

/** The orders of a deal, and what is wrong with it in each sync. An id alone may be that of deals of several accounts. */
export async function dealOf(
  record: Partial<RecordRef> & Pick<RecordRef, 'id'>,
  config: Config,
  { links, problems }: Pick<Ledger, 'links' | 'problems'>,
): Promise<{ readonly deals: readonly Link[]; readonly failures: readonly DealFailure[] }> {
  const isMeant = ({ connection, id }: RecordRef) =>
    id === record.id && (record.connection === undefined || connection === record.connection)
  // A deal that waits may have no link yet.
  const waiting = await problems.ofId(record.id)
  const deals = (await links.list({ kind: order, sourceId: record.id, max: 500 })).filter(({ source }) =>
    isMeant(source.ref),
  )
  const failures = waiting.filter(({ ref, sync }) => isMeant(ref) && config.syncs[sync] !== undefined)
  return { deals, failures: failures.map(({ sync, failure }) => ({ ...failure, sync })) }
}
