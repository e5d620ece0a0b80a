import { decimal, divide, multiply, round } from '../../../src/core/decimal.ts'
import { userError } from './errors.ts'
import type { Value } from './models.ts'
import type { Row, Store } from './store.ts'

/** What every database has. A unit of version 19 is so many of the one below it, and the first of these the reference. */
export function seedUnits(store: Store, major: number): void {
  if (major >= 19) {
    const { id } = store.create('uom.uom', { name: 'Units' })
    store.create('uom.uom', { name: 'Dozens', factor: 12, relative_uom_id: id })
    store.create('uom.uom', { name: 'Hours' })
    return
  }
  const unit = store.create('uom.category', { name: 'Unit' })
  const time = store.create('uom.category', { name: 'Working Time' })
  store.create('uom.uom', { name: 'Units', category_id: unit.id })
  const dozens = { uom_type: 'bigger', factor: 1 / 12, factor_inv: 12 }
  store.create('uom.uom', { name: 'Dozens', category_id: unit.id, ...dozens })
  store.create('uom.uom', { name: 'Hours', category_id: time.id })
}

/** The field of an order line that has its unit. */
export const lineUnitField = (store: Store): string =>
  Object.hasOwn(store.models.get('sale.order.line')?.fields ?? {}, 'product_uom_id') ? 'product_uom_id' : 'product_uom'
export const unitOfLine = (store: Store, line: Row): number => Number(line[lineUnitField(store)])

/** @throws Error when there is none */
export function unitNamed(store: Store, name: string): number {
  const [id] = store.having('uom.uom', 'name', name)
  if (id === undefined) throw new Error(`the simulated Odoo has no unit "${name}"`)
  return id
}

/**
 * A quantity in another unit, rounded half up as for the delivered quantity [uom.uom `_compute_quantity`].
 * @throws OdooError for units of two categories
 */
export function convert(store: Store, quantity: Value | undefined, from: number, to: number): number {
  const number = decimal(Number(quantity))
  const [source, target] = [store.get('uom.uom', from), store.get('uom.uom', to)]
  if (from === to || source === undefined || target === undefined) return Number(number)
  if (kindOf(store, source) !== kindOf(store, target)) {
    throw userError(
      `The unit of measure ${source.name} defined on the order line doesn't belong to the same category as the unit of measure ${target.name} defined on the product. Please correct the unit of measure defined on the order line or on the product. They should belong to the same category.`,
    )
  }
  const step = decimal(Number(target.rounding))
  const exact = divide(multiply(number, sizeOf(source)), sizeOf(target))
  return Number(multiply(round(divide(exact, step), 0), step))
}

/** The category; from version 19 on the unit that all of them come from. */
function kindOf(store: Store, unit: Row): Value | undefined {
  if ('category_id' in unit) return unit.category_id
  const above = store.get('uom.uom', Number(unit.relative_uom_id))
  return above === undefined ? unit.id : kindOf(store, above)
}

/** How many of the reference unit make one. */
const sizeOf = (unit: Row) => {
  const bigger = 'category_id' in unit ? unit.factor_inv : unit.factor
  return decimal(Number(bigger))
}
