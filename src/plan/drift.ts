import { absolute, compare, type Decimal, decimal, parseDecimal, places, round, subtract } from '../core/decimal.ts'
import type { Fulfilment } from '../core/documents.ts'
import type { Json, JsonObject } from '../core/json.ts'
import { digitsOf } from '../core/money.ts'
import type { Disagreement, Failure } from '../core/problem.ts'
import { type Decisions, isSettled } from './decisions.ts'
import type { Written } from './difference.ts'
import type { WantedOrder } from './plan.ts'
import { lineName, type OrderWords, shown } from './words.ts'

/** The fields of an order's line in which somebody's edit is told, by the names they are written by. */
export type LineFields = Readonly<Partial<Record<Role, string>>>
const roles = ['product', 'quantity', 'price', 'discount', 'amount'] as const
type Role = (typeof roles)[number]

/** A line of an order as the ERP has it. */
export type HeldLine = Pick<Fulfilment['lines'][number], 'key' | 'sku' | 'ordered' | Role>

/** What a document of an order has to tell so that it can be compared. */
export const heldFields = ['key', 'sku', 'ordered', ...roles].map((name) => `lines.${name}`)

/** Those of the fields that the document of an order tells; none where lines cannot be told apart by it. */
export const toldFields = (fields: LineFields | undefined, fills: (path: string) => boolean): LineFields =>
  fields === undefined || !fills('lines.product') || !fills('lines.quantity')
    ? {}
    : Object.fromEntries(Object.entries(fields).filter(([role]) => fills(`lines.${role}`)))

export interface Judged {
  /** What was written, with what was agreed on since. */
  readonly before: Written
  /** What is wanted, with what was agreed on since. */
  readonly lines: WantedOrder['lines']
  /** What somebody changed, and nobody has decided about. */
  readonly found: readonly Disagreement[]
  /** What was written, but for what was found: that is as the ERP has it. */
  readonly held: Written
  /** Places whose acceptance is void, as the deal says something else by now. */
  readonly outdated: readonly string[]
}

type Line = WantedOrder['lines'][number]

/**
 * Finds what somebody changed in an order's lines after we wrote them. What is now as the deal wants it is no drift: a person
 * may be faster than an amendment. What an ERP makes of a value by itself, such as fewer digits, is none either.
 */
export function judgeDrift(
  written: Written,
  wanted: { readonly lines: readonly Line[]; readonly words: Pick<OrderWords, 'lines'> },
  order: { readonly lines: readonly HeldLine[]; readonly currency: string },
  fields: LineFields,
  decisions: Decisions,
): Judged {
  const isEqual = (role: Role, mine: Json | undefined, actual: string): boolean =>
    role === 'product' ? String(mine) === actual : isEqualNumber(mine, actual, digitsOf(order.currency))
  const before: Record<string, JsonObject> = { ...written.lines }
  const held: Record<string, JsonObject> = { ...written.lines }
  const lines = new Map(wanted.lines.map((line) => [line.key, line]))
  const found: Disagreement[] = []
  const outdated: string[] = []
  const agree = (key: string, name: string, value: Json) => {
    before[key] = { ...before[key], [name]: value }
    held[key] = { ...held[key], [name]: value }
  }
  // Of an order that was found, and never written, nothing is known.
  if (Object.keys(written.lines).length === 0) return nothingKnown(written, wanted.lines)
  for (const line of wanted.lines) if (isAgreedGap(line, written, fields, decisions)) lines.delete(line.key)
  // Where a line does not tell what it sells, lines more or fewer are not known either.
  const areCounted = order.lines.every((line) => line.product !== null)
  const { pairs, extra } = pairLines(written, order.lines, fields, isEqual)

  for (const [key, line] of pairs) {
    const own = lines.get(key)
    const name = lineName(key, written, wanted.words)
    if (own === undefined && line?.ordered === '0') {
      // A person took it off as the deal has it.
      delete before[key]
      delete held[key]
      continue
    }
    if (line === null) {
      const missing = {
        place: key,
        text: `${name} removed`,
        expected: own === undefined ? null : brief(own, fields),
        actual: null,
      }
      if (!areCounted) continue
      delete held[key]
      if (own !== undefined && !isSettled(decisions, missing)) found.push(missing)
      else {
        delete before[key]
        lines.delete(key)
      }
      continue
    }
    for (const role of roles) {
      const field = fields[role]
      const actual = line[role]
      // What is written once only is the ERP's from then on.
      if (field === undefined || actual === null || (own !== undefined && !Object.hasOwn(own.fields, field))) continue
      const mine = written.lines[key]?.[field]
      const want = lines.get(key)?.fields[field]
      if (mine === undefined || (mine === null && role !== 'discount')) continue
      const place = `${key} ${role}`
      const expected = want === undefined || want === null ? null : String(want)
      const accepted = decisions.accepted[place]
      const isAccepted =
        accepted !== undefined && accepted.expected === expected && isEqual(role, accepted.actual, actual)
      if (accepted !== undefined && accepted.expected !== expected && own !== undefined) outdated.push(place)
      if (own !== undefined && want !== undefined && isEqual(role, want, actual)) agree(key, field, want)
      else if (isAccepted || isEqual(role, mine, actual)) {
        const value = isAccepted && !isEqual(role, mine, actual) ? actual : mine
        agree(key, field, value)
        const line = lines.get(key)
        if (isAccepted && line !== undefined) lines.set(key, { key, fields: { ...line.fields, [field]: value } })
      } else if (decisions.ignored[place] !== true) {
        const told = role === 'quantity' ? name : `${name} ${role}`
        const now = role === 'product' ? (line.sku ?? actual) : actual
        found.push({ place, text: `${told} ${shown(mine)} → ${now}`, expected, actual })
        held[key] = { ...held[key], [field]: actual }
      }
    }
  }
  const noted = new Set<HeldLine>()
  for (const [key, line] of areCounted ? unnotedLines(written, lines.values(), extra, fields, isEqual) : []) {
    noted.add(line)
    for (const [name, value] of Object.entries(lines.get(key)?.fields ?? {})) agree(key, name, value)
    for (const role of roles) {
      const [field, actual] = [fields[role], line[role]]
      if (field === undefined || actual === null || isEqual(role, before[key]?.[field], actual)) continue
      agree(key, field, actual)
    }
  }
  for (const line of areCounted ? extra.filter((one) => !noted.has(one)) : []) {
    const price = line.price ?? line.amount
    const actual = `${line.product ?? line.sku ?? ''} ${line.quantity ?? line.ordered}${price === null ? '' : ` × ${price}`}`
    const text = `${line.sku ?? 'a line'} added (${line.quantity ?? line.ordered})`
    const added = { place: `+${line.key}`, text, expected: null, actual }
    if (!isSettled(decisions, added)) found.push(added)
  }
  return {
    before: { ...written, lines: before },
    lines: wanted.lines.flatMap(({ key }) => lines.get(key) ?? []),
    found,
    held: { ...written, lines: held },
    outdated,
  }
}

const nothingKnown = (written: Written, lines: readonly Line[]): Judged => ({
  ...{ before: written, held: written, lines, found: [], outdated: [] },
})

/** A line of the deal that a person took out of the order, which somebody agreed to. */
function isAgreedGap(line: Line, { lines }: Written, fields: LineFields, decisions: Decisions): boolean {
  const { key } = line
  return lines[key] === undefined && isSettled(decisions, { place: key, expected: brief(line, fields), actual: null })
}

/** What is wanted of lines, with what was agreed on since: as `judgeDrift` tells it of an order that nobody changed any further. */
export const agreedLines = (
  written: Written,
  wanted: readonly Line[],
  fields: LineFields,
  decisions: Decisions,
): readonly Line[] =>
  wanted.flatMap((line) => {
    if (isAgreedGap(line, written, fields, decisions)) return []
    const known = written.lines[line.key]
    const agreed = roles.flatMap((role) => {
      const field = fields[role]
      const accepted = decisions.accepted[`${line.key} ${role}`]
      if (field === undefined || accepted === undefined || known === undefined) return []
      const isMeant = String(line.fields[field]) === accepted.expected && String(known[field]) === accepted.actual
      return isMeant ? [[field, known[field] ?? null] as const] : []
    })
    return [agreed.length === 0 ? line : { ...line, fields: { ...line.fields, ...Object.fromEntries(agreed) } }]
  })

/**
 * Lines of an amendment of ours that nobody noted, as the process died or the database went after it was sent: they have our
 * key, or are just what the deal wants.
 */
function unnotedLines(
  { lines }: Written,
  wanted: Iterable<Line>,
  extra: readonly HeldLine[],
  fields: LineFields,
  isEqual: IsEqual,
): readonly (readonly [key: string, line: HeldLine])[] {
  const fresh = Object.fromEntries(
    [...wanted].filter(({ key }) => lines[key] === undefined).map((line) => [line.key, line.fields]),
  )
  const { pairs } = pairLines({ lines: fresh }, extra, fields, isEqual)
  return [...pairs].flatMap(([key, line]) =>
    line !== null && (line.key === key || isAlike(fresh[key] ?? {}, line, fields, isEqual))
      ? [[key, line] as const]
      : [],
  )
}

/** Whether a line of the order holds what was written, as far as both tell. */
const isAlike = (own: JsonObject, line: HeldLine, fields: LineFields, isEqual: IsEqual): boolean =>
  roles.every((role) => {
    const [field, actual] = [fields[role], line[role]]
    const mine = field === undefined ? undefined : own[field]
    return actual === null || mine === undefined || mine === null || isEqual(role, mine, actual)
  })

type IsEqual = (role: Role, mine: Json | undefined, actual: string) => boolean

/**
 * Which line of the order is which that we wrote: by our key where the ERP tells it, else by product, those that hold just what
 * was written first. @returns null for one that is gone; `extra` are those that nobody ordered
 */
function pairLines({ lines }: Pick<Written, 'lines'>, held: readonly HeldLine[], fields: LineFields, isEqual: IsEqual) {
  const free = new Set(held)
  const pairs = new Map<string, HeldLine | null>(Object.keys(lines).map((key) => [key, null]))
  const pair = (fits: (own: JsonObject, line: HeldLine, key: string) => boolean) => {
    for (const [key, own] of Object.entries(lines)) {
      if (pairs.get(key) !== null) continue
      const line = [...free].find((one) => fits(own, one, key))
      if (line === undefined) continue
      pairs.set(key, line)
      free.delete(line)
    }
  }
  const isSameProduct = (own: JsonObject, line: HeldLine) =>
    fields.product !== undefined && line.product !== null && String(own[fields.product]) === line.product
  pair((_own, line, key) => line.key === key)
  pair((own, line) => isSameProduct(own, line) && isAlike(own, line, fields, isEqual))
  pair((own, line) => isSameProduct(own, line) && line.ordered !== '0')
  pair(isSameProduct)
  // Nothing is ordered by a line that was taken off, or that an ERP adds for its own use.
  return { pairs, extra: [...free].filter((line) => line.ordered !== '0') }
}

const brief = ({ fields }: Line, { product, quantity, price, amount }: LineFields): string =>
  [product, quantity, price ?? amount].map((name) => shown(name === undefined ? undefined : fields[name])).join(' ')

/** ERPs keep numbers as doubles, and fewer digits than were written. */
function isEqualNumber(mine: Json | undefined, actual: string, minorDigits: number): boolean {
  if (mine === actual) return true
  const [a, b] = [parseDecimal(mine ?? '0'), parseDecimal(actual)]
  if (a === null || b === null) return false
  const [said, kept] = [round(a, 8), round(b, 8)]
  if (compare(said, kept) === 0) return true
  const digits = Math.max(Math.min(minorDigits, 2), places(kept))
  return compare(absolute(subtract(said, kept)), half(digits)) <= 0
}

const half = (digits: number): Decimal => decimal(`0.5e-${digits}`)

/**
 * @param apart  in which totals and quantities the order is not what the deal says, while we are at it
 * @param because  why it cannot be overwritten, where that was asked for
 */
export function drifted(
  deal: string,
  number: string,
  found: readonly Disagreement[],
  apart: readonly Disagreement[],
  because?: string,
): Failure {
  const differences = [...found, ...apart].map(({ place, text, expected, actual }) => ({
    place,
    text,
    expected,
    actual,
  }))
  const told = [...found, ...apart.filter(({ place }) => !place.startsWith('quantity '))]
    .map(({ text }) => text)
    .join('; ')
  return {
    problem: { kind: 'order_drifted', differences },
    message: `Order ${number} was changed in the ERP by hand: ${told}${because === undefined ? '' : `. It was not overwritten: ${because}`}.`,
    fix: `If it is right as it is now: crosswalk accept ${deal}. To write once more what the deal says: crosswalk overwrite ${deal}. Not to be told of these values again: crosswalk ignore ${deal}. Or change it back in the ERP.`,
    field: 'lines',
  }
}
