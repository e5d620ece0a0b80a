import { createHash } from 'node:crypto'
import { DateTime } from 'luxon'
import { compare, type Decimal, round, sum, zero } from '../../core/decimal.ts'
import { digitsOf } from '../../core/money.ts'
import { type Instant, toMillis } from '../../core/time.ts'
import type { AlertMessage, Condition } from '../../ports/alerts.ts'
import type { HeldBy, HeldRecord } from '../../ports/ledger/alerts.ts'
import type { Exceptions, StoredCertificate } from '../../ports/ledger/certificates.ts'
import type { Change, Plan } from './plan.ts'

/** How many records a message names of each cause, and how many causes it tells in full. */
export const namesMax = 10
const groupsMax = 20

interface Sending {
  /** Of the installation. */
  readonly name: string
  readonly timeZone: string
  readonly channel: string
  readonly now: Instant
}
interface Context extends Sending {
  /** What waits on problems, by their ids. */
  readonly held: ReadonlyMap<string, HeldBy>
}

/** Changes that are told together: of one kind, about one sync or connection. */
interface Group {
  readonly what: Change['what']
  readonly first: Condition
  readonly conditions: readonly Condition[]
}

/** One message about everything that changed, for somebody who is tired: what, since when, what to do, the command. */
export function messageOf({ changes, open }: Plan, context: Context): AlertMessage {
  const groups = grouped(changes)
  const shown = groups.slice(0, groupsMax)
  const rest = groups.length - shown.length
  const lines = [
    ...shown.flatMap((group) => [...linesOf(group, context), '']),
    ...(rest === 0 ? [] : [`And ${rest} more: crosswalk problems`, '']),
    open === 0 ? 'All clear: nothing is open any more.' : `${open} open in all: crosswalk problems`,
  ]
  const told = changes.map(({ what, condition }) => [what, condition.subject, condition.since])
  const id = idOf(context.name, context.channel, told)
  return {
    id,
    subject: subjectOf(groups, open, context.name),
    lines,
    json: {
      installation: context.name,
      at: context.now,
      open,
      changes: changes.map(({ what, condition }) => ({
        change: what,
        ...condition,
        ...heldJson(heldOf([condition], context)),
      })),
    },
  }
}

function grouped(changes: readonly Change[]): readonly Group[] {
  const groups = new Map<string, { what: Change['what']; conditions: Condition[] }>()
  for (const { what, condition } of changes) {
    const name = [what, condition.about, condition.kind, condition.severity].join('\n')
    const group = groups.get(name)
    if (group === undefined) groups.set(name, { what, conditions: [condition] })
    else group.conditions.push(condition)
  }
  return [...groups.values()]
    .flatMap(({ what, conditions }): Group[] => {
      const sorted = conditions.toSorted((a, b) => b.waiting - a.waiting || (a.since < b.since ? -1 : 1))
      const [first] = sorted
      return first === undefined ? [] : [{ what, first, conditions: sorted }]
    })
    .sort((a, b) => rankOf(a) - rankOf(b))
}

const order: readonly Change['what'][] = ['new', 'grown', 'still_open', 'over']
const rankOf = ({ what, first }: Group): number =>
  (what === 'over' ? 10 : first.severity === 'urgent' ? 0 : 5) + order.indexOf(what)

function subjectOf(groups: readonly Group[], open: number, name: string): string {
  const [first] = groups
  if (first === undefined) return `[${name}]`
  const rest = groups.length === 1 ? '' : `, and ${groups.length - 1} more`
  const word =
    first.what === 'over'
      ? open === 0
        ? 'All clear'
        : 'Solved'
      : first.first.severity === 'urgent'
        ? 'URGENT'
        : words[first.what]
  return `[${name}] ${word}: ${oneLine(first.first.title)} (${first.first.about})${rest}`
}

const words: Readonly<Record<Change['what'], string>> = {
  new: 'New',
  grown: 'More of it',
  still_open: 'Still open',
  over: 'Solved',
}

function linesOf({ what, first, conditions }: Group, context: Context): readonly string[] {
  const urgent = what !== 'over' && first.severity === 'urgent' ? ', urgent' : ''
  const head = `${words[what]}${urgent}: ${first.title} (${first.about})`
  const message = oneLine(first.message)
  const happened = conditions.length === 1 ? message : `${conditions.length} of this kind. One of them: ${message}`
  const oldest = conditions.reduce((a, b) => (a.since < b.since ? a : b)).since
  const since = `${timeOf(oldest, context.timeZone)}, ${durationOf(oldest, context.now)}`
  if (what === 'over') return [head, `  What: ${happened}`, `  It was open since ${since}.`]
  const held = heldOf(conditions, context)
  return [
    head,
    `  What: ${happened}`,
    `  Since: ${since}`,
    ...(held.records.length === 0 ? [] : [`  Held back: ${heldText(held, first.record)}`]),
    `  What to do: ${oneLine(first.fix)}`,
    `  Look: ${conditions.length === 1 || first.problem === null ? first.command : problemsOf(first)}`,
  ]
}

const problemsOf = ({ about, kind }: Condition): string => `crosswalk problems --sync ${about} --kind ${kind}`

/** What waits on several conditions together. */
interface Held {
  readonly records: readonly HeldRecord[]
  readonly waiting: number
  readonly sums: HeldBy['sums']
  readonly unknown: number
}

function heldOf(conditions: readonly Condition[], { held }: Context): Held {
  const parts = conditions.flatMap(({ problem }) => (problem === null ? [] : (held.get(problem) ?? [])))
  const currencies = [...new Set(parts.flatMap(({ sums }) => sums.map((one) => one.currency)))].sort()
  const amounts = (currency: string) =>
    parts.flatMap(({ sums }) => sums.filter((one) => one.currency === currency).map((one) => one.amount))
  return {
    records: parts
      .flatMap((one) => one.records)
      .toSorted((a, b) => compare(b.amount ?? zero, a.amount ?? zero))
      .slice(0, namesMax),
    waiting: conditions.reduce((total, one) => total + one.waiting, 0),
    sums: currencies.map((currency) => ({ currency, amount: sum(amounts(currency)) })),
    unknown: parts.reduce((total, one) => total + one.unknown, 0),
  }
}

const heldJson = ({ records, sums, unknown }: Held) => ({
  records: records.map(({ object, id, label }) => ({ object, id, label })),
  held: sums.map(({ currency, amount }) => ({ currency, amount })),
  amounts_unknown: unknown,
})

function heldText({ records, waiting, sums, unknown }: Held, record: string): string {
  const known = sums.map(({ currency, amount }) => moneyOf(amount, currency)).join(' and ')
  const money =
    known === '' ? '' : unknown === 0 ? `, ${known} in all` : `, ${known} and ${unknown} without a known amount`
  const names = records.map((one) => oneLine(one.label ?? `${record} ${one.id}`)).join(', ')
  const rest = waiting - records.length
  return `${waiting.toLocaleString('en')} ${record}${waiting === 1 ? '' : 's'}${money}: ${names}${rest > 0 ? ` and ${rest.toLocaleString('en')} more` : ''}`
}

/** `EUR 1,234,567.80`, exactly. */
function moneyOf(amount: Decimal, currency: string): string {
  const digits = digitsOf(currency)
  const [whole = '0', fraction = ''] = round(amount, digits).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return `${currency} ${grouped}${digits === 0 ? '' : `.${fraction.padEnd(digits, '0')}`}`
}

export const timeOf = (instant: Instant, timeZone: string): string =>
  DateTime.fromMillis(toMillis(instant), { zone: timeZone, locale: 'en' }).toFormat("yyyy-MM-dd HH:mm '('z')'")

export function durationOf(since: Instant, now: Instant): string {
  const minutes = Math.max(0, Math.floor((toMillis(now) - toMillis(since)) / 60_000))
  if (minutes < 120) return `for ${minutes} min`
  return minutes < 48 * 60 ? `for ${Math.floor(minutes / 60)} h` : `for ${Math.floor(minutes / 1440)} days`
}

export const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()

const idOf = (...parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)

/** The daily certificate: deals won, orders, and by name whatever is not as it should be. */
export function certificateMessage(found: readonly StoredCertificate[], context: Sending): AlertMessage {
  const { name, timeZone, channel, now } = context
  const certificates = found.map((one) => one.certificate)
  const total = (of: (one: (typeof certificates)[number]) => number) =>
    certificates.reduce((all, one) => all + of(one), 0)
  const exceptions = total((one) => one.waiting.count + one.missing.count + one.extra.count)
  const counts = `${counted(
    total((one) => one.won),
    'deal',
  )} won, ${counted(
    total((one) => one.orders),
    'order',
  )}`
  return {
    id: idOf(name, channel, ...found.map(({ id }) => id)),
    subject: `[${name}] ${counts}${exceptions === 0 ? '' : `, ${counted(exceptions, 'exception')}`}`,
    lines: found.flatMap((one) => [...certificateLines(one, timeZone), '']),
    json: {
      installation: name,
      at: now,
      open: null,
      changes: [],
      certificates: found.map(({ certificate, genuine }) => ({
        ...certificate,
        waiting: { ...certificate.waiting },
        missing: { ...certificate.missing },
        extra: { ...certificate.extra },
        genuine,
      })),
    },
  }
}

function certificateLines({ certificate, genuine }: StoredCertificate, timeZone: string): readonly string[] {
  const { sync, at, since, won, orders, waiting, missing, extra } = certificate
  const lists = [
    ...named('Wait on a problem', waiting),
    ...named('Have neither an order nor a problem, and are tried now', missing),
    ...named('Have an order and are not won any more', extra),
  ]
  return [
    `${sync}, ${timeOf(at, timeZone)}: ${counted(won, 'deal')} won since ${since.slice(0, 10)}, ${counted(orders, 'order')} in all`,
    ...(lists.length === 0 ? ['  No exceptions'] : lists),
    ...(genuine ? [] : ['  The entry was changed after it was signed, or signed with another vault key']),
  ]
}

const named = (what: string, { count, named: some }: Exceptions): readonly string[] => {
  const names = some.slice(0, namesMax).map(({ id, label }) => oneLine(label ?? `deal ${id}`))
  const rest = count - names.length
  const more = rest > 0 ? ` and ${rest.toLocaleString('en')} more` : ''
  return count === 0 ? [] : [`  ${what}: ${count.toLocaleString('en')}: ${names.join(', ')}${more}`]
}

const counted = (number: number, noun: string): string =>
  `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`

/** To a channel that took nothing for a while, when what it was to be told is over. */
export const againMessage = ({ name, channel, now }: Sending): AlertMessage => ({
  id: idOf(name, channel, now),
  subject: `[${name}] Alerts arrive at channel ${channel} again`,
  lines: ['Messages to this channel were not taken for a while. What they told of is over.'],
  json: { installation: name, at: now, open: null, changes: [] },
})

/** What `crosswalk alert --test` sends. */
export const testMessage = (name: string, channel: string, actor: string | null, now: Instant): AlertMessage => ({
  id: idOf(name, channel, now),
  subject: `[${name}] Test of alerts: channel ${channel}`,
  lines: [
    `This is a test${actor === null ? '' : `, sent by ${actor}`}. Nothing has happened.`,
    'Problems that need a person will be told here.',
  ],
  json: { installation: name, at: now, open: null, changes: [], test: true },
})
