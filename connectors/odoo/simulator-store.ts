import type { Json, JsonObject } from '../../src/core/json.ts'
import type { Column, Models } from './simulator-models.ts'

export type Value = string | number | boolean | readonly number[]
/** A row keeps what is stored, by id; an unset field is absent. */
export interface Row {
  readonly id: number
  [name: string]: Value
}

/** The tables of a simulated Odoo, with the indexes that its searches need. */
export interface Store {
  readonly models: Models
  insert(model: string, values: Readonly<Record<string, Value>>): Row
  /** Moves `write_date`, as every write of Odoo does. */
  update(model: string, row: Row, values: Readonly<Record<string, Value>>): void
  remove(model: string, id: number): void
  get(model: string, id: number): Row | undefined
  /** @throws Error when there is none: a fault of the simulator */
  need(model: string, id: number): Row
  all(model: string): IterableIterator<Row>
  count(model: string): number
  /** The records whose indexed field is, or holds, this. */
  by(model: string, column: string, value: string | number): readonly Row[]
  /** In ascending order of id. @throws OdooError for what is no domain */
  search(model: string, domain: readonly unknown[], archived: boolean): Row[]
  /** Fields as Odoo sends them. @throws OdooError for an unknown field */
  read(model: string, row: Row, fields: readonly string[]): JsonObject
  /** How a field that is not stored comes about. */
  compute(model: string, column: string, value: (row: Row) => Json): void
  label(model: string, id: number): string
}

export interface OdooError extends Error {
  readonly exception: string
}
/** An exception as Odoo would throw it. */
export const odooError = (exception: string, message: string): OdooError =>
  Object.assign(new Error(message), { exception })

interface Table {
  readonly rows: Map<number, Row>
  readonly indexes: Map<string, Map<string | number, Set<number>>>
  /** Every write in order of time, the latest of a row last. */
  touched: { at: string; id: number }[]
  next: number
}

/** @param now  the moment as Odoo writes it: `2026-11-24 09:30:00` */
export function openStore(models: Models, now: () => string): Store {
  const tables = new Map<string, Table>()
  const computed = new Map<string, (row: Row) => Json>()
  for (const [model, columns] of Object.entries(models)) {
    const indexes = new Map(
      Object.entries(columns).flatMap(([name, { indexed }]) =>
        indexed ? [[name, new Map<string | number, Set<number>>()]] : [],
      ),
    )
    tables.set(model, { rows: new Map(), indexes, touched: [], next: 1 })
  }
  const tableOf = (model: string): Table => {
    const table = tables.get(model)
    if (table === undefined) throw odooError('odoo.exceptions.UserError', `Object ${model} doesn't exist`)
    return table
  }
  const columnOf = (model: string, name: string): Column | undefined => models[model]?.[name]

  const keysOf = (value: Value | undefined): readonly (string | number)[] =>
    Array.isArray(value) ? value : typeof value === 'string' || typeof value === 'number' ? [value] : []
  function reindex(table: Table, id: number, name: string, before: Value | undefined, after: Value | undefined): void {
    const index = table.indexes.get(name)
    if (index === undefined) return
    for (const key of keysOf(before)) index.get(key)?.delete(id)
    for (const key of keysOf(after)) {
      const ids = index.get(key)
      if (ids === undefined) index.set(key, new Set([id]))
      else ids.add(id)
    }
  }
  function touch(table: Table, row: Row): void {
    const at = now()
    row.write_date = at
    table.touched.push({ at, id: row.id })
    if (table.touched.length > 1000 && table.touched.length > 4 * table.rows.size) {
      table.touched = table.touched.filter(({ at: moment, id }) => table.rows.get(id)?.write_date === moment)
    }
  }

  function idsTouchedSince(table: Table, at: string): Set<number> {
    let low = 0
    let high = table.touched.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((table.touched[middle]?.at ?? '') < at) low = middle + 1
      else high = middle
    }
    const ids = new Set<number>()
    for (let place = low; place < table.touched.length; place += 1) ids.add(table.touched[place]?.id ?? 0)
    return ids
  }

  /** The ids a relation of a row holds. */
  function linked(model: string, row: Row, name: string): readonly number[] {
    const column = columnOf(model, name)
    if (column?.inverse !== undefined && column.relation !== undefined) {
      return [...(tables.get(column.relation)?.indexes.get(column.inverse)?.get(row.id) ?? [])]
    }
    const compute = computed.get(`${model} ${name}`)
    const value = compute === undefined ? row[name] : compute(row)
    return Array.isArray(value) ? (value as readonly number[]) : typeof value === 'number' ? [value] : []
  }

  interface Condition {
    /** Rows among which all that match are; null when every row has to be looked at. */
    candidates(): ReadonlySet<number> | null
    test(row: Row): boolean
  }

  function compile(model: string, domain: readonly unknown[]): Condition {
    const terms = [...domain]
    const next = (): Condition => {
      const term = terms.shift()
      if (term === '!') {
        const one = next()
        return { candidates: () => null, test: (row) => !one.test(row) }
      }
      if (term === '&') return both(next(), next())
      if (term === '|') return either(next(), next())
      if (!Array.isArray(term) || term.length !== 3)
        throw odooError('builtins.ValueError', `Invalid leaf ${JSON.stringify(term)}`)
      return leaf(model, String(term[0]), String(term[1]), term[2])
    }
    const conditions: Condition[] = []
    while (terms.length > 0) conditions.push(next())
    return conditions.reduce(both, everything)
  }

  const everything: Condition = { candidates: () => null, test: () => true }
  function both(one: Condition, other: Condition): Condition {
    return {
      candidates() {
        const [a, b] = [one.candidates(), other.candidates()]
        if (a === null || b === null) return a ?? b
        return a.size <= b.size ? a : b
      },
      test: (row) => one.test(row) && other.test(row),
    }
  }
  function either(one: Condition, other: Condition): Condition {
    return {
      candidates() {
        const a = one.candidates()
        const b = a === null ? null : other.candidates()
        return a === null || b === null ? null : a.union(b)
      },
      test: (row) => one.test(row) || other.test(row),
    }
  }

  function leaf(model: string, path: string, operator: string, operand: unknown): Condition {
    const [name = '', ...rest] = path.split('.')
    const column = columnOf(model, name)
    const text = `('${path}', '${operator}', ${JSON.stringify(operand)?.replaceAll('"', "'")})`
    if (column === undefined) throw odooError('builtins.ValueError', `Invalid field ${model}.${name} in leaf ${text}`)
    if (rest.length > 0 && column.relation !== undefined) {
      const inner = ids(column.relation, [[rest.join('.'), operator, operand]])
      return linking(model, name, column, inner)
    }
    const relational = column.relation !== undefined
    if (relational && column.type !== 'many2one') {
      return linking(model, name, column, new Set(Array.isArray(operand) ? operand : [operand as number]))
    }
    const table = tableOf(model)
    const matches = comparison(operator, operand, text)
    const valueIn = (row: Row): unknown => (name === 'id' ? row.id : (row[name] ?? blankOf(column)))
    const index = name === 'id' ? null : table.indexes.get(name)
    return {
      candidates() {
        if (name === 'id' && operator === '=') return new Set([Number(operand)])
        if (name === 'id' && operator === 'in') return new Set(operand as readonly number[])
        if (name === 'write_date' && operator.startsWith('>')) return idsTouchedSince(table, String(operand))
        if (index === null || index === undefined) return null
        if (operator === '=' && operand !== false) return index.get(operand as string) ?? new Set()
        if (operator === 'in' && Array.isArray(operand) && !operand.includes(false)) {
          const found = new Set<number>()
          for (const value of operand) for (const id of index.get(value) ?? []) found.add(id)
          return found
        }
        return null
      },
      test: (row) => matches(valueIn(row)),
    }
  }

  /** Rows whose relation leads to one of `targets`. */
  function linking(model: string, name: string, column: Column, targets: ReadonlySet<number>): Condition {
    const index = tables.get(model)?.indexes.get(name)
    return {
      candidates() {
        const found = new Set<number>()
        if (column.inverse !== undefined && column.relation !== undefined) {
          for (const id of targets) {
            const back = tables.get(column.relation)?.rows.get(id)?.[column.inverse]
            for (const key of keysOf(back)) found.add(Number(key))
          }
          return found
        }
        if (index === undefined) return null
        for (const id of targets) for (const one of index.get(id) ?? []) found.add(one)
        return found
      },
      test: (row) => linked(model, row, name).some((id) => targets.has(id)),
    }
  }

  function ids(model: string, domain: readonly unknown[]): Set<number> {
    return new Set(find(model, domain, true).map((row) => row.id))
  }

  function find(model: string, domain: readonly unknown[], archived: boolean): Row[] {
    const table = tableOf(model)
    const condition = compile(model, domain)
    const hides = !archived && columnOf(model, 'active') !== undefined
    const candidates = condition.candidates()
    const rows = candidates === null ? table.rows.values() : [...candidates].flatMap((id) => table.rows.get(id) ?? [])
    const found: Row[] = []
    for (const row of rows) if (condition.test(row) && !(hides && row.active === false)) found.push(row)
    return candidates === null ? found : found.sort((a, b) => a.id - b.id)
  }

  const store: Store = {
    models,
    insert(model, values) {
      const table = tableOf(model)
      const row: Row = { ...values, id: table.next, create_date: now() }
      table.next += 1
      table.rows.set(row.id, row)
      for (const name of table.indexes.keys()) reindex(table, row.id, name, undefined, row[name])
      touch(table, row)
      return row
    },
    update(model, row, values) {
      const table = tableOf(model)
      for (const [name, value] of Object.entries(values)) {
        reindex(table, row.id, name, row[name], value)
        row[name] = value
      }
      touch(table, row)
    },
    remove(model, id) {
      const table = tableOf(model)
      const row = table.rows.get(id)
      if (row === undefined) return
      for (const name of table.indexes.keys()) reindex(table, id, name, row[name], undefined)
      table.rows.delete(id)
    },
    get: (model, id) => tableOf(model).rows.get(id),
    need(model, id) {
      const row = tableOf(model).rows.get(id)
      if (row === undefined) throw new Error(`no ${model} ${id}`)
      return row
    },
    all: (model) => tableOf(model).rows.values(),
    count: (model) => tableOf(model).rows.size,
    by(model, column, value) {
      const table = tableOf(model)
      return [...(table.indexes.get(column)?.get(value) ?? [])].map((id) => store.need(model, id))
    },
    search: find,
    read(model, row, fields) {
      const out: Record<string, Json> = { id: row.id }
      for (const name of fields) {
        const column = columnOf(model, name)
        if (column === undefined) throw odooError('builtins.ValueError', `Invalid field '${name}' on model '${model}'`)
        out[name] = name === 'id' ? row.id : fieldOf(model, row, name, column)
      }
      return out
    },
    compute: (model, column, value) => void computed.set(`${model} ${column}`, value),
    label(model, id) {
      const row = tables.get(model)?.rows.get(id)
      return row === undefined
        ? ''
        : String(computed.get(`${model} display_name`)?.(row) ?? row.name ?? `${model},${id}`)
    },
  }

  function fieldOf(model: string, row: Row, name: string, column: Column): Json {
    if (name === 'display_name') return store.label(model, row.id)
    if (column.relation !== undefined) {
      const found = linked(model, row, name)
      if (column.type !== 'many2one') return found
      const [id] = found
      return id === undefined ? false : [id, store.label(column.relation, id)]
    }
    const compute = computed.get(`${model} ${name}`)
    return compute === undefined ? (row[name] ?? blankOf(column)) : compute(row)
  }
  return store
}

const numbers: ReadonlySet<string> = new Set(['integer', 'float', 'monetary', 'many2one_reference'])
const blankOf = (column: Column): Value => (numbers.has(column.type) ? 0 : false)

function comparison(operator: string, operand: unknown, text: string): (value: unknown) => boolean {
  const isEmpty = (value: unknown) => value === false || value === ''
  switch (operator) {
    case '=':
      return (value) => value === operand || (isEmpty(value) && isEmpty(operand))
    case '!=':
      return (value) => value !== operand && !(isEmpty(value) && isEmpty(operand))
    case 'in':
    case 'not in': {
      if (!Array.isArray(operand)) break
      const among = new Set(operand)
      return (value) => among.has(value) === (operator === 'in')
    }
    case '>':
      return (value) => !isEmpty(value) && (value as string) > (operand as string)
    case '>=':
      return (value) => !isEmpty(value) && (value as string) >= (operand as string)
    case '<':
      return (value) => !isEmpty(value) && (value as string) < (operand as string)
    case '<=':
      return (value) => !isEmpty(value) && (value as string) <= (operand as string)
    case 'like':
    case 'ilike':
    case '=like':
    case '=ilike': {
      const pattern = String(operand)
      const like = patternOf(operator.startsWith('=') ? pattern : `%${pattern}%`, operator.includes('i') ? 'isu' : 'su')
      return (value) => typeof value === 'string' && like.test(value)
    }
  }
  throw odooError('builtins.ValueError', `Invalid leaf ${text}`)
}

/** SQL's LIKE: `%` any text, `_` any character, `\` takes the next as it is. */
function patternOf(pattern: string, flags: string): RegExp {
  const source = pattern.replace(/\\(.)|[%_]|[.*+?^${}()|[\]\\/-]/gsu, (match: string, taken: string | undefined) => {
    if (taken !== undefined) return taken.replace(/[.*+?^${}()|[\]\\/-]/u, '\\$&')
    return match === '%' ? '.*' : match === '_' ? '.' : `\\${match}`
  })
  return new RegExp(`^${source}$`, flags)
}
