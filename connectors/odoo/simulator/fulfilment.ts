import {
  add,
  compare,
  type Decimal,
  decimal,
  divide,
  multiply,
  round,
  subtract,
  sum,
} from '../../../src/core/decimal.ts'
import type { Json } from '../../../src/core/json.ts'
import { userError } from './errors.ts'
import { readValue, rowsOf } from './fields.ts'
import type { Value, Values } from './models.ts'
import type { Stock } from './stock.ts'
import type { Row, Store } from './store.ts'
import { convert, unitOfLine } from './units.ts'

export type Route = 'stock' | 'make' | 'buy' | 'service'
export type Fulfilment = ReturnType<typeof openFulfilment>

interface Options {
  readonly major: number
  readonly routeOf: (productId: number) => Route
  readonly stock: Stock
}

const closed: ReadonlySet<Value> = new Set(['done', 'cancel'])

/**
 * What becomes of an order after its confirmation: deliveries, productions, purchases, invoices, payments. None of it
 * moves the order's own `write_date`, except making an invoice.
 */
export function openFulfilment(store: Store, { major, routeOf, stock }: Options) {
  const counters = new Map<string, number>()
  /** Confirmed orders that the clock still has work for. */
  const open = new Set<number>()
  const later = major >= 17

  function next(name: string): number {
    const number = (counters.get(name) ?? 0) + 1
    counters.set(name, number)
    return number
  }
  const reference = (prefix: string) => `${prefix}${String(next(prefix)).padStart(5, '0')}`

  const order = (id: number): Row => rowsOf(store, 'sale.order', [id])[0] as Row
  const linesOf = (orderId: number): readonly Row[] =>
    rowsOf(store, 'sale.order.line', store.having('sale.order.line', 'order_id', orderId))
  const pickingsOf = (orderId: number): readonly Row[] =>
    rowsOf(store, 'stock.picking', store.having('stock.picking', 'sale_id', orderId))
  const movesOf = (orderId: number): readonly Row[] => {
    const group = order(orderId).procurement_group_id
    return typeof group === 'number' ? rowsOf(store, 'stock.move', store.having('stock.move', 'group_id', group)) : []
  }
  const movesIn = (pickingId: number): readonly Row[] =>
    rowsOf(store, 'stock.move', store.having('stock.move', 'picking_id', pickingId))
  const productionsOf = (orderId: number): readonly Row[] =>
    rowsOf(store, 'mrp.production', [
      ...new Set(movesOf(orderId).flatMap((move) => Number(move.created_production_id) || [])),
    ])
  const purchaseLinesOf = (orderId: number): readonly Row[] =>
    rowsOf(store, 'purchase.order.line', [
      ...new Set(
        movesOf(orderId).flatMap((move) => [
          ...purchaseLinesFor(move),
          ...(move.move_orig_ids as readonly number[]).flatMap(
            (id) => Number(store.get('stock.move', id)?.purchase_line_id) || [],
          ),
        ]),
      ),
    ])
  const purchaseLinesFor = (move: Row): readonly number[] =>
    later
      ? (move.created_purchase_line_ids as readonly number[])
      : [Number(move.created_purchase_line_id)].filter(Boolean)
  const purchasesOf = (orderId: number): readonly Row[] =>
    rowsOf(store, 'purchase.order', [...new Set(purchaseLinesOf(orderId).map((line) => Number(line.order_id)))])
  const invoicesOf = (orderId: number): readonly Row[] =>
    rowsOf(store, 'account.move', order(orderId).invoice_ids as readonly number[])

  /** @throws OdooError in a state that this version does not confirm */
  function confirm(ids: readonly number[]): true {
    const orders = rowsOf(store, 'sale.order', ids)
    if (later && orders.some((row) => row.state !== 'draft' && row.state !== 'sent')) {
      throw userError('Some orders are not in a state requiring confirmation.')
    }
    if (orders.some((row) => closed.has(row.state ?? false))) {
      throw userError('It is not allowed to confirm an order in the following states: cancel, done')
    }
    for (const { id } of orders) {
      if (later && linesOf(id).some((line) => line.product_id === false && line.display_type === false)) {
        throw userError('A line on these orders missing a product, you cannot confirm it.')
      }
      store.update('sale.order', id, { state: 'sale', date_order: store.time(), invoice_status: 'to invoice' })
      procure(id)
      open.add(id)
    }
    return true
  }

  /** Asks stock, production and vendors for what is ordered and not asked for yet. */
  function procure(orderId: number): void {
    const row = order(orderId)
    for (const line of linesOf(orderId)) {
      const route = routeOf(Number(line.product_id))
      if (line.product_id === false || route === 'service') continue
      const asked = rowsOf(store, 'stock.move', store.having('stock.move', 'sale_line_id', line.id))
        .filter((move) => move.state !== 'cancel')
        .reduce((sum, move) => sum + Number(move.product_uom_qty), 0)
      const quantity = inProductUnit(line) - asked
      if (quantity > 0) deliver(row, line, quantity, route)
    }
  }

  const unitOfProduct = (productId: Value | undefined): number => {
    const product = store.get('product.product', Number(productId))
    return product === undefined ? 1 : Number(readValue(store, 'product.product', product, 'uom_id'))
  }
  /** Moves are in the unit of the product, whatever the order was entered in [uom.uom `_adjust_uom_quantities`]. */
  const inProductUnit = (line: Row): number =>
    convert(store, line.product_uom_qty, unitOfLine(store, line), unitOfProduct(line.product_id))

  function deliver(row: Row, line: Row, quantity: number, route: Route): void {
    const group = groupOf(row)
    const picking = openPicking(row, group)
    const taken = route === 'stock' ? Math.max(0, Math.min(quantity, stock.free(Number(line.product_id)))) : 0
    stock.reserve(Number(line.product_id), taken)
    const move = store.create('stock.move', {
      name: line.name ?? false,
      state: route === 'stock' ? reservedState(taken, quantity) : 'waiting',
      origin: row.name ?? false,
      date: store.time(),
      product_id: line.product_id ?? false,
      product_uom_qty: quantity,
      product_uom: unitOfProduct(line.product_id),
      procure_method: route === 'stock' ? 'make_to_stock' : 'make_to_order',
      picking_id: picking,
      group_id: group,
      sale_line_id: line.id,
      ...reserved(taken),
    })
    if (route === 'make') produceFor(row, move)
    if (route === 'buy') buyFor(row, move)
    settle(picking)
  }

  const reserved = (quantity: number): Values => (later ? { quantity } : { reserved_availability: quantity })
  const reservedState = (taken: number, quantity: number): string =>
    taken >= quantity ? 'assigned' : taken > 0 ? 'partially_available' : 'confirmed'
  /** How much of an open move is reserved. */
  const reservedOf = (move: Row): number =>
    closed.has(move.state ?? false) ? 0 : Number(later ? move.quantity : move.reserved_availability)
  const isReady = (move: Row): boolean => move.state === 'assigned' || move.state === 'partially_available'
  const finished = (quantity: number): Values =>
    later ? { quantity } : { quantity_done: quantity, reserved_availability: 0 }

  function groupOf(row: Row): number {
    if (typeof row.procurement_group_id === 'number') return row.procurement_group_id
    const { id } = store.create('procurement.group', {
      name: row.name ?? false,
      partner_id: row.partner_shipping_id ?? false,
      sale_id: row.id,
    })
    store.update('sale.order', row.id, { procurement_group_id: id })
    return id
  }

  function openPicking(row: Row, group: number): number {
    const known = pickingsOf(row.id).find((picking) => !closed.has(picking.state ?? false))
    if (known !== undefined) return known.id
    return store.create('stock.picking', {
      name: reference('WH/OUT/'),
      origin: row.name ?? false,
      // [seen] on 14: it keeps this address, whatever the order is given later. Not simulated: the activity that tells a person.
      partner_id: row.partner_shipping_id ?? false,
      sale_id: row.id,
      group_id: group,
      state: 'confirmed',
      scheduled_date: row.commitment_date || store.time(),
      date_deadline: row.commitment_date || store.time(),
      carrier_id: row.carrier_id || 1,
    }).id
  }

  function produceFor(row: Row, move: Row): void {
    const name = reference('WH/MO/')
    const group = store.create('procurement.group', { name })
    const production = store.create('mrp.production', {
      name,
      origin: row.name ?? false,
      state: 'confirmed',
      product_id: move.product_id ?? false,
      product_qty: move.product_uom_qty ?? 0,
      procurement_group_id: group.id,
      date_deadline: store.time(),
      ...(later
        ? { date_start: store.time() }
        : { date_planned_start: store.time(), date_planned_finished: store.time() }),
    })
    store.update('stock.move', move.id, { created_production_id: production.id })
  }

  function buyFor(row: Row, move: Row): void {
    const known = purchasesOf(row.id).find((purchase) => purchase.state === 'draft')
    const purchase =
      known ??
      store.create('purchase.order', {
        name: reference('P'),
        origin: row.name ?? false,
        partner_id: vendor(),
        date_order: store.time(),
        date_planned: store.time(),
        currency_id: store.get('res.company', 1)?.currency_id ?? false,
      })
    const line = store.create('purchase.order.line', {
      order_id: purchase.id,
      name: move.name ?? false,
      product_id: move.product_id ?? false,
      product_qty: move.product_uom_qty ?? 0,
      date_planned: store.time(),
    })
    store.update(
      'stock.move',
      move.id,
      later ? { created_purchase_line_ids: [line.id] } : { created_purchase_line_id: line.id },
    )
  }

  function vendor(): number {
    const [known] = store.having('res.partner', 'ref', 'VENDOR')
    return (
      known ?? store.create('res.partner', { name: 'Vendor', ref: 'VENDOR', is_company: true, supplier_rank: 1 }).id
    )
  }

  /** The state of a delivery, which follows from its moves. */
  function settle(pickingId: number): void {
    const states = movesIn(pickingId).map((move) => move.state)
    const left = states.filter((state) => !closed.has(state ?? false))
    const state =
      left.length === 0
        ? states.every((one) => one === 'cancel')
          ? 'cancel'
          : 'done'
        : left.includes('assigned') || left.includes('partially_available')
          ? 'assigned'
          : 'waiting'
    if (store.get('stock.picking', pickingId)?.state !== state) store.update('stock.picking', pickingId, { state })
  }

  /**
   * Up to version 15 a person is asked where something was shipped or an invoice is in draft; from 16 on about every confirmed
   * order, unless the caller declines, whatever was shipped. 19 asks nobody (seen on 19.0 with all of it delivered).
   * @returns true, or the window that asks a person first
   */
  function cancel(ids: readonly number[], silent: boolean): Json {
    for (const row of rowsOf(store, 'sale.order', ids)) {
      if (row.state === 'done' || row.locked === true) {
        throw userError('You cannot cancel a locked order. Please unlock it first.')
      }
      const asks =
        major >= 16
          ? row.state === 'sale' && major < 19
          : pickingsOf(row.id).some((picking) => picking.state === 'done') ||
            invoicesOf(row.id).some((invoice) => invoice.state === 'draft')
      // Up to version 15 the deliveries are cancelled before a person is asked.
      if (!asks || silent || major < 16) cancelDeliveries(row.id)
      if (asks && !silent) {
        return {
          name: 'Cancel Sales Order',
          view_mode: 'form',
          res_model: 'sale.order.cancel',
          type: 'ir.actions.act_window',
          context: { default_order_id: row.id },
          target: 'new',
        }
      }
      for (const invoice of invoicesOf(row.id)) {
        if (invoice.state === 'draft') store.update('account.move', invoice.id, { state: 'cancel' })
      }
      store.update('sale.order', row.id, { state: 'cancel', invoice_status: 'no' })
      open.delete(row.id)
    }
    return true
  }

  function cancelDeliveries(orderId: number): void {
    for (const picking of pickingsOf(orderId)) {
      if (closed.has(picking.state ?? false)) continue
      for (const move of movesIn(picking.id)) {
        if (closed.has(move.state ?? false)) continue
        stock.reserve(Number(move.product_id), -reservedOf(move))
        store.update('stock.move', move.id, { state: 'cancel', ...reserved(0) })
      }
      settle(picking.id)
    }
  }

  function draft(ids: readonly number[]): true {
    for (const row of rowsOf(store, 'sale.order', ids)) {
      if (row.state === 'cancel' || row.state === 'sent') store.update('sale.order', row.id, { state: 'draft' })
    }
    return true
  }

  /** Starts the productions of an order. @returns whether there was one to start */
  function start(orderId: number): boolean {
    const waiting = productionsOf(orderId).filter((one) => one.state === 'confirmed')
    for (const { id, product_qty } of waiting) {
      store.update('mrp.production', id, {
        state: 'progress',
        date_start: store.time(),
        qty_producing: Math.ceil(Number(product_qty) / 2),
      })
    }
    return waiting.length > 0
  }

  /** Finishes the productions of an order; what was made is ready to ship. */
  function produce(orderId: number): boolean {
    const running = productionsOf(orderId).filter((one) => !closed.has(one.state ?? false))
    for (const { id, product_qty = 0 } of running) {
      store.update('mrp.production', id, {
        state: 'done',
        date_finished: store.time(),
        qty_producing: product_qty,
        qty_produced: product_qty,
      })
      for (const move of movesOf(orderId)) {
        if (move.created_production_id !== id) continue
        stock.receive(Number(move.product_id), Number(product_qty))
        assign(move)
      }
    }
    return running.length > 0
  }

  function assign(move: Row): void {
    if (closed.has(move.state ?? false)) return
    stock.reserve(Number(move.product_id), Number(move.product_uom_qty) - reservedOf(move))
    store.update('stock.move', move.id, { state: 'assigned', ...reserved(Number(move.product_uom_qty)) })
    settle(Number(move.picking_id))
  }

  /** Orders what is to be bought: a receipt then waits for it, and leads back to the delivery. */
  function purchase(orderId: number): boolean {
    const drafts = purchasesOf(orderId).filter((one) => one.state === 'draft')
    for (const { id, name = false } of drafts) {
      const receipt = store.create('stock.picking', {
        name: reference('WH/IN/'),
        origin: name,
        picking_type_code: 'incoming',
        state: 'assigned',
        scheduled_date: store.time(),
      })
      for (const line of purchaseLinesOf(orderId).filter((one) => one.order_id === id)) {
        const arrival = store.create('stock.move', {
          name: line.name ?? false,
          state: 'assigned',
          origin: name,
          date: store.time(),
          product_id: line.product_id ?? false,
          product_uom_qty: line.product_qty ?? 0,
          picking_id: receipt.id,
          purchase_line_id: line.id,
        })
        const link = later ? 'created_purchase_line_ids' : 'created_purchase_line_id'
        for (const move of store.having('stock.move', link, line.id).slice()) {
          store.update('stock.move', move, { [link]: later ? [] : false, move_orig_ids: [arrival.id] })
        }
        store.update('purchase.order.line', line.id, {})
      }
      store.update('purchase.order', id, { state: 'purchase', date_approve: store.time(), picking_ids: [receipt.id] })
    }
    return drafts.length > 0
  }

  /** Takes in what was bought, ordering it first where nobody has. */
  function receive(orderId: number): boolean {
    purchase(orderId)
    const due = purchaseLinesOf(orderId).filter((line) => Number(line.qty_received) < Number(line.product_qty))
    for (const line of due) {
      for (const id of store.having('stock.move', 'purchase_line_id', line.id)) {
        const arrival = rowsOf(store, 'stock.move', [id])[0] as Row
        stock.receive(Number(arrival.product_id), Number(arrival.product_uom_qty))
        store.update('stock.move', id, { state: 'done', ...finished(Number(arrival.product_uom_qty)) })
        store.update('stock.picking', Number(arrival.picking_id), { state: 'done', date_done: store.time() })
        for (const waiting of store.having('stock.move', 'move_orig_ids', id)) {
          assign(rowsOf(store, 'stock.move', [waiting])[0] as Row)
        }
      }
      store.update('purchase.order.line', line.id, { qty_received: line.product_qty ?? 0 })
      store.update('purchase.order', Number(line.order_id), {})
    }
    return due.length > 0
  }

  /**
   * Ships what is ready, all or a part of it; what stays goes to a back order, with what is not ready yet, or, `short`, is
   * cancelled: "No Backorder" (seen on 14.0).
   */
  function ship(
    orderId: number,
    { part = false, short = false }: { readonly part?: boolean; readonly short?: boolean } = {},
  ): boolean {
    const picking = pickingsOf(orderId).find((one) => one.state === 'assigned')
    if (picking === undefined) return false
    const moves = movesIn(picking.id)
    const ready = moves.filter(isReady)
    // One line is parted by its pieces, several by lines; at least one of them goes.
    const half = (count: number) => Math.max(1, Math.floor(count / 2))
    const shipped = new Map(
      ready.map((move, place) => {
        const quantity = reservedOf(move)
        if (!part) return [move.id, quantity]
        if (moves.length === 1) return [move.id, half(quantity)]
        return [move.id, place < half(ready.length) ? quantity : 0]
      }),
    )
    const tracking = `TRACK${String(picking.id).padStart(8, '0')}`
    const rest: { readonly move: Row; readonly quantity: number; readonly taken: number }[] = []
    for (const move of moves) {
      const quantity = shipped.get(move.id) ?? 0
      const left = Number(move.product_uom_qty) - quantity
      if (left > 0 && !closed.has(move.state ?? false)) {
        rest.push({ move, quantity: left, taken: reservedOf(move) - quantity })
      }
      if (quantity > 0) {
        store.update('stock.move', move.id, {
          state: 'done',
          product_uom_qty: quantity,
          date: store.time(),
          ...finished(quantity),
        })
        stock.ship(Number(move.product_id), quantity)
        delivered(Number(move.sale_line_id), quantity)
      }
    }
    if (short) for (const one of rest) giveUp(one, shipped)
    else if (rest.length > 0) backOrder(picking, rest, shipped)
    store.update('stock.picking', picking.id, {
      state: 'done',
      date_done: store.time(),
      carrier_tracking_ref: tracking,
    })
    return true
  }

  function delivered(lineId: number, quantity: number): void {
    const line = store.get('sale.order.line', lineId)
    if (line !== undefined) {
      // Of each move, rounded half up [sale_stock/models/sale_order.py `_compute_qty_delivered`].
      const moved = convert(store, quantity, unitOfProduct(line.product_id), unitOfLine(store, line))
      store.update('sale.order.line', lineId, {
        qty_delivered: Number(add(decimal(Number(line.qty_delivered)), decimal(moved))),
      })
    }
  }

  /** What is not shipped any more: cancelled in the delivery itself. */
  function giveUp(
    { move, quantity, taken }: { move: Row; quantity: number; taken: number },
    shipped: ReadonlyMap<number, number>,
  ): void {
    stock.reserve(Number(move.product_id), -taken)
    const cancelled = { state: 'cancel', product_uom_qty: quantity, ...finished(0), ...reserved(0) }
    if ((shipped.get(move.id) ?? 0) === 0) store.update('stock.move', move.id, cancelled)
    else store.create('stock.move', { ...move, ...cancelled })
  }

  /** What was not shipped: whole moves change over, of others a second move is made. */
  function backOrder(
    picking: Row,
    rest: readonly { move: Row; quantity: number; taken: number }[],
    shipped: ReadonlyMap<number, number>,
  ): void {
    const second = store.create('stock.picking', { ...picking, name: reference('WH/OUT/'), backorder_id: picking.id })
    for (const { move, quantity, taken } of rest) {
      if ((shipped.get(move.id) ?? 0) === 0) {
        store.update('stock.move', move.id, { picking_id: second.id })
        continue
      }
      store.create('stock.move', {
        ...move,
        state: reservedState(taken, quantity),
        product_uom_qty: quantity,
        picking_id: second.id,
        ...finished(0),
        ...reserved(taken),
      })
    }
    settle(second.id)
  }

  /**
   * Takes back what was shipped of the first line that was: a receipt that lowers what is delivered.
   * @param given  how much of it, in the unit of the product; all when not given
   */
  function takeBack(orderId: number, given?: number): boolean {
    const shipped = movesOf(orderId).find((move) => move.state === 'done' && move.to_refund === false)
    if (shipped === undefined) return false
    const quantity = given ?? Number(shipped.product_uom_qty)
    const receipt = store.create('stock.picking', {
      name: reference('WH/IN/'),
      origin: `Return of ${store.get('stock.picking', Number(shipped.picking_id))?.name}`,
      picking_type_code: 'incoming',
      sale_id: orderId,
      group_id: shipped.group_id ?? false,
      state: 'done',
      scheduled_date: store.time(),
      date_done: store.time(),
    })
    store.create('stock.move', {
      name: shipped.name ?? false,
      state: 'done',
      date: store.time(),
      product_id: shipped.product_id ?? false,
      product_uom_qty: quantity,
      product_uom: shipped.product_uom ?? 1,
      picking_id: receipt.id,
      group_id: shipped.group_id ?? false,
      sale_line_id: shipped.sale_line_id ?? false,
      to_refund: true,
      ...finished(quantity),
    })
    stock.receive(Number(shipped.product_id), quantity)
    delivered(Number(shipped.sale_line_id), -quantity)
    return true
  }

  /** Makes the invoice of an order as a draft, of all that was ordered or, for products invoiced so, of what was delivered. */
  function invoice(
    orderId: number,
    { delivered: ofDelivered = false }: { readonly delivered?: boolean } = {},
  ): boolean {
    const row = order(orderId)
    if (row.state !== 'sale' || row.invoice_status !== 'to invoice') return false
    const quantityOf = (line: Row) => Number(ofDelivered ? line.qty_delivered : line.product_uom_qty)
    const totalOf = (name: 'price_subtotal' | 'price_tax'): Decimal =>
      sum(
        linesOf(orderId).map((line) => {
          const [whole, ordered] = [decimal(Number(line[name])), decimal(Number(line.product_uom_qty))]
          return ordered === '0' ? whole : round(divide(multiply(whole, decimal(quantityOf(line))), ordered), 2)
        }),
      )
    const [untaxed, tax] = [totalOf('price_subtotal'), totalOf('price_tax')]
    const total = Number(add(untaxed, tax))
    const { id } = store.create('account.move', {
      move_type: 'out_invoice',
      invoice_origin: row.name ?? false,
      date: store.time().slice(0, 10),
      partner_id: row.partner_invoice_id ?? false,
      currency_id: row.currency_id ?? false,
      company_id: 1,
      amount_untaxed: Number(untaxed),
      amount_tax: Number(tax),
      amount_total: total,
      amount_residual: total,
    })
    for (const line of linesOf(orderId)) {
      store.update('sale.order.line', line.id, { qty_invoiced: quantityOf(line) })
    }
    store.update('sale.order', orderId, {
      invoice_ids: [...(row.invoice_ids as readonly number[]), id],
      invoice_status: 'invoiced',
    })
    return true
  }

  /** Posts the invoices of an order that are drafts. */
  function post(orderId: number): boolean {
    const drafts = invoicesOf(orderId).filter((one) => one.state === 'draft')
    for (const { id } of drafts) {
      const [year, month] = store.time().split('-')
      store.update('account.move', id, {
        name: `INV/${year}/${month}/${String(next('INV')).padStart(4, '0')}`,
        state: 'posted',
        invoice_date: store.time().slice(0, 10),
        invoice_date_due: store.time().slice(0, 10),
      })
    }
    return drafts.length > 0
  }

  /** Pays posted invoices of an order, an amount or what is due. */
  function pay(orderId: number, amount: string | number): boolean {
    const due = invoicesOf(orderId).find((one) => one.state === 'posted' && Number(one.amount_residual) > 0)
    if (due === undefined) return false
    const residual = decimal(Number(due.amount_residual))
    const given: Decimal = amount === 'all' ? residual : decimal(amount)
    const paid = compare(given, residual) > 0 ? residual : given
    const left = subtract(residual, paid)
    store.create('account.payment', {
      name: reference('BNK1/'),
      amount: Number(paid),
      date: store.time().slice(0, 10),
      partner_id: due.partner_id ?? false,
      currency_id: due.currency_id ?? false,
      reconciled_invoice_ids: [due.id],
    })
    store.update('account.move', due.id, {
      amount_residual: Number(left),
      payment_state: left === '0' ? 'paid' : 'partial',
    })
    return true
  }

  /** Fills up the stock of what could not be reserved, as a reordering rule would. @returns whether something was missing */
  function replenish(orderId: number): boolean {
    const short = movesOf(orderId).filter(
      (move) =>
        (move.state === 'confirmed' || move.state === 'partially_available') && move.procure_method === 'make_to_stock',
    )
    for (const move of short) {
      stock.receive(Number(move.product_id), Number(move.product_uom_qty) - reservedOf(move))
      assign(move)
    }
    return short.length > 0
  }

  /** One step of the ERP's own work for one order. @returns whether anything was left to do */
  function step(orderId: number): boolean {
    const productions = productionsOf(orderId)
    const purchases = purchasesOf(orderId)
    const made = productions.some((one) => one.state === 'confirmed')
      ? start(orderId)
      : productions.some((one) => one.state === 'progress') && produce(orderId)
    const bought = purchases.some((one) => one.state === 'draft') ? purchase(orderId) : receive(orderId)
    if (made || bought || replenish(orderId)) return true
    const pickings = pickingsOf(orderId)
    const first = !pickings.some((one) => one.state === 'done')
    const parts = movesOf(orderId).length > 1 || movesOf(orderId).some((move) => Number(move.product_uom_qty) > 1)
    if (ship(orderId, { part: first && parts })) return true
    if (post(orderId) || invoice(orderId)) return true
    const [bill] = invoicesOf(orderId).filter((one) => one.state === 'posted')
    if (bill === undefined) return false
    const total = decimal(Number(bill.amount_total))
    const half = round(divide(total, decimal(2)), 2)
    const untouched = Number(bill.amount_residual) === Number(bill.amount_total)
    return pay(orderId, untouched && half !== '0' ? half : 'all')
  }

  return {
    confirm,
    cancel,
    draft,
    /** More was ordered of a confirmed order. */
    more(orderId: number): void {
      procure(orderId)
      open.add(orderId)
    },
    start,
    produce,
    purchase,
    receive,
    replenish,
    ship,
    takeBack,
    invoice,
    post,
    pay,
    /** One step for every confirmed order that is not finished. @returns how many moved */
    tick(ids?: readonly number[]): number {
      let moved = 0
      for (const id of [...(ids ?? open)].sort((a, b) => a - b)) {
        if (store.get('sale.order', id)?.state !== 'sale') open.delete(id)
        else if (store.transaction(() => step(id))) moved += 1
        else open.delete(id)
      }
      return moved
    },
  }
}
