import { compare, type Decimal, decimal, divide, multiply, round, subtract, zero } from '../../../src/core/decimal.ts'
import type { Books, OrderLine } from './books.ts'
import { numberOf } from './books.ts'
import type { Database, Row, Values } from './database.ts'
import { dateToDay, dayToDate } from './dates.ts'
import { invalidValue, userError } from './errors.ts'
import { type Fields, fieldsIn } from './fields.ts'
import type { Fulfilment } from './fulfilment.ts'
import { type Checked, columnsAndRest, listIn, numberIn, partIn, textIn } from './values.ts'

export type Orders = ReturnType<typeof openOrders>

interface Options {
  readonly fields: Fields
  /** In which state an order is made when it says none. */
  readonly defaultStatus: 'A' | 'B'
}
/** Numbers of lines are not 1, 2, 3: others take numbers between them. */
const lineStep = 3
/** What of an order stands on its main line. */
const onMainLine: ReadonlySet<string> = new Set(['subsidiary', 'location', 'department', 'class'])

/** Sales orders as REST makes and changes them. */
export function openOrders(database: Database, books: Books, fulfilment: Fulfilment, options: Options) {
  const { fields } = options
  const lineFields = fieldsIn(fields, 'item')

  /** @throws NetsuiteError for what is missing or does not fit together */
  function create(checked: Checked, externalId: string | null): number {
    const entity = numberIn(checked, 'entity')
    if (entity === null) throw userError('Please enter value(s) for: Customer', 'entity')
    const items = listIn(checked, 'item')
    if (items.length === 0) {
      throw userError('You must enter at least one line item for this transaction.', 'item')
    }
    const customer = database.get('SELECT * FROM customer WHERE id = ?', entity) ?? {}
    const { columns, rest } = columnsAndRest(fields, checked)
    delete columns.status
    const currency = numberIn(checked, 'currency') ?? Number(customer.currency)
    checkFit(customer, checked, currency)
    const location = numberIn(checked, 'location') ?? locationOf(customer)
    const main: Record<string, string | number | null> = { location }
    for (const name of onMainLine) if (columns[name] !== undefined) main[name] = columns[name]
    for (const name of onMainLine) delete columns[name]
    const id = books.addTransaction(
      'SalesOrd',
      {
        ...{ status: 'A', externalid: externalId, exchangerate: 1 },
        ...{ terms: (customer.terms ?? null) as number | null, email: (customer.email ?? null) as string | null },
        ...columns,
        ...{ entity, currency, trandate: textIn(checked, 'tranDate') ?? dayToDate(dateToDay(database.time())) },
        shippingaddress: addressOf(checked, 'shippingAddress', 'shipAddressList', customer.defaultshippingaddress),
        billingaddress: addressOf(checked, 'billingAddress', 'billAddressList', customer.defaultbillingaddress),
      },
      { ...main, ...(database.oneWorld ? { subsidiary: customer.subsidiary as number } : {}) },
    )
    books.keepExtra('transaction', id, { ...rest, ...taxDetailsOf(checked) })
    for (const [place, item] of items.entries()) addLine(id, item, `item.items[${place}]`)
    checkTaxDetails(id)
    books.total(id)
    if ((textIn(checked, 'orderStatus') ?? options.defaultStatus) === 'B') fulfilment.approve(id)
    return id
  }

  /** The order's customer decides on subsidiary and currencies; the location must be the subsidiary's. */
  function checkFit(customer: Row, checked: Checked, currency: number): void {
    const known =
      currency === customer.currency ||
      database.has(
        'SELECT 1 FROM customercurrencybalance WHERE customer = ? AND currency = ?',
        customer.id as number,
        currency,
      )
    if (!known) throw invalidValue(String(currency), 'currency')
    const subsidiary = numberIn(checked, 'subsidiary')
    if (subsidiary !== null && subsidiary !== customer.subsidiary) throw invalidValue(String(subsidiary), 'subsidiary')
    const location = numberIn(checked, 'location')
    if (location === null || !database.oneWorld) return
    const of = database.get('SELECT subsidiary FROM location WHERE id = ?', location)?.subsidiary
    if (of !== customer.subsidiary) throw invalidValue(String(location), 'location')
  }
  function locationOf(customer: Row): number | null {
    const row = database.oneWorld
      ? database.get('SELECT MIN(id) AS id FROM location WHERE subsidiary = ?', customer.subsidiary as number)
      : database.get('SELECT MIN(id) AS id FROM location')
    return (row?.id ?? null) as number | null
  }

  function addressOf(checked: Checked, name: string, list: string, sourced: unknown): number | null {
    const given = partIn(checked, name)
    if (given !== null) {
      const nkey = books.next('address', 0)
      database.insert('transactionaddress', { nkey, ...columnsOf(given), lastmodifieddate: database.time() })
      return nkey
    }
    const book = numberIn(checked, list)
    const key =
      book === null
        ? sourced
        : database.get('SELECT addressbookaddress AS nkey FROM customeraddressbook WHERE internalid = ?', book)?.nkey
    if (typeof key !== 'number') return null
    const nkey = books.next('address', 0)
    database.run(
      `INSERT INTO transactionaddress SELECT ?, addressee, attention, addr1, addr2, addr3, city, state, zip, country,
         addrphone, override, lastmodifieddate FROM customeraddressbookentityaddress WHERE nkey = ?`,
      nkey,
      key,
    )
    return nkey
  }
  const columnsOf = (address: Checked): Values => columnsAndRest(fieldsIn(fields, 'shippingAddress'), address).columns

  function taxDetailsOf(checked: Checked): { taxDetails?: Record<string, string | number | null>[] } {
    if (!checked.has('taxDetails')) return {}
    return {
      taxDetails: listIn(checked, 'taxDetails').map(
        (detail) => Object.fromEntries(detail) as Record<string, string | number | null>,
      ),
    }
  }
  /** A tax that is given by hand belongs to a line, by a name that both carry. */
  function checkTaxDetails(id: number): void {
    const { taxDetails = [], taxDetailsOverride } = books.extraOf('transaction', id)
    if (taxDetailsOverride !== 'T') return
    const names = new Set(books.linesOf(id).map(({ line }) => books.extraOf('line', id, line).taxDetailsReference))
    for (const [place, detail] of (taxDetails as readonly Record<string, string>[]).entries()) {
      const path = `taxDetails.items[${place}].taxDetailsReference`
      if (!names.has(detail.taxDetailsReference ?? '')) throw invalidValue(detail.taxDetailsReference ?? null, path)
    }
  }

  function addLine(id: number, checked: Checked, path: string): void {
    const item = numberIn(checked, 'item')
    if (item === null) throw userError('Please enter value(s) for: Item', `${path}.item`)
    if (!database.has('SELECT 1 FROM sim_route WHERE item = ?', item)) {
      throw userError('not simulated: an order of a kit, or of another item that is only read', `${path}.item`)
    }
    const last = Number(
      database.get(
        `SELECT MAX(id) AS last FROM transactionline WHERE "transaction" = ? AND mainline = 'F' AND taxline = 'F'`,
        id,
      )?.last ?? 1 - lineStep,
    )
    // The row of the tax stands behind the last line, and makes room.
    database.run(`DELETE FROM transactionline WHERE "transaction" = ? AND taxline = 'T'`, id)
    books.addLine(id, last + lineStep, {
      ...zeros,
      location: (books.header(id).location ?? null) as number | null,
      ...valuesOf(id, checked, null, path),
    })
    keepLine(id, last + lineStep, checked)
  }
  function changeLine(id: number, before: OrderLine, checked: Checked, path: string): void {
    const values = valuesOf(id, checked, before, path)
    const quantity = values.quantity === undefined ? before.quantity : subtract(zero, numberOf(values.quantity))
    if (compare(quantity, before.picked) < 0 || compare(quantity, before.billed) < 0) {
      throw userError('The quantity cannot be less than what was fulfilled or billed already.', `${path}.quantity`)
    }
    if (values.item !== undefined && values.item !== before.item && isTouched(before)) {
      throw userError('The item of a line that was fulfilled or billed cannot be changed.', `${path}.item`)
    }
    books.changeLine(id, before.line, values)
    keepLine(id, before.line, checked)
  }
  const keepLine = (id: number, line: number, checked: Checked): void =>
    books.keepExtra('line', id, columnsAndRest(lineFields, checked).rest, line)

  /** The columns of a line. What is missing is sourced from the item: description and, by the price level, the rate. */
  function valuesOf(id: number, checked: Checked, before: OrderLine | null, path: string): Values {
    const { columns } = columnsAndRest(lineFields, checked)
    const item = numberIn(checked, 'item') ?? before?.item ?? 0
    const kept = before === null ? undefined : lineRow(id, before.line)
    const unit = unitOf(item, textIn(checked, 'units'), kept?.units, path)
    const quantity =
      numberIn(checked, 'quantity') === null && before !== null
        ? divide(before.quantity, rateOf(kept?.units))
        : decimal(numberIn(checked, 'quantity') ?? 1)
    if (compare(quantity, zero) < 0) throw userError('The quantity must be positive.', `${path}.quantity`)
    const level = numberIn(checked, 'price') ?? ((kept?.price ?? null) as number | null)
    const { currency, entity } = books.header(id)
    const given = numberIn(checked, 'rate')
    const itemRow = database.get('SELECT itemtype, description FROM item WHERE id = ?', item)
    const listed = level === -1 ? null : priceOf(item, level ?? levelOf(Number(entity)), Number(currency), quantity)
    const sameLine = before !== null && numberIn(checked, 'item') === null && level === null
    const rate = sameLine ? (given ?? kept?.rate) : (listed ?? given ?? kept?.rate ?? null)
    const amount = numberIn(checked, 'amount')
    if (rate === null && amount === null) throw userError('Please enter value(s) for: Amount', path)
    const net = amountOf(amount, numberOf(rate), quantity, books.placesOf(Number(currency)))
    delete columns.id
    return {
      ...(before === null ? { memo: (itemRow?.description ?? null) as string | null } : {}),
      ...columns,
      ...{ item, itemtype: (itemRow?.itemtype ?? null) as string | null },
      ...{
        quantity: -Number(multiply(quantity, rateOf(unit))),
        units: unit,
        rate: rate === null ? null : Number(rate),
        price: level,
      },
      ...{ foreignamount: -Number(net), netamount: -Number(net) },
    }
  }
  /**
   * The unit of a line: what is given, else what it has, else the item's own for sales. Lines are entered in it and kept in
   * base units [README, "Quantities … are in base units"]; one of another type of units is refused.
   */
  function unitOf(item: number, given: string | null, before: unknown, path: string): string | null {
    if (!database.units) {
      if (given !== null) throw invalidValue(given, `${path}.units`)
      return null
    }
    const own = database.get('SELECT COALESCE(saleunit, stockunit) AS unit FROM item WHERE id = ?', item)?.unit ?? null
    if (given === null)
      return before === undefined || before === null ? (own === null ? null : String(own)) : String(before)
    const fits = database.has(
      `SELECT 1 FROM unitstypeuom u JOIN unitstypeuom o ON o.unitstype = u.unitstype
       WHERE u.internalid = ? AND o.internalid = ?`,
      Number(given),
      Number(own),
    )
    if (!fits) throw invalidValue(given, `${path}.units`)
    return given
  }
  const rateOf = (unit: unknown): Decimal => books.rateOfUnit(unit)

  /** An amount wins over the quantity times the rate. */
  const amountOf = (amount: number | null, rate: Decimal, quantity: Decimal, places: number): Decimal =>
    amount === null ? round(multiply(rate, quantity), places) : decimal(amount)
  const lineRow = (id: number, line: number): Row | undefined =>
    database.get('SELECT * FROM transactionline WHERE "transaction" = ? AND id = ?', id, line)
  const levelOf = (customer: number): number =>
    Number(database.get('SELECT pricelevel FROM customer WHERE id = ?', customer)?.pricelevel ?? 1)
  function priceOf(item: number, level: number, currency: number, quantity: Decimal): number | null {
    const row = database.get(
      `SELECT unitprice FROM pricing WHERE item = ? AND pricelevel = ? AND currency = ? AND quantity <= ?
       ORDER BY quantity DESC LIMIT 1`,
      ...[item, level, currency, Number(quantity)],
    )
    return (row?.unitprice ?? null) as number | null
  }

  /**
   * Changes an order: fields that are named, lines by their numbers. A line without number is one more.
   * @param replace  whether the lines are all that there shall be
   */
  function update(id: number, checked: Checked, replace: boolean): void {
    const before = books.header(id)
    const entity = numberIn(checked, 'entity') ?? Number(before.entity)
    const customer = database.get('SELECT * FROM customer WHERE id = ?', entity) ?? {}
    checkFit(customer, checked, numberIn(checked, 'currency') ?? Number(before.currency))
    const { columns, rest } = columnsAndRest(fields, checked)
    const status = columns.status
    delete columns.status
    for (const name of onMainLine) {
      if (columns[name] !== undefined) books.changeLine(id, 0, { [name]: columns[name] ?? null })
      delete columns[name]
    }
    for (const [name, column] of [
      ['shippingAddress', 'shippingaddress'],
      ['billingAddress', 'billingaddress'],
    ] as const) {
      if (checked.has(name)) columns[column] = addressOf(checked, name, '', null)
    }
    books.change(id, columns)
    books.keepExtra('transaction', id, { ...rest, ...taxDetailsOf(checked) })
    if (checked.has('item')) changeLines(id, listIn(checked, 'item'), replace)
    checkTaxDetails(id)
    books.total(id)
    if (typeof status === 'string') setStatus(id, String(before.status), status)
    if (books.header(id).status === 'A') closeIfEmpty(id)
    else fulfilment.resume(id)
  }

  function changeLines(id: number, items: readonly Checked[], replace: boolean): void {
    const lines = books.linesOf(id)
    const named = new Set<number>()
    for (const [place, item] of items.entries()) {
      const path = `item.items[${place}]`
      const number = numberIn(item, 'line')
      const line = lines.find((one) => one.line === number)
      if (number === null) addLine(id, item, path)
      else if (line === undefined) throw invalidValue(String(number), `${path}.line`)
      else {
        named.add(number)
        changeLine(id, line, item, path)
      }
    }
    if (!replace) return
    for (const line of lines) {
      if (named.has(line.line)) continue
      if (isTouched(line)) {
        throw userError('You cannot remove this line: it was fulfilled or billed already.', 'item')
      }
      books.reserve(id, line, subtract(zero, line.committed))
      database.run('DELETE FROM transactionline WHERE "transaction" = ? AND id = ?', id, line.line)
      database.run('DELETE FROM sim_extra WHERE kind = ? AND id = ? AND line = ?', 'line', id, line.line)
    }
    if (books.linesOf(id).length === 0) {
      throw userError('You must enter at least one line item for this transaction.', 'item')
    }
  }

  function setStatus(id: number, before: string, wanted: string): void {
    if (wanted === before || (wanted === 'B' && 'DEF'.includes(before))) return
    if (wanted === 'B' && before === 'A') fulfilment.approve(id)
    else if (wanted === 'A' && before === 'B' && !books.linesOf(id).some(isTouched)) fulfilment.withdraw(id)
    else throw userError('The order status cannot be changed: the order is not pending approval.', 'orderStatus')
  }
  /** An order whose lines are all closed is closed, also when nobody approved it. */
  function closeIfEmpty(id: number): void {
    if (books.linesOf(id).every((line) => line.closed)) books.change(id, { status: 'H' })
  }

  return {
    create,
    update,
    /** @throws NetsuiteError when documents follow from it */
    remove(id: number): void {
      if (database.has('SELECT 1 FROM sim_link WHERE previousdoc = ?', id)) {
        throw userError('This transaction cannot be deleted because it is linked to by one or more transactions.')
      }
      for (const line of books.linesOf(id)) books.reserve(id, line, subtract(zero, line.committed))
      books.erase(id)
      fulfilment.forget(id)
    },
  }
}

const isTouched = (line: OrderLine): boolean => compare(line.picked, zero) > 0 || compare(line.billed, zero) > 0

const zeros: Values = {
  ...{ quantityshiprecv: 0, quantitybilled: 0, quantitycommitted: 0, quantitybackordered: 0 },
  ...{ quantitypicked: 0, quantitypacked: 0 },
}
