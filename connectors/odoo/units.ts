import { type Decimal, decimal, divide, multiply, one, round } from '../../src/core/decimal.ts'
import type { Failure, Result } from '../../src/core/problem.ts'
import { toMillis } from '../../src/core/time.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Write } from '../../src/ports/connector.ts'
import { chunks } from '../kit/chunks.ts'
import type { Client, Domain, Row } from './client.ts'
import { nameOfKey } from './external-id.ts'
import type { Recent } from './recent.ts'
import type { Fields, Models } from './schema.ts'
import type { Settings } from './settings.ts'
import { writes } from './writes.ts'

type RecordWrite = Extract<Write, { do: 'create' | 'update' }>
type Line = NonNullable<RecordWrite['lines']>['upsert'][number]

/** A unit of measure. Quantities convert within a category; from Odoo 19 on that is the unit all of it is told by. */
export interface Unit {
  readonly id: number
  /** The source text, which translations leave alone. */
  readonly name: string
  readonly category: number
  /** How many of the category's reference unit make one. */
  readonly size: Decimal
  /** Quantities in it are a multiple of this. */
  readonly rounding: Decimal
  readonly active: boolean
}
/** All units of a database, archived ones too: there are few. Empty where our user may not see them. */
export type UnitsById = ReadonlyMap<number, Unit>
export interface Units {
  all(): Promise<UnitsById>
}

const lineModel = 'sale.order.line'
const { lineUnit } = writes['sale.order']
/** A line's own field for it, up to Odoo 18 and after. */
export const unitColumns = ['product_uom', 'product_uom_id'] as const
const freshMs = 60_000
const idsMax = 1000
/** Ratios are kept as doubles: 1 / 0.08333333333333333 is 12. */
const ratioPlaces = 10

export function openUnits(client: Client, models: Models, clock: Clock): Units {
  let known: { readonly units: Promise<UnitsById>; readonly at: number } | null = null

  async function ask(): Promise<UnitsById> {
    if (!(await models.readable('uom.uom'))) return new Map()
    const fields = (await models.fields('uom.uom')) ?? {}
    const names = ['name', 'factor', 'factor_inv', 'uom_type', 'category_id', 'relative_uom_id', 'rounding', 'active']
    const rows = await client.searchRead('uom.uom', {
      domain: [],
      fields: names.filter((name) => Object.hasOwn(fields, name)),
      archived: true,
    })
    const byId = new Map(rows.map((row) => [row.id, row]))
    return new Map(rows.map((row) => [row.id, unitOf(row, byId)]))
  }

  return {
    all() {
      const now = toMillis(clock.now())
      if (known !== null && Math.abs(now - known.at) <= freshMs) return known.units
      const units = ask()
      known = { units, at: now }
      // A failure is for those who asked, and is asked again.
      units.catch(() => {
        known = null
      })
      return units
    },
  }
}

function unitOf(row: Row, byId: ReadonlyMap<number, Row>): Unit {
  const number = (value: unknown): Decimal => (typeof value === 'number' && value > 0 ? decimal(value) : one)
  const factor = number(row.factor)
  // `factor` was how many of this make a reference unit, and is the reverse from Odoo 19 on.
  const size =
    'category_id' in row
      ? row.uom_type === 'bigger'
        ? round(number(row.factor_inv), ratioPlaces)
        : divide(one, round(factor, ratioPlaces))
      : round(factor, ratioPlaces)
  return {
    id: row.id,
    name: typeof row.name === 'string' ? row.name : '',
    category: 'category_id' in row ? (idIn(row.category_id) ?? 0) : rootOf(row, byId),
    size,
    rounding: number(row.rounding),
    active: row.active !== false,
  }
}

function rootOf(row: Row, byId: ReadonlyMap<number, Row>): number {
  const seen = new Set<number>()
  let root = row
  for (;;) {
    const above = byId.get(idIn(root.relative_uom_id) ?? 0)
    if (above === undefined || seen.has(above.id)) return root.id
    seen.add(above.id)
    root = above
  }
}

/** How many `to` make one `from`; null where one cannot be counted in the other. */
export function ratioOf(from: Unit | undefined, to: Unit | undefined): Decimal | null {
  if (from === undefined || to === undefined || from.category !== to.category) return null
  return from.id === to.id ? one : divide(from.size, to.size)
}

/** As Odoo converts what was delivered: to a multiple of the unit's rounding, half up. Null where that is not possible. */
export function convert(quantity: Decimal, from: Unit | undefined, to: Unit | undefined): Decimal | null {
  if (from === undefined || to === undefined || from.category !== to.category) return null
  if (from.id === to.id) return quantity
  const exact = divide(multiply(quantity, from.size), to.size)
  return multiply(round(divide(exact, to.rounding), 0), to.rounding)
}

/** The id in a reference as Odoo sends it. */
export const idIn = (value: unknown): number | null =>
  Array.isArray(value) && typeof value[0] === 'number' ? value[0] : typeof value === 'number' ? value : null

/** @returns as many as `writes`, same order */
export type PlaceUnits = (writes: readonly RecordWrite[]) => Promise<readonly Result<RecordWrite>[]>

/**
 * Puts the units of order lines where this Odoo has them, by id. They are looked for among those that the product can be
 * counted in: Odoo itself takes any of them, and complains when the order is confirmed.
 */
export function openLineUnits(
  client: Client,
  models: Models,
  units: Units,
  recent: Recent,
  settings: Settings,
): PlaceUnits {
  const isOurs = async ({ object, lines }: RecordWrite): Promise<boolean> =>
    lines !== null && (await models.fields(object))?.[lines.field]?.relation === lineModel

  /** Products of lines that are there, for those that do not name one. */
  async function productsByLine(lines: readonly Line[]): Promise<ReadonlyMap<Line, number>> {
    const given = lines.flatMap((line) =>
      line.fields.product_id === undefined ? [] : [[line, Number(line.fields.product_id)] as const],
    )
    const names = new Map(
      lines.flatMap((line) => (line.fields.product_id === undefined ? [[nameOfKey(line.key), line]] : [])),
    )
    const found: (readonly [Line, number])[] = []
    for (const part of chunks([...names.keys()], idsMax)) {
      const keys = await client.searchRead('ir.model.data', {
        domain: [
          ['module', '=', settings.module],
          ['model', '=', lineModel],
          ['name', 'in', part],
        ],
        fields: ['name', 'res_id'],
      })
      const ids = keys.map((row) => Number(row.res_id))
      const rows = await client.searchRead(lineModel, { domain: [['id', 'in', ids]], fields: ['product_id'] })
      const products = new Map(rows.map((row) => [row.id, idIn(row.product_id)]))
      for (const row of keys) {
        const line = names.get(String(row.name))
        const product = products.get(Number(row.res_id)) ?? null
        if (line !== undefined && product !== null) found.push([line, product])
      }
    }
    return new Map([...given, ...found])
  }

  async function productsOf(ids: ReadonlySet<number>): Promise<ReadonlyMap<number, Row>> {
    const known = [...ids]
      .flatMap((id) => recent.product(id) ?? [])
      .filter((row) => 'uom_id' in row && 'display_name' in row)
    const products = new Map(known.map((row) => [row.id, row]))
    const missing = [...ids].filter((id) => !products.has(id))
    for (const part of chunks(missing, idsMax)) {
      const domain: Domain = [['id', 'in', part]]
      const query = { domain, fields: ['display_name', 'uom_id'], archived: true }
      for (const row of await client.searchRead('product.product', query)) products.set(row.id, row)
    }
    return products
  }

  return async function placeUnits(writes) {
    const ours = await Promise.all(writes.map(isOurs))
    const lines = writes.flatMap((write, index) =>
      ours[index] === true ? (write.lines?.upsert ?? []).filter((line) => isCounted(write, line)) : [],
    )
    const named = lines.length === 0 ? new Map<Line, number>() : await productsByLine(lines)
    const [known, products, fields] = await Promise.all([
      lines.length === 0 ? new Map<number, Unit>() : units.all(),
      productsOf(new Set(named.values())),
      models.fields(lineModel),
    ])
    return writes.map((write, index): Result<RecordWrite> => {
      if (write.lines === null || ours[index] !== true) return { ok: true, value: write }
      const upsert: Line[] = []
      for (const line of write.lines.upsert) {
        const product = products.get(named.get(line) ?? 0)
        const placed = isCounted(write, line) ? placeUnit(line, product, known, fields ?? {}) : withoutUnit(line)
        if (!placed.ok) return placed
        upsert.push(placed.value)
      }
      return { ok: true, value: { ...write, lines: { ...write.lines, upsert } } }
    })
  }
}

/** Whether the unit of a line has to be written: a line that is made takes the product's own by itself. */
const isCounted = (write: RecordWrite, { fields }: Line): boolean =>
  Object.hasOwn(fields, lineUnit) && (fields[lineUnit] !== null || write.do === 'update')

function withoutUnit({ key, fields }: Line): Result<Line> {
  const { [lineUnit]: _unit, ...others } = fields
  return { ok: true, value: { key, fields: others } }
}

function placeUnit(line: Line, product: Row | undefined, units: UnitsById, fields: Fields): Result<Line> {
  const { [lineUnit]: name, ...others } = line.fields
  const own = units.get(idIn(product?.uom_id) ?? 0)
  const put = (unit: Unit): Result<Line> => {
    const column = unitColumns.find((one) => Object.hasOwn(fields, one)) ?? unitColumns[0]
    return { ok: true, value: { key: line.key, fields: { ...others, [column]: String(unit.id) } } }
  }
  if (typeof name !== 'string') return own === undefined ? { ok: true, value: { ...line, fields: others } } : put(own)
  const same = [...units.values()].filter((unit) => unit.active && fold(unit.name) === fold(name))
  const unit = same.find((one) => one.category === own?.category)
  if (unit !== undefined) return put(unit)
  return {
    ok: false,
    failure: unfit(String(product?.display_name ?? line.key), name, own?.name ?? '', same.length > 0),
  }
}

const fold = (text: string): string => text.trim().toLowerCase()

function unfit(product: string, unit: string, own: string, exists: boolean): Failure {
  const why = exists
    ? 'the two are not of one category, so that neither can be told in the other'
    : 'there is no such unit'
  return {
    problem: { kind: 'record_rejected', field: lineUnit, remoteCode: 'unit' },
    message: `The deal counts ${product} in "${unit}" and Odoo in "${own}": ${why}`,
    fix: 'Correct the unit of the product in the CRM or in Odoo, make the unit in Odoo, or correct the table of units that the order mapping uses; then retry the record.',
    field: lineUnit,
  }
}
