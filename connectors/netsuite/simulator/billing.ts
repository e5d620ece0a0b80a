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
  zero,
} from '../../../src/core/decimal.ts'
import { type Books, numberOf, type OrderLine, smaller } from './books.ts'
import type { Database, Row } from './database.ts'
import { dayLater } from './dates.ts'
import { userError } from './errors.ts'

export type Billing = ReturnType<typeof openBilling>

/** What an order is billed with, and how that is paid or credited. Payments do not move the order's own date. */
export function openBilling(database: Database, books: Books) {
  /** Customers that pay at the counter: their orders are billed as cash sales. */
  const cash = new Set<number>()
  const { header, linesOf, following, link, change, changeLine, shared, sharedMain } = books

  /** @returns the invoice or cash sale of what can be billed, null when nothing can */
  function bill(orderId: number, as: 'CustInvc' | 'CashSale' | null = null): number | null {
    const order = header(orderId)
    if (order.status === 'A') throw userError('This order cannot be billed: it is pending approval.')
    const type = as ?? (cash.has(Number(order.entity)) ? 'CashSale' : 'CustInvc')
    const lines = linesOf(orderId)
    const due = lines.flatMap((line) => {
      const most = line.route === 'service' ? (line.closed ? zero : line.quantity) : line.shipped
      const quantity = subtract(most, line.billed)
      return compare(quantity, zero) > 0 ? [{ line, quantity }] : []
    })
    if (due.length === 0) return null
    const places = books.placesOf(Number(order.currency))
    const amountOf = (line: OrderLine, upTo: Decimal): Decimal =>
      line.quantity === zero ? zero : round(divide(multiply(line.net, upTo), line.quantity), places)
    const amounts = due.map(({ line, quantity }) =>
      subtract(amountOf(line, add(line.billed, quantity)), amountOf(line, line.billed)),
    )
    const billed = new Map(due.map(({ line, quantity }) => [line.line, add(line.billed, quantity)]))
    const isLast = lines.every((line) => compare(billed.get(line.line) ?? line.billed, line.quantity) >= 0)
    const { total, tax } = totalOf(order, sum(amounts), sum(lines.map((line) => line.net)), isLast, places)
    const terms = database.get('SELECT daysuntilnetdue AS days FROM term WHERE id = ?', (order.terms ?? 0) as number)
    const id = books.addTransaction(
      type,
      {
        ...shared(order),
        ...{ foreigntotal: Number(total), otherrefnum: (order.otherrefnum ?? null) as string | null },
        ...(type === 'CashSale'
          ? { status: 'B' }
          : {
              ...{ status: total === zero ? 'B' : 'A', foreignamountpaid: 0, foreignamountunpaid: Number(total) },
              duedate: dayLater(database.time(), Number(terms?.days ?? 30)),
            }),
      },
      { ...sharedMain(order), foreignamount: Number(total), netamount: Number(total) },
    )
    books.keepExtra('transaction', id, { taxTotal: Number(tax) })
    for (const [place, { line, quantity }] of due.entries()) {
      const amount = -Number(amounts[place])
      const values = { item: line.item, quantity: -Number(quantity), foreignamount: amount, netamount: amount }
      books.addLine(id, place + 1, values)
      link('OrdBill', [orderId, line.line], [id, place + 1], amount)
      changeLine(orderId, line.line, { quantitybilled: Number(add(line.billed, quantity)) })
    }
    books.settle(orderId)
    return id
  }
  /** The last invoice takes what the others left of the order's total. */
  function totalOf(order: Row, net: Decimal, whole: Decimal, isLast: boolean, places: number) {
    const before = ['CustInvc', 'CashSale'].flatMap((type) => following(Number(order.id), type))
    const taxIn = (id: unknown): Decimal => numberOf(books.extraOf('transaction', Number(id)).taxTotal)
    const tax = taxIn(order.id)
    if (isLast) {
      return {
        total: subtract(numberOf(order.foreigntotal), sum(before.map((one) => numberOf(one.foreigntotal)))),
        tax: subtract(tax, sum(before.map((one) => taxIn(one.id)))),
      }
    }
    const share = whole === zero ? zero : round(divide(multiply(tax, net), whole), places)
    return { total: add(net, share), tax: share }
  }

  /** Pays an open invoice of an order, an amount or what is owed. */
  function pay(orderId: number, amount: string): boolean {
    const invoice = following(orderId, 'CustInvc').find((one) => one.status === 'A')
    if (invoice === undefined) return false
    const owed = numberOf(invoice.foreignamountunpaid)
    const paid = amount === 'all' ? owed : smaller(decimal(amount), owed)
    const payment = books.addTransaction(
      'CustPymt',
      { ...shared(invoice), status: 'B', foreigntotal: Number(paid) },
      { ...sharedMain(header(orderId)), foreignamount: Number(paid) },
    )
    books.addLine(payment, 1, { foreignamount: -Number(paid) })
    apply(invoice, [payment, 1], paid)
    return true
  }
  function apply(invoice: Row, from: readonly [number, number], amount: Decimal): void {
    const owed = subtract(numberOf(invoice.foreignamountunpaid), amount)
    link('Payment', [Number(invoice.id), 0], from, Number(amount))
    change(Number(invoice.id), {
      foreignamountpaid: Number(add(numberOf(invoice.foreignamountpaid), amount)),
      foreignamountunpaid: Number(owed),
      ...(owed === zero ? { status: 'B' } : {}),
    })
  }

  /** The customer sends back what was shipped of one line. */
  function takeBack(orderId: number): boolean {
    const line = linesOf(orderId).find((one) => compare(one.shipped, zero) > 0)
    if (line === undefined) return false
    const order = header(orderId)
    const amount = Number(line.net)
    const back = books.addTransaction(
      'RtnAuth',
      { ...shared(order), status: 'F', foreigntotal: -amount },
      sharedMain(order),
    )
    const quantity = Number(line.shipped)
    books.addLine(back, 1, { item: line.item, quantity, quantityshiprecv: quantity, foreignamount: amount })
    link('SaleRet', [orderId, line.line], [back, 1], null)
    const receipt = books.addTransaction('ItemRcpt', shared(order), sharedMain(order))
    books.addLine(receipt, 1, { item: line.item, quantity, location: line.location, isinventoryaffecting: 'T' })
    link('ShipRcpt', [back, 1], [receipt, 1], null)
    books.moveStock(line.item, line.location, { onHand: line.shipped })
    return true
  }
  /** Credits what came back, against an invoice that is still open. */
  function credit(orderId: number): boolean {
    const back = following(orderId, 'RtnAuth').find((one) => one.status === 'F')
    if (back === undefined) return false
    const amount = subtract(zero, numberOf(back.foreigntotal))
    const memo = books.addTransaction(
      'CustCred',
      { ...shared(back), status: 'A', foreigntotal: -Number(amount) },
      { ...sharedMain(header(orderId)), foreignamount: -Number(amount) },
    )
    link('OrdBill', [Number(back.id), 1], [memo, 0], Number(amount))
    change(Number(back.id), { status: 'G' })
    const invoice = following(orderId, 'CustInvc').find((one) => one.status === 'A')
    if (invoice !== undefined) {
      const applied = smaller(amount, numberOf(invoice.foreignamountunpaid))
      apply(invoice, [memo, 0], applied)
      if (compare(applied, amount) === 0) change(memo, { status: 'B' })
    }
    return true
  }

  return {
    bill,
    pay,
    takeBack,
    credit,
    paysCash(customer: number): void {
      cash.add(customer)
    },
  }
}
