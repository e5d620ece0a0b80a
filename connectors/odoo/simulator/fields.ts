import type { Json } from '../../../src/core/json.ts'
import { invalidField, missingError } from './errors.ts'
import type { SimulatedField, Value } from './models.ts'
import { currencyOf, templateOf } from './prices.ts'
import type { Row, Store } from './store.ts'

const none: readonly number[] = []

/** What Odoo makes on reading rather than keeps. */
type Compute = (store: Store, row: Row) => Json
const partnerName: Compute = (store, row) => {
  const parent = store.get('res.partner', Number(row.parent_id))
  const name = String(row.name || '')
  return parent === undefined ? name : `${parent.name}, ${name || labelOf('res.partner', 'type', row.type, store)}`
}
/** Of all places of a product together. */
const inStock = (store: Store, row: Row, name: 'quantity' | 'reserved_quantity'): number =>
  store
    .having('stock.quant', 'product_id', row.id)
    .reduce((sum, id) => sum + Number(store.get('stock.quant', id)?.[name]), 0)
/** What is planned to come in, or to go out. */
const planned = (store: Store, row: Row, code: string): number =>
  store
    .having('stock.move', 'product_id', row.id)
    .flatMap((id) => store.get('stock.move', id) ?? [])
    .filter(
      (move) =>
        !['draft', 'done', 'cancel'].includes(String(move.state)) &&
        readValue(store, 'stock.move', move, 'picking_code') === code,
    )
    .reduce((sum, move) => sum + Number(move.product_uom_qty), 0)
const computes: Readonly<Record<string, Compute>> = {
  'res.partner commercial_partner_id': (store, row) => {
    let top = row
    for (;;) {
      const parent = top.is_company === true ? undefined : store.get('res.partner', Number(top.parent_id))
      if (parent === undefined) return top.id
      top = parent
    }
  },
  'product.product qty_available': (store, row) => inStock(store, row, 'quantity'),
  'product.product virtual_available': (store, row) =>
    inStock(store, row, 'quantity') + planned(store, row, 'incoming') - planned(store, row, 'outgoing'),
  'product.product free_qty': (store, row) =>
    inStock(store, row, 'quantity') - inStock(store, row, 'reserved_quantity'),
  'product.product currency_id': (store) => currencyOf(store),
  // Attributes of variants, which may cost more, are not simulated.
  'product.product lst_price': (store, row) => (templateOf(store, row)?.list_price ?? 0) as Json,
  'product.product price_extra': () => 0,
  // Without a price list there is none.
  'product.product price': () => 0,
  'sale.order mrp_production_ids': (store, row) => [
    ...new Set(
      store
        .having('stock.move', 'group_id', row.procurement_group_id ?? false)
        .flatMap((id) => Number(store.get('stock.move', id)?.created_production_id) || []),
    ),
  ],
  'stock.picking carrier_tracking_url': (_, row) =>
    row.carrier_tracking_ref === false ? false : `https://tracking.example/${row.carrier_tracking_ref}`,
  'account.move invoice_payments_widget': (store, row) => {
    const content = store.having('account.payment', 'reconciled_invoice_ids', row.id).map((id): Json => {
      const payment = store.get('account.payment', id)
      return {
        name: `Customer Payment ${Number(payment?.amount).toFixed(2)}`,
        journal_name: 'Bank',
        amount: payment?.amount as number,
        date: payment?.date as string,
        ref: payment?.name as string,
        account_payment_id: id,
        move_id: row.id,
      }
    })
    if (content.length === 0) return isText(store) ? 'false' : false
    const widget = { title: 'Less Payment', outstanding: false, content }
    return isText(store) ? JSON.stringify(widget) : widget
  },
}
const isText = (store: Store) => fieldOf(store, 'account.move', 'invoice_payments_widget').type === 'text'

/** How a record is called, beside its `[id, name]`. */
const names: Readonly<Record<string, Compute>> = {
  'res.partner': partnerName,
  'product.product': (store, row) => {
    const name = readValue(store, 'product.product', row, 'name') as string
    return row.default_code === false ? name : `[${row.default_code}] ${name}`
  },
  'product.template': (_, row) => (row.default_code === false ? row.name : `[${row.default_code}] ${row.name}`) as Json,
  'product.pricelist': (store, row) => `${row.name} (${store.get('res.currency', Number(row.currency_id))?.name})`,
  'sale.order.line': (store, row) => `${store.get('sale.order', Number(row.order_id))?.name} - ${row.name}`,
  'res.country.state': (store, row) => `${row.name} (${store.get('res.country', Number(row.country_id))?.code})`,
  'account.move': (_, row) => (row.name === '/' ? `Draft Invoice (* ${row.id})` : (row.name as string)),
}

export function nameOf(store: Store, model: string, row: Row): string {
  const compute = names[model]
  if (compute !== undefined) return String(compute(store, row))
  return typeof row.name === 'string' ? row.name : `${model},${row.id}`
}

/** @throws OdooError when the model has no such field */
export function fieldOf(store: Store, model: string, name: string, use: 'read' | 'write' = 'read'): SimulatedField {
  const fields = store.models.get(model)?.fields ?? {}
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (field === undefined) throw invalidField(store.major, model, name, use)
  return field
}

function labelOf(model: string, name: string, value: Value | undefined, store: Store): string {
  return fieldOf(store, model, name).selection?.find(([one]) => one === value)?.[1] ?? ''
}

/** Ids that a relation of a record holds, archived ones too. */
export function linkedIds(store: Store, model: string, row: Row, name: string): readonly number[] {
  const field = fieldOf(store, model, name)
  if (field.inverse !== undefined) return store.having(field.relation ?? '', field.inverse, row.id)
  const value = readValue(store, model, row, name)
  return Array.isArray(value) ? value : typeof value === 'number' ? [value] : none
}

/** The value of any field, in the form that it is kept in. */
export function readValue(store: Store, model: string, row: Row, name: string): Json {
  const field = fieldOf(store, model, name)
  if (field.computed === true) {
    if (name === 'display_name') return nameOf(store, model, row)
    return computes[`${model} ${name}`]?.(store, row) ?? false
  }
  if (field.related !== undefined) {
    const [through, target] = field.related
    const relation = fieldOf(store, model, through).relation ?? ''
    const other = store.get(relation, Number(row[through]))
    return other === undefined ? false : readValue(store, relation, other, target)
  }
  if (field.inverse !== undefined) return linkedIds(store, model, row, name)
  return row[name] ?? false
}

/** A record as RPC sends it. */
export function readRow(
  store: Store,
  model: string,
  row: Row,
  names: readonly string[],
  activeTest: boolean,
): { id: number; [name: string]: Json } {
  const sent: { id: number; [name: string]: Json } = { id: row.id }
  for (const name of names) {
    if (name !== 'id') sent[name] = sentOf(store, model, row, name, fieldOf(store, model, name), activeTest)
  }
  return sent
}

function sentOf(store: Store, model: string, row: Row, name: string, field: SimulatedField, activeTest: boolean): Json {
  const value = readValue(store, model, row, name)
  switch (field.type) {
    case 'many2one': {
      const other = store.get(field.relation ?? '', Number(value))
      return other === undefined ? false : [other.id, nameOf(store, field.relation ?? '', other)]
    }
    case 'one2many':
    case 'many2many': {
      const relation = field.relation ?? ''
      const ids =
        field.type === 'one2many' ? inOrder(store, relation, value as readonly number[]) : (value as readonly number[])
      if (!Object.hasOwn(store.models.get(relation)?.fields ?? {}, 'active') || !activeTest) return ids
      return ids.filter((id) => store.get(relation, id)?.active !== false)
    }
    case 'datetime':
      return typeof value === 'string' ? value.slice(0, 19) : value
    default:
      return value
  }
}

/** Lists come in the order of their model: lines by sequence, newest deliveries first. */
function inOrder(store: Store, model: string, ids: readonly number[]): readonly number[] {
  if (ids.length < 2) return ids
  if (model === 'stock.picking') return [...ids].sort((a, b) => b - a)
  const sequence = (id: number): number => Number(store.get(model, id)?.sequence ?? 0)
  return [...ids].sort((a, b) => sequence(a) - sequence(b) || a - b)
}

/** @throws OdooError when one of them is not there */
export function rowsOf(store: Store, model: string, ids: readonly number[]): readonly Row[] {
  return ids.map((id) => {
    const row = store.get(model, id)
    if (row === undefined) throw missingError(model, id)
    return row
  })
}
