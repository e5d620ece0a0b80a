import type { SimulatedModels, Value, Values } from './models.ts'

/** A record as it is kept: references are ids, times have milliseconds and sort as text. */
export type Row = { readonly id: number } & Record<string, Value>

interface Table {
  /** By id; ids are never used twice. */
  readonly rows: (Row | undefined)[]
  count: number
  /** A row with nothing in it. Copies of one literal share their shape, which is what a million rows need. */
  readonly blank: Values
  readonly indexes: ReadonlyMap<string, Map<Value, number | number[]>>
  /** Changes in the order of time. An entry whose record has another `write_date` by now is dead. */
  times: string[]
  ids: number[]
}
type Undo = () => void
export type Store = ReturnType<typeof openStore>

/**
 * The tables of one database: rows, an index by value for the fields that have one, and one by time of change.
 * Everything written inside `transaction` is undone when it throws, but for the ids that were used up.
 */
export function openStore(models: SimulatedModels, now: () => number, major: number) {
  const tables = new Map<string, Table>()
  for (const [name, { fields }] of models) {
    const kept = Object.entries(fields).filter(
      ([, field]) => field.related === undefined && field.inverse === undefined && field.computed !== true,
    )
    tables.set(name, {
      rows: [],
      count: 0,
      blank: blankOf(kept.map(([one, field]) => [one, field.default ?? false])),
      indexes: new Map(kept.filter(([, field]) => field.indexed === true).map(([one]) => [one, new Map()])),
      times: [],
      ids: [],
    })
  }
  let undo: Undo[] | null = null
  let stamp = ''

  const table = (model: string): Table => {
    const found = tables.get(model)
    if (found === undefined) throw new Error(`the simulated Odoo has no model "${model}"`)
    return found
  }
  const get = (model: string, id: number): Row | undefined => table(model).rows[id]

  /** One moment for all of a transaction, as PostgreSQL's `now()`. */
  const time = (): string => (undo === null ? textOf(now()) : stamp)

  function index(at: Table, row: Row, name: string, value: Value, enter: boolean): void {
    const known = at.indexes.get(name)
    if (known === undefined || value === false) return
    for (const key of Array.isArray(value) ? (value as readonly number[]) : [value]) {
      if (enter) add(known, key as Value, row.id)
      else drop(known, key as Value, row.id)
    }
  }
  function indexAll(at: Table, row: Row, enter: boolean): void {
    for (const name of at.indexes.keys()) index(at, row, name, row[name] ?? false, enter)
  }

  function enter(at: Table, row: Row): void {
    const when = String(row.write_date)
    const last = at.times.length - 1
    if (at.times[last] === when && at.ids[last] === row.id) return
    if (last < 0 || (at.times[last] ?? '') <= when) {
      at.times.push(when)
      at.ids.push(row.id)
    } else {
      const place = firstFrom(at.times, `${when}~`)
      at.times.splice(place, 0, when)
      at.ids.splice(place, 0, row.id)
    }
    if (at.times.length > 2 * at.count + 10_000) sweep(at)
  }

  function create(model: string, values: Values): Row {
    const at = table(model)
    const id = Math.max(1, at.rows.length)
    const when = time()
    const row: Row = { ...at.blank, ...values, id, create_date: when, write_date: when, create_uid: 2, write_uid: 2 }
    at.rows[id] = row
    at.count += 1
    indexAll(at, row, true)
    enter(at, row)
    undo?.push(() => {
      indexAll(at, row, false)
      at.rows[id] = undefined
      at.count -= 1
    })
    return row
  }

  /** Writes fields and moves `write_date`, also where nothing is new, as Odoo does. */
  function update(model: string, id: number, values: Values): void {
    const at = table(model)
    const row = at.rows[id]
    if (row === undefined) throw new Error(`the simulated Odoo has no ${model} ${id}`)
    const before: Record<string, Value> = { write_date: row.write_date ?? false }
    for (const name of Object.keys(values)) before[name] = row[name] ?? false
    put(at, row, { ...values, write_date: time() })
    enter(at, row)
    undo?.push(() => put(at, row, before))
  }
  function put(at: Table, row: Row, values: Values): void {
    for (const [name, value] of Object.entries(values)) {
      const old = row[name] ?? false
      if (old === value) continue
      index(at, row, name, old, false)
      row[name] = value
      index(at, row, name, value, true)
    }
  }

  function remove(model: string, id: number): void {
    const at = table(model)
    const row = at.rows[id]
    if (row === undefined) return
    indexAll(at, row, false)
    at.rows[id] = undefined
    at.count -= 1
    undo?.push(() => {
      at.rows[id] = row
      at.count += 1
      indexAll(at, row, true)
    })
  }

  return {
    models,
    major,
    get,
    time,
    create,
    update,
    remove,
    count: (model: string): number => table(model).count,
    *rows(model: string): Generator<Row> {
      for (const row of table(model).rows) if (row !== undefined) yield row
    },
    /** The largest id so far; ids between 1 and it may be gone. */
    lastId: (model: string): number => table(model).rows.length - 1,
    isIndexed: (model: string, field: string): boolean => table(model).indexes.has(field),
    /** Ids of the records that have a value in an indexed field, or a reference to it. */
    having(model: string, field: string, value: Value): readonly number[] {
      const found = table(model).indexes.get(field)?.get(value)
      return found === undefined ? [] : typeof found === 'number' ? [found] : found
    },
    /** About how many records were written at or after a time. */
    changedCount(model: string, from: string): number {
      const { times } = table(model)
      return times.length - firstFrom(times, from)
    },
    /** Ids of the records that were last written at or after a time. */
    changed(model: string, from: string): Set<number> {
      const { times, ids, rows } = table(model)
      const found = new Set<number>()
      for (let place = firstFrom(times, from); place < times.length; place += 1) {
        const id = ids[place] ?? 0
        if (rows[id]?.write_date === times[place]) found.add(id)
      }
      return found
    },
    transaction<T>(work: () => T): T {
      if (undo !== null) return savepoint(work)
      undo = []
      stamp = textOf(now())
      try {
        return savepoint(work)
      } finally {
        undo = null
      }
    },
  }

  function savepoint<T>(work: () => T): T {
    const steps = undo ?? []
    const begun = steps.length
    try {
      return work()
    } catch (error) {
      for (const step of steps.splice(begun).reverse()) step()
      throw error
    }
  }
}

/** Filled twice, so that V8 keeps small numbers in the row: a field that began as a number would get a box for each. */
function blankOf(defaults: readonly (readonly [string, Value])[]): Values {
  const blank: Record<string, Value> = Object.fromEntries(defaults.map(([name]) => [name, '']))
  for (const [name, value] of defaults) blank[name] = value
  return blank
}

const textOf = (millis: number): string => new Date(millis).toISOString().slice(0, 23).replace('T', ' ')

function add(index: Map<Value, number | number[]>, key: Value, id: number): void {
  const known = index.get(key)
  if (known === undefined) index.set(key, id)
  else if (typeof known === 'number') index.set(key, [known, id])
  // A list that is pushed to keeps room for more; most of these stay short.
  else if (known.length < 8) index.set(key, [...known, id])
  else known.push(id)
}

function drop(index: Map<Value, number | number[]>, key: Value, id: number): void {
  const known = index.get(key)
  if (typeof known === 'number') {
    if (known === id) index.delete(key)
  } else if (known !== undefined) {
    const left = known.filter((one) => one !== id)
    if (left.length === 0) index.delete(key)
    else index.set(key, left.length === 1 ? (left[0] ?? 0) : left)
  }
}

/** Place of the first time that is not before `from`. */
function firstFrom(times: readonly string[], from: string): number {
  let [low, high] = [0, times.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((times[middle] ?? '') < from) low = middle + 1
    else high = middle
  }
  return low
}

function sweep(at: Table): void {
  const seen = new Set<number>()
  const live = at.ids.map((id, place) => {
    if (at.rows[id]?.write_date !== at.times[place] || seen.has(id)) return false
    seen.add(id)
    return true
  })
  at.times = at.times.filter((_, place) => live[place])
  at.ids = at.ids.filter((_, place) => live[place])
}
