import type { Json, JsonObject } from '../../src/core/json.ts'
import { type Failure, failureOf, SyncError } from '../../src/core/problem.ts'
import { type Client, limits, type Row } from './client.ts'
import type { Lines } from './encode.ts'
import { refusalOf, type Told } from './errors.ts'
import { priceList } from './objects.ts'
import { idOf } from './plan.ts'
import { type Definitions, optionsOf } from './schema.ts'
import type { openSending, Sending } from './send.ts'
import type { Settings } from './settings.ts'
import { bytesOf, quote, split, statementBytesMax } from './soql.ts'

/** One price that is to be as it says. */
interface Price {
  readonly product: string
  readonly currency: string
  readonly fields: JsonObject
  /** Null while there is none. */
  readonly entry: Row | null
}

/** Looks, writes what is not as it should be, and looks again where an answer was lost. */
const roundsMax = 3
const { object } = priceList

/**
 * Prices of products in the standard price book, one for each currency. Salesforce has no key for them that we could give:
 * product and currency tell them apart, so what is there is looked for before anything is made. A new price whose answer
 * was lost is looked for again, and never sent blindly. Prices in currencies that the org does not have are left out.
 */
export function openPrices(
  client: Client,
  definitions: Definitions,
  settings: Settings,
  sendAll: ReturnType<typeof openSending>,
) {
  let book: Promise<string> | null = null

  /** The standard price book, asked for once. */
  function standardBook(): Promise<string> {
    book ??= client.query('SELECT Id FROM Pricebook2 WHERE IsStandard = TRUE').then(({ rows: [found] }) => {
      if (found !== undefined) return idOf(found)
      throw new SyncError('Salesforce shows no standard price book, so products can have no prices', {
        problem: { kind: 'configuration_invalid', path: 'Pricebook2' },
        fix: 'Let the user of the connection read price books (permission set), and activate the standard price book.',
      })
    })
    book.catch(() => {
      book = null
    })
    return book
  }

  /** Whether the org has a currency. @throws SyncError `configuration_invalid` where nobody says which one it has */
  async function currencies(): Promise<{ readonly several: boolean; has(currency: string): boolean }> {
    const field = (await definitions.of(object)).fields.get('CurrencyIsoCode')
    if (field !== undefined) {
      const options = optionsOf(field)
      return { several: true, has: (currency) => options === null || options.includes(currency) }
    }
    if (settings.currency !== undefined) return { several: false, has: (currency) => currency === settings.currency }
    throw new SyncError('Prices cannot be written: the org has one currency, and nobody says which', {
      problem: { kind: 'configuration_invalid', path: 'currency' },
      fix: 'Set currency in the settings of the connection, for instance EUR.',
    })
  }

  async function entriesOf(products: readonly string[], names: readonly string[], several: boolean) {
    const pricebook = quote(await standardBook())
    const columns = ['Id', 'Product2Id', 'IsActive', ...names, ...(several ? ['CurrencyIsoCode'] : [])]
    const select = `SELECT ${[...new Set(columns)].join(', ')} FROM ${object} WHERE Pricebook2Id = ${pricebook} AND Product2Id IN `
    const chunks = split(products.map(quote), limits.ids, statementBytesMax - bytesOf(`${select}()`))
    const pages = await Promise.all(
      chunks.map(async (chunk) => {
        let page = await client.query(`${select}(${chunk.join(', ')})`)
        const rows = [...page.rows]
        while (page.next !== null) {
          page = await client.more(page.next)
          rows.push(...page.rows)
        }
        return rows
      }),
    )
    const placeOf = (row: Row) => `${row.Product2Id} ${several ? row.CurrencyIsoCode : ''}`
    const found = new Map(pages.flat().map((row) => [placeOf(row), row]))
    return (product: string, currency: string): Row | null => found.get(`${product} ${several ? currency : ''}`) ?? null
  }

  /** One look at what is there, and the calls that follow from it. @returns what became of each product */
  async function round(wanted: ReadonlyMap<string, readonly Lines[]>): Promise<ReadonlyMap<string, Failure>> {
    const { several, has } = await currencies()
    const pricebook = await standardBook()
    const lists = [...wanted].map(([product, lines]) => [product, finalPrices(lines)] as const)
    const names = lists.flatMap(([, prices]) => [...prices.values()].flatMap((fields) => Object.keys(fields ?? {})))
    const entryOf = await entriesOf([...wanted.keys()], names, several)
    const prices = lists.flatMap(([product, list]) =>
      [...list].flatMap(([currency, fields]): Price[] => {
        if (!has(currency)) return []
        const entry = entryOf(product, currency)
        if (fields !== null) return [{ product, currency, fields, entry }]
        // Prices are not deleted in Salesforce: lines of opportunities refer to them.
        return entry === null ? [] : [{ product, currency, fields: { IsActive: false }, entry }]
      }),
    )
    const name = ({ product, currency }: Price) => `of product ${product} in ${currency}`
    const how = { object, name, refusal: (price: Price, told: Told) => priceRefusal(name(price), told) }
    const made: Sending<Price> = {
      ...how,
      call: (chunk) =>
        client.createOnce(
          object,
          chunk.map(({ product, currency, fields }) => ({
            IsActive: true,
            ...fields,
            Pricebook2Id: pricebook,
            Product2Id: product,
            ...(several ? { CurrencyIsoCode: currency } : {}),
          })),
        ),
    }
    const changed: Sending<Price> = {
      ...how,
      call: (chunk) =>
        client.update(
          object,
          chunk.map(({ entry, fields }) => ({ Id: idOf(entry ?? {}), ...fields })),
        ),
    }
    const [creations, changes] = await Promise.all([
      sendAll(
        prices.filter(({ entry }) => entry === null),
        made,
      ),
      sendAll(
        prices.filter(({ entry, fields }) => entry !== null && differs(entry, fields)),
        changed,
      ),
    ])
    return new Map(
      [...creations, ...changes].flatMap(([{ product }, sent]): [string, Failure][] =>
        sent.ok ? [] : [[product, sent.failure]],
      ),
    )
  }

  /** @returns why prices of a product were not written; products that are not in it have all of theirs */
  return async function writePrices(
    wanted: ReadonlyMap<string, readonly Lines[]>,
  ): Promise<ReadonlyMap<string, Failure>> {
    const failures = new Map<string, Failure>()
    let open = wanted
    for (let count = 0; count < roundsMax && open.size > 0; count += 1) {
      try {
        const failed = await round(open)
        for (const product of open.keys()) failures.delete(product)
        for (const [product, failure] of failed) failures.set(product, settled(failure))
        open = new Map([...open].filter(([product]) => failed.get(product)?.problem.kind === 'outcome_unknown'))
      } catch (error) {
        if (!(error instanceof SyncError)) throw error
        // The products themselves are written: what went wrong is told of each of them.
        for (const product of open.keys()) failures.set(product, failureOf(error))
        return failures
      }
    }
    return failures
  }
}

/** By currency, the fields that it shall have in the end; null for a price that is gone. */
function finalPrices(lines: readonly Lines[]): ReadonlyMap<string, JsonObject | null> {
  const prices = new Map<string, JsonObject | null>()
  for (const { upsert, remove } of lines) {
    for (const currency of remove) prices.set(currency, null)
    for (const { currency, fields } of upsert) prices.set(currency, { ...prices.get(currency), ...fields })
  }
  return prices
}

const differs = (entry: Row, fields: JsonObject): boolean =>
  Object.entries(fields).some(([name, value]: [string, Json]) => (entry[name] ?? null) !== value)

function priceRefusal(name: string, told: Told): Failure {
  const failure = refusalOf(object, name, told)
  // Made by somebody else, or by a call whose answer was lost: the next look finds it.
  return told.code === 'DUPLICATE_VALUE' ? { ...failure, problem: { kind: 'outcome_unknown' } } : failure
}

/** A price is looked for before it is made, so that all of it may be done again whatever became of it. */
const settled = (failure: Failure): Failure =>
  failure.problem.kind === 'outcome_unknown' ? { ...failure, problem: { kind: 'unavailable' } } : failure
