import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import { parseDecimal } from '../../../src/core/decimal.ts'
import { dateOf, formatDate, isDate, parseDate, shownDate } from './dates.ts'
import { definitionsOf } from './tables.ts'

export type Value = SQLOutputValue
/** A row as it is read; names in lower case. */
export type Row = Readonly<Record<string, Value>>
export type Values = Readonly<Record<string, string | number | null>>
export type Database = ReturnType<typeof openDatabase>

interface Options {
  readonly now: () => number
  readonly timeZone: string
  readonly oneWorld: boolean
  /** Whether quantities are in units of measure. */
  readonly units: boolean
}

/** The account's tables in an embedded SQL engine, with the functions of Oracle that SuiteQL has. */
export function openDatabase({ now, timeZone, oneWorld, units }: Options) {
  const engine = new DatabaseSync(':memory:')
  const statements = new Map<string, StatementSync>()
  let working = false
  let stamp = ''

  for (const [name, work] of Object.entries(functions)) {
    engine.function(name, { deterministic: true, varargs: true }, work)
  }
  engine.function('sim_sysdate', (days) => dateOf(now() + Number(days) * 86_400_000, timeZone))
  engine.function('sim_df', (column, type, value) => displayOf(String(column), type, value) as SQLInputValue)
  engine.exec(definitionsOf({ oneWorld, units }))
  engine.exec('PRAGMA case_sensitive_like = ON; PRAGMA foreign_keys = OFF')

  function prepared(sql: string): StatementSync {
    let found = statements.get(sql)
    if (found === undefined) {
      found = engine.prepare(sql)
      statements.set(sql, found)
    }
    return found
  }
  const all = (sql: string, ...values: readonly SQLInputValue[]): readonly Row[] => prepared(sql).all(...values)
  const get = (sql: string, ...values: readonly SQLInputValue[]): Row | undefined => prepared(sql).get(...values)
  const run = (sql: string, ...values: readonly SQLInputValue[]): void => void prepared(sql).run(...values)

  /** One moment for all of a transaction. */
  const time = (): string => (working ? stamp : dateOf(now(), timeZone))

  function insert(table: string, values: Values): void {
    const names = Object.keys(values)
    run(
      `INSERT INTO "${table}" (${names.map((name) => `"${name}"`).join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
      ...Object.values(values),
    )
  }

  /** BUILTIN.DF: what a user sees in place of an id. */
  function displayOf(column: string, type: Value, value: Value): Value {
    if (value === null) return null
    if (column === 'type') return statusNames[String(value)]?.[0] ?? value
    if (column === 'status') return statusName(String(type), String(value))
    const query = displays[column]
    return query === undefined ? value : (get(query, value as SQLInputValue)?.name ?? null)
  }

  return {
    timeZone,
    oneWorld,
    units,
    now,
    time,
    all,
    get,
    run,
    insert,
    display: displayOf,
    /** Prepared anew each time: for queries of others. */
    query: (sql: string): StatementSync => engine.prepare(sql),
    has: (sql: string, ...values: readonly SQLInputValue[]): boolean => get(sql, ...values) !== undefined,
    update(table: string, id: number, values: Values): void {
      const names = Object.keys(values)
      if (names.length === 0) return
      const set = names.map((name) => `"${name}" = ?`).join(', ')
      run(`UPDATE "${table}" SET ${set} WHERE id = ?`, ...Object.values(values), id)
    },
    /** The next free id, from `first` on. Ids of removed rows at the end are used again only by tables without links. */
    nextId(table: string, first: number, column = 'id'): number {
      return Math.max(first, Number(get(`SELECT MAX("${column}") AS last FROM "${table}"`)?.last ?? 0) + 1)
    },
    addColumn(table: string, name: string, type: string): void {
      engine.exec(`ALTER TABLE "${table}" ADD COLUMN "${name}" ${type}`)
    },
    /** All or nothing of what is written inside. @param at  when it is done; now when not given */
    transaction<T>(work: () => T, at = now()): T {
      if (working) return work()
      stamp = dateOf(at, timeZone)
      working = true
      engine.exec('BEGIN')
      try {
        const result = work()
        engine.exec('COMMIT')
        return result
      } catch (error) {
        engine.exec('ROLLBACK')
        throw error
      } finally {
        working = false
      }
    },
    close(): void {
      if (engine.isOpen) engine.close()
    },
  }
}

const displays: Readonly<Record<string, string>> = {
  entity: 'SELECT altname AS name FROM customer WHERE id = ?1 UNION ALL SELECT entityid FROM vendor WHERE id = ?1',
  customer: 'SELECT altname AS name FROM customer WHERE id = ?',
  parent: 'SELECT altname AS name FROM customer WHERE id = ?',
  item: 'SELECT itemid AS name FROM item WHERE id = ?',
  currency: 'SELECT name FROM currency WHERE id = ?',
  subsidiary: 'SELECT name FROM subsidiary WHERE id = ?',
  location: 'SELECT name FROM location WHERE id = ?',
  department: 'SELECT name FROM department WHERE id = ?',
  class: 'SELECT name FROM classification WHERE id = ?',
  terms: 'SELECT name FROM term WHERE id = ?',
  // The custom price of a line is none of the levels, and yet is shown like one.
  pricelevel: "SELECT name FROM (SELECT id, name FROM pricelevel UNION ALL SELECT -1, 'Custom') WHERE id = ?",
  stockunit: 'SELECT unitname AS name FROM unitstypeuom WHERE internalid = ?',
  saleunit: 'SELECT unitname AS name FROM unitstypeuom WHERE internalid = ?',
  employee: 'SELECT entityid AS name FROM employee WHERE id = ?',
  country: 'SELECT name FROM country WHERE id = ?',
  transaction: `SELECT tranid AS name FROM "transaction" WHERE id = ?`,
}

/** Names of the states by type of transaction. */
export const statusNames: Readonly<Record<string, readonly [string, Readonly<Record<string, string>>]>> = {
  SalesOrd: [
    'Sales Order',
    {
      ...{ A: 'Pending Approval', B: 'Pending Fulfillment', C: 'Cancelled', D: 'Partially Fulfilled' },
      ...{ E: 'Pending Billing/Partially Fulfilled', F: 'Pending Billing', G: 'Billed', H: 'Closed' },
    },
  ],
  ItemShip: ['Item Fulfillment', { A: 'Picked', B: 'Packed', C: 'Shipped' }],
  CustInvc: ['Invoice', { A: 'Open', B: 'Paid In Full' }],
  CustPymt: ['Payment', { A: 'Unapproved Payment', B: 'Not Deposited', C: 'Deposited' }],
  CashSale: ['Cash Sale', { A: 'Unapproved', B: 'Not Deposited', C: 'Deposited' }],
  CustCred: ['Credit Memo', { A: 'Open', B: 'Fully Applied' }],
  RtnAuth: [
    'Return Authorization',
    { A: 'Pending Approval', B: 'Pending Receipt', F: 'Pending Refund', G: 'Refunded' },
  ],
  WorkOrd: ['Work Order', { A: 'Planned', B: 'Released', D: 'In Process', G: 'Built', H: 'Closed' }],
  InvAdjst: ['Inventory Adjustment', {}],
  PurchOrd: ['Purchase Order', { B: 'Pending Receipt', D: 'Partially Received', F: 'Pending Bill', H: 'Closed' }],
}
function statusName(type: string, letter: string): string {
  const [title, letters] = statusNames[type] ?? [type, {}]
  return `${title} : ${letters[letter] ?? letter}`
}

const textOf = (value: Value): string =>
  isDate(value) ? shownDate(value) : typeof value === 'number' ? (parseDecimal(value) ?? String(value)) : String(value)

/** Of Oracle, those that SQLite lacks or has otherwise. Null makes null, unless the function is there for it. */
const functions: Readonly<Record<string, (...values: readonly Value[]) => SQLInputValue>> = {
  to_char(value = null, format) {
    if (value === null) return null
    if (format === undefined) return textOf(value)
    return isDate(value) ? formatDate(value, String(format)) : textOf(value)
  },
  to_date(value = null, format = 'MM/DD/YYYY') {
    if (value === null) return null
    return isDate(value) ? value : parseDate(String(value), String(format))
  },
  to_timestamp: (...values) => functions.to_date?.(...values) ?? null,
  to_number(value = null) {
    if (value === null) return null
    const number = parseDecimal(typeof value === 'number' ? value : String(value))
    if (number === null) throw new Error('ORA-01722: invalid number')
    return Number(number)
  },
  trunc(value = null, places = 0) {
    if (value === null) return null
    if (isDate(value)) return `${value.slice(0, 11)} 00:00:00`
    const scale = 10 ** Number(places)
    return Math.trunc(Number(value) * scale) / scale
  },
  upper: (value = null) => (value === null ? null : String(value).toUpperCase()),
  lower: (value = null) => (value === null ? null : String(value).toLowerCase()),
  nvl: (value = null, other = null) => (value ?? other) as SQLInputValue,
  nvl2: (value = null, there = null, otherwise = null) => (value === null ? otherwise : there) as SQLInputValue,
  decode(value = null, ...pairs) {
    for (let place = 0; place + 1 < pairs.length; place += 2) {
      if (pairs[place] === value) return pairs[place + 1] as SQLInputValue
    }
    return (pairs.length % 2 === 1 ? (pairs.at(-1) ?? null) : null) as SQLInputValue
  },
  greatest: (...values) => extreme(values, (a, b) => a > b),
  least: (...values) => extreme(values, (a, b) => a < b),
}
function extreme(values: readonly Value[], wins: (a: number | string, b: number | string) => boolean): SQLInputValue {
  if (values.includes(null)) return null
  return values.reduce((best, one) => (wins(one as number, best as number) ? one : best)) as SQLInputValue
}
