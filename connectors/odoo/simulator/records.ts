import { add, type Decimal, decimal, multiply, percentOf, round, subtract, sum } from '../../../src/core/decimal.ts'
import { isObject, type Json, type JsonObject } from '../../../src/core/json.ts'
import { userError, validationError, valueError } from './errors.ts'
import { fieldOf, nameOf, readValue, rowsOf } from './fields.ts'
import type { SimulatedField, Value, Values } from './models.ts'
import { shareAgreed } from './partners.ts'
import { priceOf } from './prices.ts'
import type { Row, Store } from './store.ts'
import { lineUnitField } from './units.ts'

/** What create and write do beside storing: defaults, amounts, checks. */
export type Records = ReturnType<typeof openRecords>

interface Options {
  readonly major: number
  /** Told when the quantity of a line of a confirmed order has grown, or a line was added to it. */
  readonly onMore: (orderId: number) => void
}

const inCents = /^-?\d+(\.\d\d?)?$/
/** Digits of these are kept to two places. */
const decimalPlaces: ReadonlySet<string> = new Set(['price_unit', 'discount', 'product_uom_qty', 'product_qty'])

export function openRecords(store: Store, options: Options) {
  let orders = 0
  /** Orders whose totals are due, once their lines are all written. */
  let due: Set<number> | null = null

  /** @returns the id. @throws OdooError as Odoo does when a field is unknown, wrong or missing */
  function create(model: string, given: JsonObject): number {
    const { values, lists } = split(model, given)
    if (model === 'product.product') values.product_tmpl_id ??= createTemplate(values)
    complete(model, values)
    require(model, values)
    refuseTwins(model, values, null)
    const { id } = store.create(model, own(model, values))
    if (model === 'product.product') writeThrough(model, id, values)
    if (model === 'res.partner') shareAgreed(store, id, Object.keys(given))
    applyAll(model, id, lists)
    if (model === 'sale.order.line') lineChanged(Number(values.order_id), true)
    return id
  }

  function createTemplate(values: Record<string, Value>): number {
    const fields = store.models.get('product.template')?.fields ?? {}
    const shared = Object.entries(values).filter(([name]) => Object.hasOwn(fields, name))
    return create('product.template', Object.fromEntries(shared))
  }

  function write(model: string, ids: readonly number[], given: JsonObject): void {
    const { values, lists } = split(model, given)
    for (const row of rowsOf(store, model, ids)) {
      if (model === 'sale.order') refuseLocked(row, Object.keys(given))
      const filled: Record<string, Value> = { ...values }
      if (model === 'sale.order.line' && isRepriced(values)) filled.price_unit = listPrice({ ...row, ...values })
      // From 16 on the price list of a draft is computed from its customer. Source: sale.order of 16.0, `_compute_pricelist_id`.
      if (model === 'sale.order' && options.major >= 16 && row.state === 'draft' && values.partner_id !== undefined) {
        const partner = store.get('res.partner', Number(values.partner_id))
        filled.pricelist_id ??= partner?.property_product_pricelist || 1
        filled.currency_id = currencyOf(filled)
        // Likewise `_compute_partner_shipping_id` and `_compute_partner_invoice_id`. Before, it is the form alone that does it.
        if (partner !== undefined) {
          filled.partner_shipping_id ??= addressOf(partner, 'delivery')
          filled.partner_invoice_id ??= addressOf(partner, 'invoice')
        }
      }
      if (model === 'sale.order' && values.pricelist_id !== undefined) filled.currency_id = currencyOf(values)
      refuseTwins(model, { ...row, ...filled }, row.id)
      require(model, { ...row, ...filled })
      const before = { quantity: row.product_uom_qty, order: row.order_id }
      store.update(model, row.id, own(model, filled))
      writeThrough(model, row.id, filled)
      if (model === 'res.partner') shareAgreed(store, row.id, Object.keys(given))
      applyAll(model, row.id, lists)
      if (model === 'sale.order.line') {
        price(row.id)
        if (row.order_id !== before.order) recompute(Number(before.order))
        lineChanged(Number(row.order_id), Number(row.product_uom_qty) > Number(before.quantity))
      }
    }
  }

  /**
   * From 16 on the price of a line is computed from its product, quantity and unit: whoever writes one of these without
   * the price gets the list price. Source: seen on 19.0; 14.0 keeps the price.
   */
  const isRepriced = (values: Values): boolean =>
    options.major >= 16 &&
    values.price_unit === undefined &&
    ['product_id', 'product_uom_qty', lineUnitField(store)].some((name) => Object.hasOwn(values, name))

  function unlink(model: string, ids: readonly number[]): void {
    for (const row of rowsOf(store, model, ids)) {
      if (model === 'sale.order') {
        if (row.state !== 'draft' && row.state !== 'cancel') {
          throw userError('You can not delete a sent quotation or a confirmed sales order. You must first cancel it.')
        }
        // The database takes the lines along, so their External IDs stay behind.
        for (const line of store.having('sale.order.line', 'order_id', row.id)) store.remove('sale.order.line', line)
        for (const model of ['stock.picking', 'procurement.group']) {
          for (const id of store.having(model, 'sale_id', row.id)) store.update(model, id, { sale_id: false })
        }
      }
      if (model === 'sale.order.line' && ['sale', 'done'].includes(String(stateOf(row)))) {
        throw userError(
          'You can not remove an order line once the sales order is confirmed.\n' +
            'You should rather set the quantity to 0.',
        )
      }
      if (model === 'res.partner' || model === 'product.product') refuseUsed(model, row.id)
      store.remove(model, row.id)
      for (const id of [...store.having('ir.model.data', 'res_id', row.id)]) {
        if (store.get('ir.model.data', id)?.model === model) store.remove('ir.model.data', id)
      }
      if (model === 'sale.order.line') lineChanged(Number(row.order_id), false)
    }
  }

  function applyAll(model: string, id: number, lists: readonly (readonly [string, Json])[]): void {
    if (lists.length === 0) return
    if (model === 'sale.order') withTotals(id, () => applyLists(model, id, lists))
    else applyLists(model, id, lists)
  }

  /** Counts the totals of an order once, however many of its lines are written. */
  function withTotals(orderId: number, work: () => void): void {
    const grown = new Set<number>()
    due = grown
    try {
      work()
    } finally {
      due = null
    }
    recompute(orderId)
    if (grown.has(orderId)) more(orderId)
  }

  function lineChanged(orderId: number, grown: boolean): void {
    if (due !== null) {
      if (grown) due.add(orderId)
      return
    }
    recompute(orderId)
    if (grown) more(orderId)
  }

  const stateOf = (line: Row) => readValue(store, 'sale.order.line', line, 'state')

  /** Separates the values of a record from the commands for its lists. @throws OdooError for an unknown field */
  function split(
    model: string,
    given: JsonObject,
  ): { values: Record<string, Value>; lists: readonly (readonly [string, Json])[] } {
    const values: Record<string, Value> = {}
    const lists: [string, Json][] = []
    for (const [name, value] of Object.entries(given)) {
      const field = fieldOf(store, model, name, 'write')
      if (['id', 'create_date', 'write_date', 'create_uid', 'write_uid'].includes(name)) continue
      if (field.type === 'one2many') lists.push([name, value])
      else if (field.type === 'many2many') values[name] = idsOf(value)
      else if (field.computed !== true) values[name] = storedOf(model, name, field, value)
    }
    return { values, lists }
  }

  function storedOf(model: string, name: string, field: SimulatedField, value: Json): Value {
    if (value === null || value === false) return field.default !== undefined && isNumeric(field) ? 0 : false
    switch (field.type) {
      case 'boolean':
        return Boolean(value)
      case 'selection':
        if (!field.selection?.some(([one]) => one === value)) {
          throw valueError(`Wrong value for ${model}.${name}: '${String(value)}'`)
        }
        return String(value)
      case 'many2one': {
        const id = Array.isArray(value) ? Number(value[0]) : Number(value)
        if (store.get(field.relation ?? '', id) === undefined) throw missingReference(model, name)
        return id
      }
      case 'float':
      case 'monetary':
      case 'integer':
      case 'many2one_reference': {
        const number = Number(value)
        if (Number.isNaN(number)) throw valueError(`could not convert string to float: '${value}'`)
        return decimalPlaces.has(name) && !inCents.test(String(number)) ? Number(round(decimal(number), 2)) : number
      }
      case 'datetime':
        if (!/^\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?$/.test(String(value)) || Number.isNaN(Date.parse(String(value)))) {
          throw valueError(`time data '${value}' does not match format '%Y-%m-%d %H:%M:%S'`)
        }
        return `${String(value).padEnd(19, ' 00:00:00').slice(0, 19)}.000`
      case 'html':
        // What is no HTML is put into a paragraph. [seen] on 19.
        return String(value).startsWith('<') ? String(value) : `<p>${value}</p>`
      default:
        return String(value)
    }
  }

  const missingReference = (model: string, name: string) =>
    validationError(
      'The operation cannot be completed: another model requires the record being deleted. If possible, archive it ' +
        `instead.\n\nModel: ${store.models.get(model)?.title} (${model}), ` +
        `Constraint: ${model.replaceAll('.', '_')}_${name}_fkey`,
    )

  /** The values that are kept in the model's own table. */
  function own(model: string, values: Values): Values {
    const kept = Object.entries(values).filter(([name]) => fieldOf(store, model, name).related === undefined)
    return kept.length === Object.keys(values).length ? values : Object.fromEntries(kept)
  }

  /** Writes what belongs to the record that another field leads to. */
  function writeThrough(model: string, id: number, values: Values): void {
    for (const [name, value] of Object.entries(values)) {
      const { related, readonly } = fieldOf(store, model, name)
      const row = store.get(model, id)
      if (related === undefined || readonly || row === undefined) continue
      const relation = fieldOf(store, model, related[0]).relation ?? ''
      store.update(relation, Number(row[related[0]]), { [related[1]]: value })
    }
  }

  function applyLists(model: string, id: number, lists: readonly (readonly [string, Json])[]): void {
    for (const [name, value] of lists) {
      const { relation = '', inverse = '' } = fieldOf(store, model, name)
      for (const command of Array.isArray(value) ? value : []) {
        if (!Array.isArray(command)) throw valueError(`Wrong value for ${model}.${name}: ${JSON.stringify(command)}`)
        const [kind, target = null, values = null] = command as readonly Json[]
        if (kind === 0 && isObject(values)) create(relation, { ...values, [inverse]: id })
        else if (kind === 1 && isObject(values)) write(relation, [Number(target)], values)
        else if (kind === 2) unlink(relation, [Number(target)])
        else if (kind === 4) write(relation, [Number(target)], { [inverse]: id })
        else throw valueError(`Wrong value for ${model}.${name}: ${JSON.stringify(command)}`)
      }
    }
  }

  /** What Odoo fills in when it is not given. */
  function complete(model: string, values: Record<string, Value>): void {
    if (model === 'sale.order') completeOrder(values)
    if (model === 'sale.order.line') completeLine(values)
    if (model === 'product.pricelist' || model === 'purchase.order' || model === 'account.move') {
      values.currency_id ??= companyCurrency()
    }
  }

  function completeOrder(values: Record<string, Value>): void {
    const partner = store.get('res.partner', Number(values.partner_id))
    if (partner === undefined) return
    orders += 1
    values.name ??= `S${String(orders).padStart(5, '0')}`
    values.date_order ??= store.time()
    values.company_id ??= 1
    values.warehouse_id ??= 1
    // [seen] on 14: an order made over the API has neither payment terms nor fiscal position of its customer, and our user as
    // its salesperson. They are computed, `_compute_payment_term_id` and the like, from 16 on: [doc].
    if (options.major >= 16) {
      const company = store.get(
        'res.partner',
        Number(readValue(store, 'res.partner', partner, 'commercial_partner_id')),
      )
      values.user_id ??= partner.user_id || company?.user_id || 2
      values.payment_term_id ??= partner.property_payment_term_id ?? false
      values.fiscal_position_id ??= partner.property_account_position_id ?? false
    } else values.user_id ??= 2
    values.team_id ??= 1
    values.partner_invoice_id ??= addressOf(partner, 'invoice')
    values.partner_shipping_id ??= addressOf(partner, 'delivery')
    // Only where it is not given: `false` is a value, and stays. [doc] `create` of `sale.order` up to 16, `_compute_pricelist_id` later.
    values.pricelist_id ??= partner.property_product_pricelist || 1
    values.currency_id = currencyOf(values)
  }

  /** `address_get` of `base`, as far as one level below: the first address of the type, else the customer itself. [seen] on 14. */
  function addressOf(partner: Row, type: string): number {
    const children = store.having('res.partner', 'parent_id', partner.id)
    const found = children.find((id) => {
      const child = store.get('res.partner', id)
      return child?.type === type && child.active === true
    })
    return found ?? partner.id
  }

  const currencyOf = (values: Values): Value =>
    store.get('product.pricelist', Number(values.pricelist_id))?.currency_id ?? companyCurrency()
  const companyCurrency = (): Value => store.get('res.company', 1)?.currency_id ?? false

  function completeLine(values: Record<string, Value>): void {
    const product = store.get('product.product', Number(values.product_id))
    if (product !== undefined) {
      values.name ??= nameOf(store, 'product.product', product)
      const unit = readValue(store, 'product.product', product, 'uom_id') as Value
      const field = lineUnitField(store)
      values[field] ||= unit
      if (values.price_unit === undefined && values[field] !== unit)
        throw userError('not simulated: the price of a unit that is not the product’s own')
      values.price_unit ??= listPrice(values)
      values.tax_id ??= readValue(store, 'product.product', product, 'taxes_id') as Value
    }
    values.price_unit ??= 0
    values.product_uom_qty ??= 1
    Object.assign(values, amountsOf(values, Number(values.order_id)))
  }

  /** The price of the line's product in the price list of its order. */
  function listPrice(line: Values): number {
    const product = store.get('product.product', Number(line.product_id))
    const order = store.get('sale.order', Number(line.order_id))
    const list = store.get('product.pricelist', Number(order?.pricelist_id))
    return product === undefined || list === undefined ? 0 : Number(round(decimal(priceOf(store, product, list)), 2))
  }

  /** @throws OdooError when a field that must have a value is empty */
  function require(model: string, values: Values): void {
    const { fields = {}, title } = store.models.get(model) ?? {}
    if (model === 'res.partner' && !values.name && (values.type ?? 'contact') === 'contact') {
      throw validationError('res_partner_check_name', { message: 'Contacts require a name' })
    }
    for (const [name, field] of requiredOf(model)) {
      const value = Object.hasOwn(values, name) ? values[name] : field.default
      if (value !== undefined && value !== false) continue
      // Where nothing at all is known of an order, its customer is what is missing: all else follows from it.
      const label = model === 'sale.order' && !values.partner_id ? 'partner_id' : name
      throw validationError(
        'The operation cannot be completed:\n- Create/update: a mandatory field is not set.\n- Delete: another model ' +
          'requires the record being deleted. If possible, archive it instead.\n\n' +
          `Model: ${title} (${model}), Field: ${fields[label]?.string} (${label})`,
        { model, missing: label, label: fields[label]?.string ?? label },
      )
    }
  }

  const required = new Map<string, readonly (readonly [string, SimulatedField])[]>()
  function requiredOf(model: string): readonly (readonly [string, SimulatedField])[] {
    const known = required.get(model)
    if (known !== undefined) return known
    const found = Object.entries(store.models.get(model)?.fields ?? {}).filter(
      ([, field]) => field.required && field.inverse === undefined && field.related === undefined,
    )
    required.set(model, found)
    return found
  }

  /** External IDs are unique. */
  function refuseTwins(model: string, values: Values, id: number | null): void {
    if (model !== 'ir.model.data') return
    const { module, name } = values
    const twin = store
      .having(model, 'name', name ?? false)
      .find((one) => one !== id && store.get(model, one)?.module === module)
    if (twin === undefined) return
    throw validationError(
      'duplicate key value violates unique constraint "ir_model_data_module_name_uniq_index"\n' +
        `DETAIL:  Key (module, name)=(${module}, ${name}) already exists.\n`,
    )
  }

  function refuseLocked(order: Row, names: readonly string[]): void {
    if (order.state !== 'done' && order.locked !== true) return
    const forbidden = names.filter((name) => name === 'order_line' || name === 'pricelist_id')
    if (forbidden.length === 0) return
    const labels = forbidden.map((name) => fieldOf(store, 'sale.order', name).string).join('\n')
    throw userError(`It is forbidden to modify the following fields in a locked order:\n${labels}`)
  }

  function refuseUsed(model: string, id: number): void {
    const [user, name] =
      model === 'res.partner' ? (['sale.order', 'partner_id'] as const) : (['sale.order.line', 'product_id'] as const)
    for (const row of store.rows(user)) {
      if (row[name] === id) throw missingReference(user, name)
    }
  }

  /** Quantity, price and taxes of a line, each rounded to the currency. */
  function amountsOf(line: Values, orderId: number): Values {
    const order = store.get('sale.order', orderId)
    const places = Number(store.get('res.currency', Number(order?.currency_id))?.decimal_places ?? 2)
    const unit = decimalOf(line.price_unit)
    const off = decimalOf(line.discount)
    const gross = multiply(off === '0' ? unit : subtract(unit, percentOf(unit, off)), decimalOf(line.product_uom_qty))
    const subtotal = round(gross, places)
    const taxes = ((line.tax_id ?? []) as readonly number[]).map((id): Decimal => {
      const tax = store.get('account.tax', id)
      const amount = decimalOf(tax?.amount)
      return tax?.amount_type === 'fixed'
        ? multiply(amount, decimalOf(line.product_uom_qty))
        : round(percentOf(subtotal, amount), places)
    })
    const tax = sum(taxes)
    return { price_subtotal: Number(subtotal), price_tax: Number(tax), price_total: Number(add(subtotal, tax)) }
  }

  /** Amounts of a line anew. */
  function price(lineId: number): void {
    const line = store.get('sale.order.line', lineId)
    if (line !== undefined) store.update('sale.order.line', lineId, amountsOf(line, Number(line.order_id)))
  }

  /** Totals of an order, from its lines, and what is left to invoice. */
  function recompute(orderId: number): void {
    const order = store.get('sale.order', orderId)
    if (order === undefined) return
    const lines = store.having('sale.order.line', 'order_id', orderId).map((id) => store.get('sale.order.line', id))
    const untaxed = sum(lines.map((line) => decimalOf(line?.price_subtotal)))
    const tax = sum(lines.map((line) => decimalOf(line?.price_tax)))
    store.update('sale.order', orderId, {
      amount_untaxed: Number(untaxed),
      amount_tax: Number(tax),
      amount_total: Number(add(untaxed, tax)),
    })
  }

  /** More is ordered than before: a confirmed order asks for it at once. */
  function more(orderId: number): void {
    if (store.get('sale.order', orderId)?.state === 'sale') options.onMore(orderId)
  }

  return {
    create,
    write,
    unlink,
    addressOf,
    /** Writes the lines of a record, and counts the totals of an order once. */
    batch: (model: string, id: number, work: () => void) => (model === 'sale.order' ? withTotals(id, work) : work()),
  }
}

const isNumeric = (field: SimulatedField): boolean => ['float', 'integer', 'monetary'].includes(field.type)
const decimalOf = (value: Value | undefined): Decimal => (typeof value === 'number' ? decimal(value) : decimal(0))

/** Ids of a many2many, from a list of them or from commands. */
function idsOf(value: Json): readonly number[] {
  if (!Array.isArray(value)) return []
  let ids: number[] = []
  for (const one of value) {
    if (typeof one === 'number') ids.push(one)
    else if (Array.isArray(one) && one[0] === 6 && Array.isArray(one[2])) ids = one[2].map(Number)
    else if (Array.isArray(one) && one[0] === 4) ids.push(Number(one[1]))
    else if (Array.isArray(one) && one[0] === 5) ids = []
    else throw valueError(`Wrong value for a list: ${JSON.stringify(one)}`)
  }
  return ids
}
