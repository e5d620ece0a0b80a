import {
  add,
  type Decimal,
  decimal,
  multiply,
  parseDecimal,
  percentOf,
  round,
  subtract,
} from '../../../src/core/decimal.ts'
import { parseInstant, parsePlainDate } from '../../../src/core/time.ts'
import {
  defaultPipelines,
  defaultProperties,
  groupOf,
  objectNames,
  type SimulatedPipeline,
  type SimulatedProperty,
} from './definitions.ts'

export interface Stored {
  readonly id: string
  properties: Record<string, string>
  readonly createdAt: number
  updatedAt: number
  archivedAt: number | null
  /** What the search index still shows while it lags behind; null when the record is new to it. */
  indexed: { readonly at: number; readonly properties: Readonly<Record<string, string>> } | null
  /** Who made it: what changed it first is `past`. */
  readonly source: string
  /** By property that has changed since, newest first, the value in force among them. */
  past: Record<string, Moment[]>
  /** By object at the other end. */
  links: Record<string, { readonly id: string; readonly types: readonly number[] }[]>
}
/** A value that a property had from a time on. */
interface Moment {
  readonly value: string
  readonly at: number
  readonly source: string
}
interface SimulatedOwner {
  readonly id: string
  readonly email: string
  readonly firstName: string
  readonly lastName: string
  readonly archived: boolean
}
/** One thing that happened, as a webhook tells it. */
export type Happening = Readonly<Record<string, string | number | readonly number[]>>
/** Refused by HubSpot's rules. */
export interface Refusal {
  readonly status: number
  readonly category: string
  readonly message: string
}
/** The record itself, its properties and its time of change as the search index has them. */
export type See<T = boolean> = (record: Stored, properties: Readonly<Record<string, string>>, at: number) => T
export type Values = Readonly<Record<string, string | null>>

interface Table {
  readonly records: Map<string, Stored>
  readonly properties: Map<string, SimulatedProperty>
  /** By property whose values are unique, and value: who had it last. */
  readonly holders: Map<string, Map<string, Stored>>
  /** By time of change. An entry is dead when its record has changed since. */
  order: { readonly at: number; readonly record: Stored }[]
  dead: number
}
interface StoreOptions {
  readonly now: () => number
  readonly pipelines?: readonly SimulatedPipeline[]
  /** Of the account; one alone has no properties of its own. */
  readonly currencies?: readonly string[]
  /** How long the search index lags behind. */
  readonly indexDelayMs?: number
}
export type Store = ReturnType<typeof openStore>

const textMax = 65_536

/** Records, associations and definitions of one account. Ids are counted up from 1001 over all objects. */
export function openStore(options: StoreOptions) {
  const pipelines = options.pipelines ?? defaultPipelines
  const stages = new Map(
    pipelines.flatMap((pipeline) =>
      pipeline.stages.map((stage) => [stage.id, { pipeline: pipeline.id, ...stage }] as const),
    ),
  )
  const tables = new Map<string, Table>(
    objectNames.map((object) => [
      object,
      {
        records: new Map(),
        properties: defaultProperties(object, pipelines, options.currencies ?? []),
        holders: new Map(),
        order: [],
        dead: 0,
      },
    ]),
  )
  const groups = new Map(objectNames.map((object) => [object, new Map([[groupOf(object), groupOf(object)]])]))
  const owners = new Map<string, SimulatedOwner>()
  const merged = new Map<string, string>()
  const listeners: ((happening: Happening) => void)[] = []
  let indexDelayMs = options.indexDelayMs ?? 0
  let lastId = 1000

  const table = (object: string): Table => {
    const found = tables.get(object)
    if (found === undefined) throw new Error(`the simulated account has no object "${object}"`)
    return found
  }
  const tell = (happening: Happening) => {
    for (const listener of listeners) listener({ occurredAt: options.now(), ...happening })
  }
  const modifiedName = (object: string) => (object === 'contacts' ? 'lastmodifieddate' : 'hs_lastmodifieddate')

  /** Puts a record at its place in the order of changes. Time mostly goes forward, so the place is mostly the end. */
  function enter(object: string, record: Stored, at: number): void {
    const { order } = table(object)
    record.updatedAt = at
    record.properties[modifiedName(object)] = new Date(at).toISOString()
    const entry = { at, record }
    if ((order.at(-1)?.at ?? 0) <= at) order.push(entry)
    else order.splice(firstFrom(order, at + 1), 0, entry)
  }

  function touch(object: string, record: Stored, change: (record: Stored) => void): void {
    const now = options.now()
    const place = table(object)
    if (indexDelayMs > 0 && record.updatedAt <= now - indexDelayMs) {
      record.indexed = { at: record.updatedAt, properties: { ...record.properties } }
    }
    change(record)
    enter(object, record, now)
    place.dead += 1
    // Dead entries that the lagging index still shows must stay, so they are cleared only when there is no lag.
    if (place.dead > 1000 && place.dead > place.records.size && indexDelayMs === 0) {
      place.order = place.order.filter((entry) => entry.record.updatedAt === entry.at)
      place.dead = 0
    }
  }

  function create(object: string, values: Values, modifiedAt?: number, source = 'CRM_UI'): Stored {
    const now = modifiedAt ?? options.now()
    lastId += 1
    const record: Stored = {
      id: String(lastId),
      properties: { createdate: new Date(now).toISOString(), hs_object_id: String(lastId) },
      createdAt: now,
      updatedAt: now,
      archivedAt: null,
      indexed: null,
      source,
      past: {},
      links: {},
    }
    assign(object, record, values, now)
    table(object).records.set(record.id, record)
    enter(object, record, now)
    if (listeners.length > 0) {
      const creation = { objectId: Number(record.id), changeFlag: 'CREATED' }
      tell({ subscriptionType: `${singular(object)}.creation`, ...creation, ...whoOf(source) })
    }
    return record
  }

  function assign(object: string, record: Stored, values: Values, at: number): void {
    const { properties } = record
    const stageBefore = properties.dealstage
    for (const [name, value] of Object.entries(values)) {
      if (value === null || value === '') delete properties[name]
      else {
        properties[name] = normal(table(object).properties.get(name)?.type, value)
        if (isUnique(object, name)) hold(object, name, value, record)
      }
    }
    if (object === 'deals') {
      properties.pipeline ??= 'default'
      const stage = stages.get(properties.dealstage ?? '')
      const won = stage?.closed === true && stage.probability === 1
      if (won && properties.hs_is_closed_won !== 'true') properties.hs_closed_won_date = new Date(at).toISOString()
      // The latest time that the deal came into the stage.
      if (properties.dealstage !== undefined && properties.dealstage !== stageBefore) {
        const moment = new Date(at).toISOString()
        properties[`hs_v2_date_entered_${properties.dealstage}`] = moment
        properties.hs_v2_date_entered_current_stage = moment
      }
      properties.hs_is_closed = String(stage?.closed === true)
      properties.hs_is_closed_won = String(won)
    }
    if (object === 'line_items') properties.amount = lineAmount(properties)
  }

  /** Of the standard properties, only the e-mail of a contact; ids are no property to go by. */
  const isUnique = (object: string, name: string): boolean =>
    (object === 'contacts' && name === 'email') ||
    (name !== 'hs_object_id' && table(object).properties.get(name)?.hasUniqueValue === true)
  const claimOf = (name: string, value: string): string => (name === 'email' ? value.toLowerCase() : value)

  function hold(object: string, name: string, value: string, record: Stored): void {
    const { holders } = table(object)
    const held = holders.get(name) ?? new Map<string, Stored>()
    holders.set(name, held)
    held.set(claimOf(name, value), record)
  }

  /** The living record that has this value of a unique property. */
  function byValue(object: string, name: string, value: string): Stored | null {
    const record = table(object).holders.get(name)?.get(claimOf(name, value))
    if (record === undefined || get(object, record.id) !== record) return null
    return claimOf(name, record.properties[name] ?? '') === claimOf(name, value) ? record : null
  }

  function conflict(name: string, value: string): Refusal {
    const invalid = [
      {
        isValid: false,
        message: `another record already has the value ${value}`,
        error: 'CONFLICTING_UNIQUE_VALUE',
        name,
      },
    ]
    const message = `Property values were not valid: ${JSON.stringify(invalid)}`
    return { status: 400, category: 'VALIDATION_ERROR', message }
  }

  function conflictOf(object: string, record: Stored | null, values: Values): Refusal | null {
    for (const [name, value] of Object.entries(values)) {
      if (!value || !isUnique(object, name)) continue
      const holder = byValue(object, name, value)
      if (holder === null || holder === record) continue
      if (object !== 'contacts' || name !== 'email') return conflict(name, value)
      return { status: 409, category: 'CONFLICT', message: `Contact already exists. Existing ID: ${holder.id}` }
    }
    return null
  }

  /** Sets properties as any user or integration does. @returns null when HubSpot would take them */
  function refuse(object: string, record: Stored | null, values: Values): Refusal | null {
    const invalid: { isValid: false; message: string; error: string; name: string }[] = []
    for (const [name, value] of Object.entries(values)) {
      const property = table(object).properties.get(name)
      if (property === undefined) {
        const message = `Property "${name}" does not exist`
        invalid.push({ isValid: false, message, error: 'PROPERTY_DOESNT_EXIST', name })
        continue
      }
      const error = flawOf(property, value ?? '')
      if (error !== null)
        invalid.push({ isValid: false, message: `${String(value).slice(0, 50)} was not valid.`, error, name })
    }
    const pipeline = values.pipeline ?? record?.properties.pipeline ?? 'default'
    const stage = values.dealstage
    if (object === 'deals' && stage && stages.get(stage)?.pipeline !== pipeline && invalid.length === 0) {
      invalid.push({
        isValid: false,
        message: `${stage} is no stage of ${pipeline}`,
        error: 'INVALID_OPTION',
        name: 'dealstage',
      })
    }
    if (invalid.length === 0) return conflictOf(object, record, values)
    const message = `Property values were not valid: ${JSON.stringify(invalid)}`
    return { status: 400, category: 'VALIDATION_ERROR', message }
  }

  function update(object: string, record: Stored, values: Values, source: string): void {
    const before = { ...record.properties }
    touch(object, record, () => assign(object, record, values, options.now()))
    remember(object, record, before, source)
    if (listeners.length === 0) return
    for (const name of new Set([...Object.keys(before), ...Object.keys(record.properties)])) {
      const value = record.properties[name] ?? ''
      if ((before[name] ?? '') === value || name === modifiedName(object)) continue
      const change = { propertyName: name, propertyValue: value, objectId: Number(record.id) }
      tell({ subscriptionType: `${singular(object)}.propertyChange`, ...change, ...whoOf(source) })
    }
  }

  function remember(object: string, record: Stored, before: Readonly<Record<string, string>>, source: string): void {
    for (const name of new Set([...Object.keys(before), ...Object.keys(record.properties)])) {
      const value = record.properties[name] ?? ''
      if (value === (before[name] ?? '') || name === modifiedName(object)) continue
      const past = record.past[name] ?? firstMoment(record, before[name])
      record.past[name] = [{ value, at: record.updatedAt, source }, ...past]
    }
  }

  function link(
    from: string,
    fromId: string,
    to: string,
    toId: string,
    forth: readonly number[],
    back: readonly number[],
  ) {
    const [one, other] = [get(from, fromId), get(to, toId)]
    if (one === null || other === null) throw new Error(`cannot link ${from} ${fromId} to ${to} ${toId}: not there`)
    one.links[to] ??= []
    other.links[from] ??= []
    one.links[to].push({ id: toId, types: forth })
    other.links[from].push({ id: fromId, types: back })
    if (listeners.length === 0) return
    const associationType = `${singular(from)}_TO_${singular(to)}`.toUpperCase()
    const ends = { fromObjectId: Number(fromId), toObjectId: Number(toId) }
    tell({ subscriptionType: `${singular(from)}.associationChange`, associationType, ...ends })
  }

  function unlink(object: string, record: Stored): void {
    for (const [other, links] of Object.entries(record.links)) {
      for (const { id } of links) {
        const end = table(other).records.get(id)
        if (end?.links[object] !== undefined)
          end.links[object] = end.links[object].filter((one) => one.id !== record.id)
      }
    }
    record.links = {}
  }

  /** The record as it is, a merged id as the survivor; null when it is not there or archived. */
  function get(object: string, id: string): Stored | null {
    const record = table(object).records.get(merged.get(`${object}:${id}`) ?? id)
    return record === undefined || record.archivedAt !== null ? null : record
  }

  function archived(object: string, id: string): Stored | null {
    const record = table(object).records.get(id)
    return record === undefined || record.archivedAt === null ? null : record
  }

  function archive(object: string, id: string): void {
    const record = get(object, id)
    if (record === null) return
    record.archivedAt = options.now()
    record.indexed = null
    tell({ subscriptionType: `${singular(object)}.deletion`, objectId: Number(id), changeFlag: 'DELETED' })
  }

  function restore(object: string, id: string): void {
    const record = table(object).records.get(id)
    if (record === undefined || record.archivedAt === null) return
    record.archivedAt = null
    touch(object, record, () => {})
    tell({ subscriptionType: `${singular(object)}.restore`, objectId: Number(id) })
  }

  /** The loser's id answers with the winner from now on, and its associations move over. */
  function merge(object: string, winnerId: string, loserId: string): void {
    const [winner, loser] = [get(object, winnerId), get(object, loserId)]
    if (winner === null || loser === null) throw new Error(`cannot merge ${object} ${loserId} into ${winnerId}`)
    for (const [other, links] of Object.entries(loser.links)) {
      for (const { id, types } of links) {
        const back = get(other, id)?.links[object]?.find((one) => one.id === loserId)?.types ?? []
        link(object, winnerId, other, id, types, back)
      }
    }
    unlink(object, loser)
    table(object).records.delete(loserId)
    loser.archivedAt = options.now()
    merged.set(`${object}:${loserId}`, winnerId)
    touch(object, winner, ({ properties }) => {
      properties.hs_merged_object_ids = [properties.hs_merged_object_ids, loserId].filter(Boolean).join(';')
    })
    const ids = { primaryObjectId: Number(winnerId), newObjectId: Number(winnerId), mergedObjectIds: [Number(loserId)] }
    tell({ subscriptionType: `${singular(object)}.merge`, objectId: Number(winnerId), ...ids })
  }

  /** The version of a record that the search shows at this entry of the order; null when the entry is dead or too new. */
  function shown(entry: { at: number; record: Stored }, visibleTo: number): Readonly<Record<string, string>> | null {
    const { record } = entry
    if (record.archivedAt !== null) return null
    if (record.updatedAt <= visibleTo) return record.updatedAt === entry.at ? record.properties : null
    return record.indexed?.at === entry.at ? record.indexed.properties : null
  }

  return {
    pipelines,
    owners,
    groups: (object: string) => groups.get(object) ?? new Map<string, string>(),
    has: (object: string) => tables.has(object),
    properties: (object: string) => table(object).properties,
    records: (object: string): ReadonlyMap<string, Stored> => table(object).records,
    modifiedName,
    get,
    archived,
    byValue,
    isUnique,
    conflict,
    history: (record: Stored, name: string): readonly Moment[] =>
      record.past[name] ?? firstMoment(record, record.properties[name]),
    create,
    refuse,
    update,
    link,
    unlink,
    archive,
    restore,
    merge,
    setIndexDelay: (ms: number) => {
      indexDelayMs = ms
    },
    listen: (listener: (happening: Happening) => void) => void listeners.push(listener),
    /** Shows what the index has of records changed from `from` up to `to`, oldest change first, until `see` says no. */
    scan(object: string, from: number, to: number, see: See): void {
      const { order } = table(object)
      const visibleTo = options.now() - indexDelayMs
      for (let n = firstFrom(order, from); n < order.length; n += 1) {
        const entry = order[n]
        if (entry === undefined || entry.at > to) return
        const properties = shown(entry, visibleTo)
        if (properties !== null && !see(entry.record, properties, entry.at)) return
      }
    },
  }
}

const firstMoment = ({ createdAt, source }: Stored, value: string | undefined): Moment[] =>
  value === undefined ? [] : [{ value, at: createdAt, source }]

const singular = (object: string): string =>
  object === 'companies' ? 'company' : object.endsWith('s') ? object.slice(0, -1) : object

/** Index of the first entry at or after a time. */
function firstFrom(order: readonly { readonly at: number }[], at: number): number {
  let [low, high] = [0, order.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((order[middle]?.at ?? 0) < at) low = middle + 1
    else high = middle
  }
  return low
}

function flawOf(property: SimulatedProperty, value: string): string | null {
  if (property.modificationMetadata.readOnlyValue) return 'READ_ONLY_VALUE'
  if (value === '') return null
  switch (property.type) {
    case 'number':
      return parseDecimal(value) === null ? 'INVALID_DOUBLE' : null
    case 'bool':
      return value === 'true' || value === 'false' ? null : 'INVALID_BOOLEAN'
    case 'date':
      return parsePlainDate(value) !== null || Number(value) % 86_400_000 === 0 ? null : 'INVALID_DATE'
    case 'datetime':
      return parseInstant(value) === null && parsePlainDate(value) === null ? 'INVALID_DATE' : null
    case 'enumeration': {
      if (property.externalOptions) return null
      const legal = new Set(property.options.map((option) => option.value))
      const chosen = property.fieldType === 'checkbox' ? value.split(';') : [value]
      return chosen.every((one) => legal.has(one)) ? null : 'INVALID_OPTION'
    }
    default:
      return value.length > textMax ? 'PROPERTY_VALUE_TOO_LONG' : null
  }
}

/** Dates and times come back in ISO form, however they were written. */
function normal(type: string | undefined, value: string): string {
  const millis = /^\d{9,14}$/.test(value) ? Number(value) : Date.parse(value)
  if (type === 'datetime') return new Date(millis).toISOString()
  return type === 'date' ? new Date(millis).toISOString().slice(0, 10) : value
}

/** HubSpot computes a line's net amount: the percentage wins over the discount per unit. */
function lineAmount(properties: Readonly<Record<string, string>>): string {
  const [price, quantity] = [decimalOr0(properties.price), decimalOr0(properties.quantity ?? '1')]
  const percent = properties.hs_discount_percentage
  const off = percent === undefined ? decimalOr0(properties.discount) : percentOf(price, decimalOr0(percent))
  return round(multiply(subtract(price, off), quantity), 2)
}

const decimalOr0 = (text: string | undefined): Decimal => parseDecimal(text ?? '0') ?? decimal(0)
export const sumOfAmounts = (lines: readonly Stored[]): string =>
  lines.reduce((sum, line) => add(sum, decimalOr0(line.properties.amount)), decimal(0))

/** Who changed something, as events say it. Source: samples that receivers of them have published. */
const whoOf = (source: string): Happening => ({
  changeSource: source,
  ...(source === 'CRM_UI' ? { sourceId: 'userId:1001' } : {}),
})
