import { add, compare, type Decimal, decimal, divide, round, subtract, sum, zero } from '../../../src/core/decimal.ts'
import type { Billing } from './billing.ts'
import { type Books, numberOf, type OrderLine, smaller } from './books.ts'
import type { Database, Row } from './database.ts'
import { dateToDay, dayLater, dayToDate } from './dates.ts'
import { userError } from './errors.ts'

export type Fulfilment = ReturnType<typeof openFulfilment>
/** A fulfilment is picked, then packed, then shipped. */
type Stage = 'A' | 'B' | 'C'

/**
 * What becomes of an order after its approval: work orders, purchase orders, fulfilments, and then bills.
 * Fulfilling and billing move the order's own `lastmodifieddate`, the rest does not.
 */
export function openFulfilment(database: Database, books: Books, billing: Billing) {
  /** Approved orders that the clock still has work for. */
  const open = new Set<number>()
  const { header, linesOf, following, link, change, changeLine, shared, sharedMain } = books
  const { bill, pay } = billing

  const statusOf = (id: number): string => String(header(id).status)
  const isWorkedOn = (orderId: number): boolean => 'BDEF'.includes(statusOf(orderId))
  const today = (): string => dayToDate(dateToDay(database.time()))

  function approve(orderId: number): void {
    change(orderId, { status: 'B' })
    resume(orderId)
  }
  /** An approval is taken back. */
  function withdraw(orderId: number): void {
    change(orderId, { status: 'A' })
    books.commit(orderId)
    open.delete(orderId)
  }
  /** An approved order has other lines now. */
  function resume(orderId: number): void {
    books.settle(orderId)
    if (!isWorkedOn(orderId)) return
    procure(orderId)
    open.add(orderId)
  }

  /** Has made and bought what is ordered and not asked for yet. */
  function procure(orderId: number): void {
    const order = header(orderId)
    let purchase = 0
    for (const line of linesOf(orderId)) {
      const missing = subtract(line.quantity, askedFor(orderId, line.line))
      if (line.closed || compare(missing, zero) <= 0) continue
      if (line.route === 'make') {
        const work = books.addTransaction(
          'WorkOrd',
          { ...shared(order), status: 'A', startdate: today(), enddate: dayLater(database.time(), 5) },
          { ...sharedMain(order), item: line.item, quantity: Number(missing), location: line.location },
        )
        link('SpecOrd', [orderId, line.line], [work, 0], null)
      }
      if (line.route === 'buy') {
        if (purchase === 0) purchase = orderGoods(order)
        const place = linesOf(purchase).length + 1
        books.addLine(purchase, place, { item: line.item, quantity: Number(missing), location: line.location })
        link('SpecOrd', [orderId, line.line], [purchase, place], null)
        books.moveStock(line.item, line.location, { onOrder: missing })
      }
    }
  }
  const askedFor = (orderId: number, line: number): Decimal =>
    sum(
      database
        .all(
          `SELECT l.quantity FROM sim_link k JOIN transactionline l ON l."transaction" = k.nextdoc AND l.id = k.nextline
           WHERE k.previousdoc = ? AND k.previousline = ? AND k.linktype = 'SpecOrd'`,
          orderId,
          line,
        )
        .map((row) => numberOf(row.quantity)),
    )
  function orderGoods(order: Row): number {
    const vendor = Number(database.get('SELECT MIN(id) AS id FROM vendor')?.id)
    return books.addTransaction(
      'PurchOrd',
      { ...shared(order), entity: vendor, status: 'B', duedate: dayLater(database.time(), 7) },
      sharedMain(order),
    )
  }

  /** Starts the work orders of an order. @returns whether there was one to start */
  function startWork(orderId: number): boolean {
    const planned = following(orderId, 'WorkOrd').filter((work) => work.status === 'A')
    for (const work of planned) change(Number(work.id), { status: 'D' })
    return planned.length > 0
  }
  /** Finishes the work orders of an order; what was made is kept for it. */
  function build(orderId: number): boolean {
    const running = following(orderId, 'WorkOrd').filter((work) => work.status === 'A' || work.status === 'D')
    for (const work of running) {
      const id = Number(work.id)
      const line = database.get('SELECT * FROM transactionline WHERE "transaction" = ? AND id = 0', id)
      const built = books.addTransaction('Build', shared(work), {
        ...sharedMain(header(id)),
        item: Number(line?.item),
        quantity: Number(line?.quantity),
        isinventoryaffecting: 'T',
      })
      link('OrdBuild', [id, 0], [built, 0], null)
      changeLine(id, 0, { quantityshiprecv: Number(line?.quantity) })
      change(id, { status: 'G' })
      arrive(id, 0, numberOf(line?.quantity))
    }
    return running.length > 0
  }
  /** Takes in what was bought. */
  function receive(orderId: number): boolean {
    const pending = following(orderId, 'PurchOrd').filter((purchase) => purchase.status === 'B')
    for (const purchase of pending) {
      const id = Number(purchase.id)
      const receipt = books.addTransaction('ItemRcpt', shared(purchase), sharedMain(header(id)))
      const lines = database.all(`SELECT * FROM transactionline WHERE "transaction" = ? AND mainline = 'F'`, id)
      for (const line of lines) {
        const [place, item, quantity] = [Number(line.id), Number(line.item), Number(line.quantity)]
        books.addLine(receipt, place, { item, quantity, location: Number(line.location), isinventoryaffecting: 'T' })
        link('ShipRcpt', [id, place], [receipt, place], null)
        changeLine(id, place, { quantityshiprecv: quantity })
        books.moveStock(item, Number(line.location), { onOrder: subtract(zero, numberOf(quantity)) })
        arrive(id, place, numberOf(quantity))
      }
      change(id, { status: 'F' })
    }
    return pending.length > 0
  }
  /** Goods for a line of an order are there. They are the order's, as far as it still wants them. */
  function arrive(document: number, place: number, quantity: Decimal): void {
    const from = database.get('SELECT * FROM sim_link WHERE nextdoc = ? AND nextline = ?', document, place)
    const orderId = Number(from?.previousdoc)
    const line = linesOf(orderId).find((one) => one.line === Number(from?.previousline))
    if (line === undefined) return
    books.moveStock(line.item, line.location, { onHand: quantity })
    const wanted =
      line.closed || !isWorkedOn(orderId) ? zero : subtract(line.quantity, add(line.shipped, line.committed))
    const kept = smaller(quantity, wanted)
    books.reserve(orderId, line, kept)
    changeLine(orderId, line.line, { quantitybackordered: Number(subtract(wanted, kept)) })
    open.add(orderId)
  }

  /** What of a line is there and not on its way yet. */
  const readyOf = (line: OrderLine): Decimal =>
    line.route === 'service' ? zero : subtract(line.committed, subtract(line.picked, line.shipped))

  /**
   * Fulfils what is there: all of it, the quantities of some lines, or one part of it.
   * @returns the fulfilment, null when nothing is there
   * @throws NetsuiteError in a state that is not fulfilled
   */
  function fulfil(
    orderId: number,
    how: { readonly stage: Stage; readonly part?: boolean; readonly only?: ReadonlyMap<number, Decimal> },
  ): number | null {
    const order = header(orderId)
    if (!isWorkedOn(orderId)) throw userError('This order cannot be fulfilled: it is not pending fulfillment.')
    const lines = linesOf(orderId)
    const ready = lines.filter((line) => compare(readyOf(line), zero) > 0)
    const chosen = ready.flatMap((line, place) => {
      const wanted = how.only?.get(line.line)
      const most = readyOf(line)
      const quantity =
        wanted !== undefined ? smaller(wanted, most) : how.part === true ? partOf(lines, ready, place, most) : most
      return compare(quantity, zero) > 0 ? [{ line, quantity }] : []
    })
    if (chosen.length === 0) return null
    const fulfilment = books.addTransaction(
      'ItemShip',
      {
        ...shared(order),
        ...{ status: 'A', shipcarrier: 'ups', shippingaddress: (order.shippingaddress ?? null) as number | null },
      },
      { ...sharedMain(order), location: chosen[0]?.line.location ?? null },
    )
    for (const [place, { line, quantity }] of chosen.entries()) {
      const values = { item: line.item, quantity: -Number(quantity), location: line.location }
      books.addLine(fulfilment, place + 1, { ...values, isinventoryaffecting: 'T' })
      link('ShipRcpt', [orderId, line.line], [fulfilment, place + 1], null)
      changeLine(orderId, line.line, { quantitypicked: Number(add(line.picked, quantity)) })
    }
    if (how.stage !== 'A') pack(fulfilment)
    if (how.stage === 'C') shipOut(fulfilment)
    return fulfilment
  }
  /** One line is parted by its pieces, several by lines; at least one of them goes. */
  function partOf(lines: readonly OrderLine[], ready: readonly OrderLine[], place: number, most: Decimal): Decimal {
    const half = (count: number) => Math.max(1, Math.floor(count / 2))
    if (lines.filter((line) => line.route !== 'service').length > 1) return place < half(ready.length) ? most : zero
    return smaller(decimal(half(Number(most))), most)
  }

  const shippedLinesOf = (fulfilment: number) =>
    database
      .all(
        `SELECT k.previousdoc, k.previousline, l.quantity FROM sim_link k
         JOIN transactionline l ON l."transaction" = k.nextdoc AND l.id = k.nextline WHERE k.nextdoc = ?`,
        fulfilment,
      )
      .map((row) => ({
        orderId: Number(row.previousdoc),
        line: Number(row.previousline),
        quantity: subtract(zero, numberOf(row.quantity)),
      }))
  function pack(fulfilment: number): void {
    for (const { orderId, line, quantity } of shippedLinesOf(fulfilment)) {
      const packed = linesOf(orderId).find((one) => one.line === line)?.packed ?? zero
      changeLine(orderId, line, { quantitypacked: Number(add(packed, quantity)) })
    }
    change(fulfilment, { status: 'B' })
  }
  function shipOut(fulfilment: number): void {
    const shipped = shippedLinesOf(fulfilment)
    const orderId = shipped[0]?.orderId ?? 0
    const lines = linesOf(orderId)
    for (const { line: number, quantity } of shipped) {
      const line = lines.find((one) => one.line === number)
      if (line === undefined) continue
      const gone = subtract(zero, quantity)
      books.moveStock(line.item, line.location, { onHand: gone, committed: gone })
      changeLine(orderId, number, {
        quantitycommitted: Number(add(line.committed, gone)),
        quantityshiprecv: Number(add(line.shipped, quantity)),
      })
    }
    const tracking = books.next('tracking', 0)
    database.insert('trackingnumber', {
      id: tracking,
      trackingnumber: `1Z999AA1${String(fulfilment).padStart(10, '0')}`,
    })
    database.insert('trackingnumbermap', { transaction: fulfilment, trackingnumber: tracking })
    change(fulfilment, { status: 'C', actualshipdate: today() })
    books.settle(orderId)
  }
  /** Moves a fulfilment that is under way by one stage. */
  function advance(orderId: number): boolean {
    const waiting = following(orderId, 'ItemShip').find((one) => one.status !== 'C')
    if (waiting === undefined) return false
    if (waiting.status === 'A') pack(Number(waiting.id))
    else shipOut(Number(waiting.id))
    return true
  }
  /** Ships what is there, finishing what is picked or packed already. */
  function ship(orderId: number, { part = false }: { part?: boolean } = {}): boolean {
    let moved = false
    while (advance(orderId)) moved = true
    return fulfil(orderId, { stage: 'C', part: part && !moved }) !== null || moved
  }

  /** One step of the company's own work for one order. @returns whether anything was left to do */
  function step(orderId: number): boolean {
    const made = startWork(orderId) || build(orderId)
    const bought = receive(orderId)
    if (made || bought || advance(orderId)) return true
    if (isWorkedOn(orderId)) {
      const lines = linesOf(orderId)
      const goods = lines.filter((line) => line.route !== 'service')
      const first = !goods.some((line) => compare(line.picked, zero) > 0)
      const parts = goods.length > 1 || goods.some((line) => compare(line.quantity, decimal('1')) > 0)
      // The first part is seen at each stage; the rest goes in one go.
      if (fulfil(orderId, { stage: first ? 'A' : 'C', part: first && parts }) !== null) return true
    }
    if (statusOf(orderId) === 'F' && bill(orderId) !== null) return true
    const invoice = following(orderId, 'CustInvc').find((one) => one.status === 'A')
    if (invoice === undefined) return false
    const half = round(divide(numberOf(invoice.foreigntotal), decimal('2')), books.placesOf(Number(invoice.currency)))
    return pay(orderId, numberOf(invoice.foreignamountpaid) === zero && half !== zero ? half : 'all')
  }

  return {
    approve,
    withdraw,
    resume,
    settle(orderId: number): void {
      books.settle(orderId)
      if (!isWorkedOn(orderId)) open.delete(orderId)
    },
    startWork,
    build,
    receive,
    fulfil,
    advance,
    ship,
    /** An order is gone, or nothing is to be done for it any more. */
    forget(orderId: number): void {
      open.delete(orderId)
    },
    /** One step for every approved order that is not finished, or for those given. @returns how many moved */
    tick(ids?: readonly number[]): number {
      let moved = 0
      for (const id of [...(ids ?? open)].sort((a, b) => a - b)) {
        const isThere = database.has('SELECT 1 FROM "transaction" WHERE id = ?', id)
        if (isThere && database.transaction(() => step(id))) moved += 1
        else open.delete(id)
      }
      return moved
    },
  }
}
