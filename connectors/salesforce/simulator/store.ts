import { idOf } from './ids.ts'
import type { Schema, SimulatedObject } from './schema.ts'

/** Numbers are `Decimal` text, dates plain dates, date-times ISO instants in whole seconds. */
export type Value = string | boolean | null
export type Values = Readonly<Record<string, Value>>

export interface Row {
  readonly object: string
  readonly id: string
  /** Its place in the order in which its object's records were made, which is the order of their ids. */
  readonly place: number
  readonly fields: Record<string, Value>
  /** `SystemModstamp` in seconds. */
  stamp: number
  purged: boolean
}
export interface Happening {
  readonly kind: 'CREATE' | 'UPDATE' | 'DELETE' | 'UNDELETE'
  readonly row: Row
  /** Names of the fields whose value is another now. */
  readonly changed: readonly string[]
  /** The user. */
  readonly by: string
  readonly at: number
}

interface Table {
  readonly object: SimulatedObject
  /** In the order of places; what was purged is marked. */
  readonly list: Row[]
  /** A record with nothing in it. Copies of one literal share their shape, which is what many records need. */
  blank: Values
  readonly indexes: Map<string, Map<string, Row[]>>
  /** By stamp, then place. An entry whose record has another stamp by now is dead. */
  stamps: number[]
  stamped: Row[]
}
type Undo = () => void
export type Store = ReturnType<typeof openStore>

/**
 * The records of one org, with an index by id, by each lookup and External ID, and by (SystemModstamp, Id). What is
 * written inside `transaction` is undone when it throws, and told to listeners only when it does not.
 */
export function openStore(schema: Schema, now: () => number) {
  const tables = new Map<string, Table>()
  const byId = new Map<string, Row>()
  const listeners: ((happenings: readonly Happening[]) => void)[] = []
  let undo: Undo[] | null = null
  let happenings: Happening[] = []
  let setupVersion = 0

  const table = (name: string): Table => {
    const found = tables.get(name)
    if (found !== undefined) return found
    const object = schema.object(name)
    if (object.name !== name) return table(object.name)
    const made: Table = {
      object,
      list: [],
      blank: blankOf(object),
      indexes: new Map(),
      stamps: [],
      stamped: [],
    }
    for (const field of object.fields.values()) if (field.indexed) made.indexes.set(field.name, new Map())
    tables.set(name, made)
    return made
  }

  function index(at: Table, row: Row, name: string, value: Value, enter: boolean): void {
    const key = keyOf(value)
    const known = at.indexes.get(name)
    if (known === undefined || key === null) return
    const rows = known.get(key)
    if (enter) {
      if (rows === undefined) known.set(key, [row])
      else rows.push(row)
    } else if (rows !== undefined) {
      const left = rows.filter((one) => one !== row)
      if (left.length === 0) known.delete(key)
      else known.set(key, left)
    }
  }

  /** Puts a record at its place by (stamp, place). Time mostly goes forward, so that is near the end. */
  function stampAt(at: Table, row: Row, stamp: number): void {
    row.stamp = stamp
    row.fields.SystemModstamp = textOf(stamp)
    const place = firstFrom(at, stamp, row.place)
    if (at.stamps[place] === stamp && at.stamped[place] === row) return
    if (place === at.stamps.length) {
      at.stamps.push(stamp)
      at.stamped.push(row)
    } else {
      at.stamps.splice(place, 0, stamp)
      at.stamped.splice(place, 0, row)
    }
    if (undo === null && at.stamps.length > 2 * at.list.length + 10_000) sweep(at)
  }

  function tell(happening: Happening): void {
    if (listeners.length === 0) return
    happenings.push(happening)
    if (undo === null) flush()
  }
  function flush(): void {
    const all = happenings
    happenings = []
    if (all.length > 0) for (const listener of listeners) listener(all)
  }

  function insert(name: string, values: Values, by: string, at = now()): Row {
    const to = table(name)
    const stamp = Math.floor(at / 1000)
    const time = textOf(stamp)
    const id = typeof values.Id === 'string' ? values.Id : idOf(to.object.prefix, to.list.length + 1)
    const fields: Record<string, Value> = { ...to.blank }
    Object.assign(fields, values, {
      Id: id,
      CreatedDate: time,
      CreatedById: by,
      LastModifiedDate: time,
      LastModifiedById: by,
    })
    const row: Row = { object: to.object.name, id, place: to.list.length, fields, stamp, purged: false }
    to.list.push(row)
    byId.set(id, row)
    if (to.object.kind === 'setup') setupVersion += 1
    for (const one of to.indexes.keys()) index(to, row, one, fields[one] ?? null, true)
    stampAt(to, row, stamp)
    undo?.push(() => purge(row))
    tell({ kind: 'CREATE', row, changed: Object.keys(values), by, at })
    return row
  }

  /**
   * Writes fields and moves the stamps, also where nothing is new, as Salesforce does.
   * @param kind  what listeners are told; null to tell nobody
   */
  function update(row: Row, values: Values, by: string, kind: Happening['kind'] | null = 'UPDATE', at = now()): void {
    const of = table(row.object)
    const before: Record<string, Value> = {
      LastModifiedDate: row.fields.LastModifiedDate ?? null,
      LastModifiedById: row.fields.LastModifiedById ?? null,
    }
    const changed: string[] = []
    for (const [name, value] of Object.entries(values)) {
      before[name] = row.fields[name] ?? null
      if (before[name] !== value) changed.push(name)
    }
    const stamp = Math.floor(at / 1000)
    const old = row.stamp
    if (of.object.kind === 'setup') setupVersion += 1
    put(of, row, { ...values, LastModifiedDate: textOf(stamp), LastModifiedById: by })
    stampAt(of, row, stamp)
    undo?.push(() => {
      put(of, row, before)
      stampAt(of, row, old)
    })
    if (kind !== null) tell({ kind, row, changed, by, at })
  }
  function put(at: Table, row: Row, values: Values): void {
    for (const [name, value] of Object.entries(values)) {
      const old = row.fields[name] ?? null
      if (old === value) continue
      index(at, row, name, old, false)
      row.fields[name] = value
      index(at, row, name, value, true)
    }
  }

  /** Takes a record out for good; only ids that other systems remember are left of it. */
  function purge(row: Row): void {
    const of = table(row.object)
    for (const name of of.indexes.keys()) index(of, row, name, row.fields[name] ?? null, false)
    byId.delete(row.id)
    row.purged = true
    setupVersion += 1
  }

  return {
    now,
    /** Moves when a permission may have changed. */
    setupVersion: () => setupVersion,
    insert,
    update,
    purge,
    /** Records in the Recycle Bin are found too. */
    get: (name: string, id: string): Row | null => {
      const row = byId.get(id)
      return row?.object === name ? row : null
    },
    any: (id: string): Row | null => byId.get(id) ?? null,
    count: (name: string): number => table(name).list.length,
    *rows(name: string, fromPlace = 0): Generator<Row> {
      const { list } = table(name)
      for (let place = fromPlace; place < list.length; place += 1) {
        const row = list[place]
        if (row !== undefined && !row.purged) yield row
      }
    },
    /** The first place whose id is larger. */
    placeAfter(name: string, id: string): number {
      const { list } = table(name)
      return firstWhere(list.length, (place) => (list[place]?.id ?? '') > id)
    },
    isIndexed: (name: string, field: string): boolean => table(name).indexes.has(field),
    having: (name: string, field: string, value: Value): readonly Row[] =>
      table(name)
        .indexes.get(field)
        ?.get(keyOf(value) ?? '') ?? [],
    /** How many entries `since` goes through at most. */
    countSince: (name: string, stamp: number, place: number): number => {
      const at = table(name)
      return at.stamps.length - firstFrom(at, stamp, place)
    },
    /** Records by (SystemModstamp, Id) from a place on, which is passed over itself unless it is there. */
    *since(name: string, stamp: number, place: number, toStamp = Number.POSITIVE_INFINITY): Generator<Row> {
      const at = table(name)
      for (let n = firstFrom(at, stamp, place); n < at.stamps.length; n += 1) {
        const [when = 0, row] = [at.stamps[n], at.stamped[n]]
        if (when > toStamp) return
        if (row !== undefined && row.stamp === when && !row.purged) yield row
      }
    },
    /** A field that was added has no values yet. */
    addColumn(name: string, field: string, value: Value): void {
      const at = table(name)
      at.blank = { ...at.blank, [field]: value }
      for (const row of at.list) row.fields[field] ??= value
      if (schema.field(name, field)?.indexed === true) at.indexes.set(field, new Map())
    },
    listen: (listener: (happenings: readonly Happening[]) => void) => void listeners.push(listener),
    transaction<T>(work: () => T): T {
      if (undo !== null) return savepoint(work)
      undo = []
      try {
        return savepoint(work)
      } finally {
        undo = null
        flush()
      }
    },
  }

  function savepoint<T>(work: () => T): T {
    const steps = undo ?? []
    const [begun, told] = [steps.length, happenings.length]
    try {
      return work()
    } catch (error) {
      for (const step of steps.splice(begun).reverse()) step()
      happenings.splice(told)
      throw error
    }
  }
}

/** Filled twice, so that a field that begins as null can hold text without a change of shape. */
function blankOf(object: SimulatedObject): Values {
  const blank: Record<string, Value> = {}
  for (const { name, type, follows } of object.fields.values()) {
    if (type !== 'address' && follows === null) blank[name] = type === 'boolean' ? false : ''
  }
  for (const [name, value] of Object.entries(blank)) if (value === '') blank[name] = null
  return blank
}

/** Text is found whatever its case. */
const keyOf = (value: Value): string | null => (typeof value === 'string' ? value.toLowerCase() : null)
let lastText = { seconds: Number.NaN, text: '' }
/** Thousands of records are written within one second, and share its text. */
function textOf(seconds: number): string {
  if (lastText.seconds !== seconds) {
    lastText = { seconds, text: `${new Date(seconds * 1000).toISOString().slice(0, 19)}.000Z` }
  }
  return lastText.text
}

function firstFrom(at: Table, stamp: number, place: number): number {
  return firstWhere(at.stamps.length, (n) => {
    const when = at.stamps[n] ?? 0
    return when > stamp || (when === stamp && (at.stamped[n]?.place ?? 0) >= place)
  })
}
function firstWhere(length: number, holds: (place: number) => boolean): number {
  let [low, high] = [0, length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}

function sweep(at: Table): void {
  const live = at.stamped.map((row, n) => !row.purged && row.stamp === at.stamps[n])
  at.stamps = at.stamps.filter((_, n) => live[n])
  at.stamped = at.stamped.filter((_, n) => live[n])
}
