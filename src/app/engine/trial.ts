import { canonicalJson, type Json } from '../../core/json.ts'
import type { Failure } from '../../core/problem.ts'
import type { Deps } from '../bench/deps.ts'
import type { Sync } from '../flows/flow.ts'
import { type Preview, type PreviewField, previewAll } from './preview.ts'

/** What would come out differently of some records. */
export interface Trial {
  /** How many records. */
  readonly tried: number
  /** Those that come out as they do now. */
  readonly same: number
  /** Values, the most frequent field first. */
  readonly fields: readonly TriedField[]
  /** Records of which something else would become. */
  readonly ends: readonly TriedRecord[]
}
type Part = 'record' | 'line' | 'customer' | 'below'
interface TriedValue {
  readonly value: Json
  readonly name: string | null
}
interface TriedField {
  readonly of: Part
  readonly field: string
  readonly records: number
  readonly examples: readonly {
    readonly record: string
    readonly label: string
    /** Key of the line, or the name that the mapping gives the record below. */
    readonly line: string | null
    readonly before: TriedValue | null
    readonly after: TriedValue | null
  }[]
}
interface TriedEnd {
  readonly action: string
  readonly failure: Failure | null
}
interface TriedRecord {
  readonly record: string
  readonly label: string
  readonly before: TriedEnd
  readonly after: TriedEnd
}

const examplesMax = 5
const together = 50

/**
 * Previews records as a sync delivers them now and as it would with other mappings, and compares. Nothing is written anywhere.
 * @throws SyncError when a system does not answer
 */
export async function trial(before: Sync, after: Sync, recordIds: readonly string[], deps: Deps): Promise<Trial> {
  const fields = new Map<string, Omit<TriedField, 'records' | 'examples'> & { met: Set<string>; examples: Example[] }>()
  const ends: TriedRecord[] = []
  let same = 0
  for (let start = 0; start < recordIds.length; start += together) {
    const ids = recordIds.slice(start, start + together)
    const olds = await previewAll(before, ids, { lane: 'live' }, deps)
    const news = await previewAll(after, ids, { lane: 'live' }, deps)
    for (const [index, old] of olds.entries()) {
      const now = news[index]
      if (now === undefined) throw new Error(`${ids[index]} was previewed once and not twice`)
      const { recordId: record } = now
      // A record that cannot be delivered has none.
      const label = now.failures.length > 0 ? old.label : now.label
      const sides = { before: endOf(old), after: endOf(now) }
      const isOther = !isSame(sides.before, sides.after)
      if (isOther) ends.push({ record, label, ...sides })
      // What a record that cannot be delivered would have been says nothing.
      const told = [old, now].some((one) => one.failures.length > 0) ? [] : differences(old, now)
      if (!isOther && told.length === 0) same += 1
      for (const { of, field, ...example } of told) {
        const known = fields.get(`${of} ${field}`) ?? { of, field, met: new Set(), examples: [] }
        fields.set(`${of} ${field}`, known)
        known.met.add(record)
        if (known.examples.length < examplesMax) known.examples.push({ record, label, ...example })
      }
    }
  }
  const counted = [...fields.values()].map(({ met, ...one }) => ({ ...one, records: met.size }))
  return { tried: recordIds.length, same, fields: counted.toSorted((a, b) => b.records - a.records), ends }
}

type Example = TriedField['examples'][number]

const endOf = ({ action, failures }: Preview): TriedEnd => ({ action, failure: failures[0] ?? null })
const isSame = (one: TriedEnd, other: TriedEnd): boolean =>
  one.action === other.action && one.failure?.message === other.failure?.message

interface Value extends TriedValue {
  readonly of: Part
  readonly line: string | null
  readonly field: string
}

function differences(before: Preview, after: Preview) {
  const [old, now] = [before, after].map((one) => new Map(valuesOf(one).map((value) => [placeOf(value), value])))
  const places = new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])])
  return [...places].flatMap((place) => {
    const [was, is] = [old?.get(place), now?.get(place)]
    const either = is ?? was
    if (either === undefined || canonicalJson(was?.value ?? null) === canonicalJson(is?.value ?? null)) return []
    const { of, field, line } = either
    return [{ of, field, line, before: sideOf(was), after: sideOf(is) }]
  })
}

const placeOf = ({ of, line, field }: Value) => JSON.stringify([of, line, field])
const sideOf = (value: Value | undefined): TriedValue | null =>
  value === undefined ? null : { value: value.value, name: value.name }

function valuesOf({ fields, lines, customer, below }: Preview): readonly Value[] {
  const plain =
    (of: Part, line: string | null) =>
    ({ field, value, name }: PreviewField) => ({
      ...{ of, line, field, value, name },
    })
  return [
    ...fields.map(plain('record', null)),
    ...lines.flatMap(({ key, fields: own, names }) =>
      Object.entries(own).map(
        ([field, value]): Value => ({ of: 'line', line: key, field, value, name: names[field] ?? null }),
      ),
    ),
    ...(customer?.fields ?? []).map(plain('customer', null)),
    ...below.flatMap((one) => one.fields.map(plain('below', one.link))),
  ]
}
