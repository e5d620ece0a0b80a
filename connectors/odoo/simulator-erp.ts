import { add, compare, type Decimal, decimal, multiply, round, subtract, sum, zero } from '../../src/core/decimal.ts'
import type { Json, JsonObject } from '../../src/core/json.ts'
import { odooError, type Row, type Store, type Value } from './simulator-store.ts'

export type Route = 'stock' | 'make' | 'buy' | 'service'

/** What the simulated company does with its orders: confirming, producing, buying, shipping, invoicing, being paid. */
export interface Erp {
  confirm(orders: readonly Row[]): void
  cancel(orders: readonly Row[]): void
  /** Orders, delivers or lets go more of a confirmed order's line, after its quantity changed. */
  procure(line: Row): void
  /** One step of everything that is under way. */
  tick(): void
  /** Everything that was shipped of an order comes back, and is credited. */
  returnGoods(order: Row): void
}

const linesOf = (store: Store, order: Row): readonly Row[] => store.by('sale.order.line', 'order_id', order.id)
const decimalOf = (value: Value | undefined): Decimal => decimal(typeof value === 'number' ? value : 0)
const hundred = decimal(100)

/** Quantity × price less discount, rounded as Odoo does for each line. */
export function subtotalOf(line: Row): Decimal {
  const kept = subtract(hundred, decimalOf(line.discount))
  const price = multiply(multiply(decimalOf(line.price_unit), kept), decimal('0.01'))
  return round(multiply(decimalOf(line.product_uom_qty), price), 2)
}

/** The fields of orders that follow from others. */
export function computeFields(store: Store, url: () => string): void {
  const amounts = (order: Row): { net: Decimal; tax: Decimal } => {
    const lines = linesOf(store, order)
    const net = sum(lines.map(subtotalOf))
    const tax = sum(lines.map((line) => taxOf(store, line)))
    return { net, tax }
  }
  store.compute('sale.order', 'amount_untaxed', (order) => Number(amounts(order).net))
  store.compute('sale.order', 'amount_tax', (order) => Number(amounts(order).tax))
  store.compute('sale.order', 'amount_total', (order) => {
    const { net, tax } = amounts(order)
    return Number(add(net, tax))
  })
  store.compute('sale.order', 'currency_id', (order) => {
    const pricelist = store.get('product.pricelist', Number(order.pricelist_id))
    return pricelist === undefined ? false : [Number(pricelist.currency_id)]
  })
  store.compute('sale.order', 'invoice_status', (order) => {
    if (order.state !== 'sale') return 'no'
    const lines = linesOf(store, order)
    if (lines.every((line) => Number(line.qty_invoiced) >= Number(line.product_uom_qty))) return 'invoiced'
    return lines.some((line) => Number(line.qty_delivered) > Number(line.qty_invoiced)) ? 'to invoice' : 'no'
  })
  store.compute('sale.order', 'mrp_production_ids', (order) =>
    linesOf(store, order).flatMap((line) =>
      store.by('stock.move', 'sale_line_id', line.id).flatMap((move) => (move.created_production_id ? [Number(move.created_production_id)] : [])),
    ),
  )
  store.compute('sale.order.line', 'price_subtotal', (line) => Number(subtotalOf(line)))
  store.compute('sale.order.line', 'display_name', (line) => `${store.label('sale.order', Number(line.order_id))} - ${line.name}`)
  store.compute('product.product', 'display_name', (product) =>
    product.default_code ? `[${product.default_code}] ${product.name}` : String(product.name),
  )
  store.compute('product.pricelist', 'display_name', (pricelist) => `${pricelist.name} (${store.label('res.currency', Number(pricelist.currency_id))})`)
  store.compute('stock.picking', 'carrier_tracking_url', (picking) =>
    picking.carrier_tracking_ref ? `${url()}/track/${picking.carrier_tracking_ref}` : false,
  )
}

function taxOf(store: Store, line: Row): Decimal {
  const taxes = Array.isArray(line.tax_id) ? (line.tax_id as readonly number[]) : []
  const rate = sum(taxes.map((id) => decimalOf(store.get('account.tax', id)?.amount)))
  return round(multiply(multiply(subtotalOf(line), rate), decimal('0.01')), 2)
}

interface Clock {
  /** As Odoo writes it. */
  now(): string
}

/** @param renamed  the version has the field names of Odoo 17 and later */
export function openErp(store: Store, clock: Clock, renamed: boolean): Erp {
  const open = { orders: new Set<number>(), productions: new Set<number>(), purchases: new Set<number>() }
  const numbers = new Map<string, number>()
  const nextNumber = (prefix: string): string => {
    const number = (numbers.get(prefix) ?? 0) + 1
    numbers.set(prefix, number)
    return `${prefix}${String(number).padStart(5, '0')}`
  }
  const today = (): string => clock.now().slice(0, 10)
  const reserve = (move: Row, quantity: number): void =>
    store.update('stock.move', move, {
      state: 'assigned',
      ...(renamed ? { quantity } : { reserved_availability: quantity }),
    })
  const finish = (move: Row, quantity: number): void =>
    store.update('stock.move', move, {
      state: 'done',
      ...(renamed ? { quantity, picked: true } : { quantity_done: quantity, reserved_availability: 0 }),
    })
  const routeOf = (line: Row): Route => (store.need('product.product', Number(line.product_id))._route as Route) ?? 'stock'
  const movesOf = (picking: Row): readonly Row[] => store.by('stock.move', 'picking_id', picking.id)
  const pickingsOf = (order: Row): readonly Row[] => store.by('stock.picking', 'sale_id', order.id)
  const isOpen = (document: Row): boolean => document.state !== 'done' && document.state !== 'cancel'
  const outgoing = (order: Row): Row | undefined =>
    pickingsOf(order).find((picking) => isOpen(picking) && picking.picking_type_code === 'outgoing')

  /** The state of a delivery follows from its moves; it is written only when it is another one. */
  function settlePicking(picking: Row): void {
    const states = movesOf(picking).map((move) => String(move.state))
    const state = states.every((one) => one === 'done' || one === 'cancel')
      ? states.includes('done')
        ? 'done'
        : 'cancel'
      : states.includes('assigned')
        ? 'assigned'
        : states.includes('waiting')
          ? 'waiting'
          : 'confirmed'
    if (picking.state !== state) store.update('stock.picking', picking, { state })
  }

  function groupOf(order: Row): Record<string, Value> {
    if (renamed) {
      const known = (order.stock_reference_ids as readonly number[] | undefined)?.[0]
      const id = known ?? store.insert('stock.reference', { name: String(order.name) }).id
      if (known === undefined) store.update('sale.order', order, { stock_reference_ids: [id] })
      return { reference_ids: [id] }
    }
    const known = typeof order.procurement_group_id === 'number' ? order.procurement_group_id : null
    const id = known ?? store.insert('procurement.group', { name: String(order.name), sale_id: order.id }).id
    if (known === null) store.update('sale.order', order, { procurement_group_id: id })
    return { group_id: id }
  }

  function procure(line: Row): void {
    const order = store.need('sale.order', Number(line.order_id))
    open.orders.add(order.id)
    if (store.models['stock.move'] === undefined || !line.product_id) return
    const route = routeOf(line)
    if (route === 'service') return
    const moves = store.by('stock.move', 'sale_line_id', line.id).filter((move) => move.state !== 'cancel' && move.picking_code === 'outgoing')
    const planned = moves.reduce((total, move) => total + Number(move.product_uom_qty), 0)
    const quantity = Number(line.product_uom_qty) - planned
    if (quantity <= 0) return
    const group = groupOf(order)
    const picking =
      outgoing(order) ??
      store.insert('stock.picking', {
        name: nextNumber('WH/OUT/'),
        sale_id: order.id,
        origin: String(order.name),
        state: 'confirmed',
        scheduled_date: clock.now(),
        picking_type_code: 'outgoing',
        ...group,
      })
    const move = store.insert('stock.move', {
      name: String(line.name),
      product_id: Number(line.product_id),
      product_uom_qty: quantity,
      picking_id: picking.id,
      sale_line_id: line.id,
      picking_code: 'outgoing',
      state: route === 'stock' ? 'confirmed' : 'waiting',
      ...group,
    })
    if (route === 'make' && store.models['mrp.production'] !== undefined) make(order, move, quantity)
    else if (route === 'buy' && store.models['purchase.order'] !== undefined) buy(order, move, quantity)
    else reserve(move, quantity)
    settlePicking(picking)
  }

  function make(order: Row, move: Row, quantity: number): void {
    const name = nextNumber('WH/MO/')
    const production = store.insert('mrp.production', {
      name,
      origin: String(order.name),
      state: 'confirmed',
      product_id: Number(move.product_id),
      product_qty: quantity,
      date_deadline: clock.now(),
      ...(renamed
        ? { reference_ids: move.reference_ids ?? [] }
        : { procurement_group_id: store.insert('procurement.group', { name }).id }),
    })
    const made = store.insert('stock.move', {
      name,
      product_id: Number(move.product_id),
      product_uom_qty: quantity,
      production_id: production.id,
      picking_code: 'mrp_operation',
      state: 'confirmed',
    })
    store.update('stock.move', move, { created_production_id: production.id, move_orig_ids: [made.id] })
    open.productions.add(production.id)
  }

  /** Draft purchases of one vendor are collected, as Odoo does. */
  function buy(order: Row, move: Row, quantity: number): void {
    const draft = [...open.purchases].map((id) => store.need('purchase.order', id)).find((one) => one.state === 'draft')
    const origin = draft === undefined ? String(order.name) : `${draft.origin}, ${order.name}`
    const purchase =
      draft ??
      store.insert('purchase.order', {
        name: nextNumber('P'),
        origin,
        state: 'draft',
        partner_id: 1,
        date_planned: clock.now(),
      })
    store.update('purchase.order', purchase, { origin })
    const line = store.insert('purchase.order.line', {
      order_id: purchase.id,
      product_id: Number(move.product_id),
      product_qty: quantity,
    })
    store.update('stock.move', move, renamed ? { created_purchase_line_ids: [line.id] } : { created_purchase_line_id: line.id })
    open.purchases.add(purchase.id)
  }

  function advanceProduction(production: Row): void {
    const quantity = Number(production.product_qty)
    if (production.state === 'confirmed') {
      store.update('mrp.production', production, { state: 'progress', qty_producing: Math.ceil(quantity / 2) })
      return
    }
    store.update('mrp.production', production, { state: 'done', qty_producing: quantity, qty_produced: quantity })
    open.productions.delete(production.id)
    for (const made of store.by('stock.move', 'production_id', production.id)) supply(made)
  }

  function advancePurchase(purchase: Row): void {
    const lines = store.by('purchase.order.line', 'order_id', purchase.id)
    if (purchase.state === 'draft') {
      store.update('purchase.order', purchase, { state: 'purchase' })
      const picking = store.insert('stock.picking', {
        name: nextNumber('WH/IN/'),
        origin: String(purchase.name),
        state: 'assigned',
        picking_type_code: 'incoming',
      })
      for (const line of lines) {
        const receipt = store.insert('stock.move', {
          name: String(purchase.name),
          product_id: Number(line.product_id),
          product_uom_qty: Number(line.product_qty),
          picking_id: picking.id,
          purchase_line_id: line.id,
          picking_code: 'incoming',
          state: 'assigned',
        })
        // From now on the delivery knows the receipt in place of the purchase line.
        const column = renamed ? 'created_purchase_line_ids' : 'created_purchase_line_id'
        for (const move of store.by('stock.move', column, line.id)) {
          store.update('stock.move', move, { [column]: renamed ? [] : false, move_orig_ids: [receipt.id] })
        }
      }
      return
    }
    open.purchases.delete(purchase.id)
    for (const line of lines) {
      store.update('purchase.order.line', line, { qty_received: Number(line.product_qty) })
      for (const receipt of store.by('stock.move', 'purchase_line_id', line.id)) {
        supply(receipt)
        settlePicking(store.need('stock.picking', Number(receipt.picking_id)))
      }
    }
    store.update('purchase.order', purchase, {})
  }

  /** Goods that came in are reserved for the delivery that waits for them. */
  function supply(source: Row): void {
    finish(source, Number(source.product_uom_qty))
    for (const move of store.by('stock.move', 'move_orig_ids', source.id)) {
      if (move.state !== 'waiting') continue
      reserve(move, Number(move.product_uom_qty))
      settlePicking(store.need('stock.picking', Number(move.picking_id)))
    }
  }

  /** Ships what is there: the first time a part, with a back order, then the rest at once. */
  function ship(order: Row, picking: Row): void {
    const waiting = movesOf(picking).filter((move) => move.state !== 'done' && move.state !== 'cancel')
    const ready = waiting.filter((move) => move.state === 'assigned')
    const [first] = ready
    const again = picking.backorder_id !== undefined
    if (first === undefined || (again && ready.length < waiting.length)) return
    const whole = again || (waiting.length === 1 && Number(first.product_uom_qty) < 2)
    const shipped = whole || ready.length < waiting.length ? ready : [first]
    const rest = waiting.filter((move) => !shipped.includes(move))
    const half = Math.ceil(Number(first.product_uom_qty) / 2)
    // One product alone is shipped in two parts.
    if (!whole && waiting.length === 1) rest.push(split(first, half))
    for (const move of shipped) deliver(move)
    if (rest.length > 0) {
      const backorder = store.insert('stock.picking', {
        name: nextNumber('WH/OUT/'),
        sale_id: order.id,
        origin: String(order.name),
        state: 'assigned',
        scheduled_date: clock.now(),
        picking_type_code: 'outgoing',
        backorder_id: picking.id,
      })
      for (const move of rest) store.update('stock.move', move, { picking_id: backorder.id })
      settlePicking(backorder)
    }
    store.update('stock.picking', picking, {
      state: 'done',
      date_done: clock.now(),
      carrier_id: 1,
      carrier_tracking_ref: `TRACK-${picking.id}`,
    })
    if (order.effective_date === undefined) store.update('sale.order', order, { effective_date: today() })
  }

  function split(move: Row, kept: number): Row {
    const left = Number(move.product_uom_qty) - kept
    const { id: _, ...same } = move
    store.update('stock.move', move, { product_uom_qty: kept })
    const rest = store.insert('stock.move', { ...same, product_uom_qty: left })
    reserve(rest, left)
    return rest
  }

  function deliver(move: Row): void {
    const quantity = Number(move.product_uom_qty)
    finish(move, quantity)
    const line = store.need('sale.order.line', Number(move.sale_line_id))
    store.update('sale.order.line', line, { qty_delivered: Number(add(decimalOf(line.qty_delivered), decimal(quantity))) })
  }

  const currencyOf = (order: Row): number => Number(store.need('product.pricelist', Number(order.pricelist_id)).currency_id)
  const invoicesOf = (order: Row): readonly Row[] => store.by('account.move', '_orders', order.id)

  function invoice(order: Row): void {
    const lines = linesOf(store, order)
    const net = sum(lines.map(subtotalOf))
    const tax = sum(lines.map((line) => taxOf(store, line)))
    store.insert('account.move', {
      name: '/',
      state: 'draft',
      payment_state: 'not_paid',
      amount_untaxed: Number(net),
      amount_tax: Number(tax),
      amount_total: Number(add(net, tax)),
      amount_residual: Number(add(net, tax)),
      invoice_date_due: today(),
      move_type: 'out_invoice',
      invoice_origin: String(order.name),
      invoice_payments_widget: 'false',
      currency_id: currencyOf(order),
      partner_id: Number(order.partner_id),
      _orders: [order.id],
    })
    for (const line of lines) store.update('sale.order.line', line, { qty_invoiced: Number(line.product_uom_qty) })
    store.update('sale.order', order, {})
  }

  function pay(document: Row): void {
    const total = decimalOf(document.amount_total)
    const residual = decimalOf(document.amount_residual)
    const isFirst = compare(residual, total) === 0 && compare(total, decimal('0.02')) >= 0
    const amount = isFirst ? round(multiply(total, decimal('0.5')), 2) : residual
    const before = JSON.parse(String(document.invoice_payments_widget)) as { content: Json[] } | false
    const payment: JsonObject = { name: `Customer Payment ${amount}`, date: today(), amount: Number(amount) }
    const left = subtract(residual, amount)
    store.update('account.move', document, {
      amount_residual: Number(left),
      payment_state: compare(left, zero) === 0 ? 'paid' : 'partial',
      invoice_payments_widget: JSON.stringify({
        title: 'Less Payment',
        outstanding: false,
        content: [...(before === false ? [] : before.content), payment],
      }),
    })
  }

  function advanceOrder(order: Row): void {
    const lines = linesOf(store, order)
    const picking = store.models['stock.picking'] === undefined ? undefined : outgoing(order)
    if (picking !== undefined) return ship(order, picking)
    const [document] = invoicesOf(order)
    if (document === undefined) {
      if (lines.length > 0) invoice(order)
      else open.orders.delete(order.id)
    } else if (document.state === 'draft') {
      store.update('account.move', document, { state: 'posted', name: nextNumber('INV/'), invoice_date: today() })
    } else if (document.payment_state !== 'paid') pay(document)
    else open.orders.delete(order.id)
  }

  return {
    procure,
    confirm(orders) {
      const refused = orders.find((order) => !['draft', 'sent', 'sale'].includes(String(order.state)))
      if (refused !== undefined || (renamed && orders.some((order) => order.state === 'sale'))) {
        throw odooError(
          'odoo.exceptions.UserError',
          'It is not allowed to confirm an order in the following states: cancel, done',
        )
      }
      for (const order of orders) {
        if (order.state === 'sale') continue
        store.update('sale.order', order, { state: 'sale', date_order: clock.now() })
        for (const line of linesOf(store, order)) {
          store.update('sale.order.line', line, {})
          procure(line)
        }
      }
    },
    cancel(orders) {
      for (const order of orders) {
        for (const picking of pickingsOf(order).filter(isOpen)) {
          for (const move of movesOf(picking).filter(isOpen)) store.update('stock.move', move, { state: 'cancel', move_orig_ids: [] })
          settlePicking(picking)
        }
        for (const document of invoicesOf(order)) {
          if (document.state === 'draft') store.update('account.move', document, { state: 'cancel' })
        }
        open.orders.delete(order.id)
        store.update('sale.order', order, { state: 'cancel' })
      }
    },
    tick() {
      const [orders, productions, purchases] = [[...open.orders], [...open.productions], [...open.purchases]]
      for (const id of orders) {
        const order = store.get('sale.order', id)
        if (order?.state === 'sale') advanceOrder(order)
        else open.orders.delete(id)
      }
      for (const id of productions) advanceProduction(store.need('mrp.production', id))
      for (const id of purchases) advancePurchase(store.need('purchase.order', id))
    },
    returnGoods(order) {
      const shipped = pickingsOf(order)
        .filter((picking) => picking.state === 'done' && picking.picking_type_code === 'outgoing')
        .flatMap(movesOf)
      const back = store.insert('stock.picking', {
        name: nextNumber('WH/IN/'),
        sale_id: order.id,
        origin: String(order.name),
        state: 'done',
        date_done: clock.now(),
        picking_type_code: 'incoming',
      })
      for (const move of shipped) {
        const quantity = Number(move.product_uom_qty)
        const { id, ...same } = move
        const returned = store.insert('stock.move', {
          ...same,
          picking_id: back.id,
          picking_code: 'incoming',
          origin_returned_move_id: id,
          to_refund: true,
        })
        finish(returned, quantity)
        const line = store.need('sale.order.line', Number(move.sale_line_id))
        store.update('sale.order.line', line, { qty_delivered: Number(subtract(decimalOf(line.qty_delivered), decimal(quantity))) })
      }
      for (const document of invoicesOf(order).filter((one) => one.state === 'posted')) {
        const { id: _, ...same } = document
        store.insert('account.move', { ...same, name: nextNumber('RINV/'), move_type: 'out_refund', amount_residual: 0, payment_state: 'paid', invoice_payments_widget: 'false' })
      }
    },
  }
}
