import type { Condition, ConditionValue } from '../../src/core/condition.ts'
import { parseDecimal } from '../../src/core/decimal.ts'
import { type Instant, parseInstant, parsePlainDate, shift, toMillis } from '../../src/core/time.ts'
import type { ConnectionDeps, Watch } from '../../src/ports/connector.ts'
import { type Filter, limits, type Property } from './client.ts'
import type { Definitions } from './schema.ts'

/** One condition as the search takes it; an empty list is every record. */
export type Filters = readonly Filter[]

export interface Conditions {
  /**
   * The conditions of a watch in the words of the search, of which one must hold. What the search cannot say is left
   * out, so that it tells more and never fewer. Null where no condition can hold of any record.
   */
  of(watch: Pick<Watch, 'object' | 'where'>): Promise<readonly Filters[] | null>
  /** Reads the properties anew: the search did not know one of them. */
  forget(object: string): void
}

/** Of a condition; the search takes six in a group, and the time of change needs up to two. */
const fieldsMax = limits.groupFilters - 2

/**
 * @param settings  `indexDelaySeconds`: properties that were not there are looked for again after that time. Each poll
 *   looks as far back, so that what was changed since a property was made is not missed
 */
export function openConditions(
  settings: { readonly indexDelaySeconds: number },
  definitions: Pick<Definitions, 'properties' | 'forget'>,
  { clock, log }: Pick<ConnectionDeps, 'clock' | 'log'>,
): Conditions {
  const missedAt = new Map<string, Instant>()

  /** The properties of an object, read anew when one that is named was missing for long enough. */
  async function propertiesFor({ object, where }: Pick<Watch, 'object' | 'where'>) {
    const named = where.flatMap((condition) => Object.keys(condition).map(propertyIn)).filter((name) => name !== null)
    const known = await definitions.properties(object)
    if (named.every((name) => known.has(name))) return known
    const now = clock.now()
    const before = missedAt.get(object)
    if (before !== undefined && now < shift(before, settings.indexDelaySeconds * 1000)) return known
    missedAt.set(object, now)
    definitions.forget(object)
    const found = await definitions.properties(object)
    const missing = named.filter((name) => !found.has(name))
    if (missing.length > 0 && before === undefined) log.warn('hubspot.property_missing', { object, missing })
    return found
  }

  return {
    async of(watch) {
      if (watch.where.length === 0) return [[]]
      const properties = await propertiesFor(watch)
      const possible = watch.where.map((condition) => filtersOf(condition, properties)).filter((one) => one !== null)
      if (possible.length === 0) return null
      return possible.some((one) => one.length === 0) ? [[]] : possible
    },
    forget: definitions.forget,
  }
}

/** `properties.amount` is the property `amount`; null for what is no property of the record itself. */
const propertyIn = (path: string): string | null => /^properties\.([^.]+)$/.exec(path)?.[1] ?? null

/** Null where the condition holds of nothing, as it asks for a value of a property that is not there. */
function filtersOf(condition: Condition, properties: ReadonlyMap<string, Property>): Filters | null {
  const filters: Filter[] = []
  for (const [path, wanted] of Object.entries(condition)) {
    const name = propertyIn(path)
    // Fields of ours and related records are not searched by: whoever reads the record tells.
    if (name === null) continue
    const property = properties.get(name)
    if (property === undefined) return null
    const filter = filterOf(property, wanted)
    if (filter !== null) filters.push(filter)
  }
  return filters.slice(0, fieldsMax)
}

/** Null where the search cannot ask for it. */
function filterOf(property: Property, wanted: ConditionValue): Filter | null {
  const { name } = property
  if (typeof wanted === 'object' && 'present' in wanted) return { property: name, operator: 'HAS_PROPERTY' }
  const list = typeof wanted === 'object' ? wanted : [wanted]
  const values = list.map((one) => searchedAs(property, String(one)))
  const [first] = values
  if (first == null || values.length > limits.filterValues) return null
  const known = values.filter((one) => one !== null)
  // One that the search cannot say would be a record that it does not tell.
  if (known.length < values.length) return null
  if (known.length === 1) return { property: name, operator: 'EQ', value: first }
  // The search compares text in lower case, and wants the values of a list so.
  return {
    property: name,
    operator: 'IN',
    values: property.type === 'string' ? known.map((one) => one.toLowerCase()) : known,
  }
}

/** A value as the search wants it for the type of the property; null when it is none of that type. */
function searchedAs(property: Property, value: string): string | null {
  if (value === '') return null
  switch (property.type) {
    case 'number':
      return parseDecimal(value)
    // Several choices in one text are compared otherwise than as text.
    case 'enumeration':
      return value.includes(';') ? null : value
    case 'date': {
      const day = parsePlainDate(value)
      return day === null ? null : String(Date.parse(`${day}T00:00:00Z`))
    }
    case 'datetime': {
      const instant = parseInstant(value)
      return instant === null ? null : String(toMillis(instant))
    }
    default:
      return value
  }
}

/**
 * Conditions and times of change as filter groups: of each a choice, within the limits of one search. Where they do not
 * fit, first the wider times are taken (what was met is met again), then the conditions are let go.
 * @param times  exact ones first, wider ones later; each a list of alternatives
 */
export function groupsFor(conditions: readonly Filters[], times: readonly (readonly Filters[])[]): readonly Filters[] {
  const all = times.map((choice) => conditions.flatMap((condition) => choice.map((time) => [...condition, ...time])))
  return all.find(fits) ?? times[0] ?? []
}

const fits = (groups: readonly Filters[]): boolean =>
  groups.length <= limits.searchGroups &&
  groups.every((group) => group.length <= limits.groupFilters) &&
  groups.flat().length <= limits.searchFilters
