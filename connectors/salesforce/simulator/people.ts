import { type Decimal, decimal, parseDecimal, subtract } from '../../../src/core/decimal.ts'
import type { Json, JsonObject } from '../../../src/core/json.ts'
import type { NewLine } from '../../../src/simulator/world.ts'
import { fullId } from './ids.ts'
import type { OutboundTarget } from './outbound.ts'
import type { Hand, Records, ValidationRule } from './records.ts'
import type { CustomField, Schema } from './schema.ts'
import type { Row, Store, Value } from './store.ts'
import { jsonOf, parseValue, readerOf } from './values.ts'

/** Fields in Salesforce's words, as its own API takes them. */
type Fields = JsonObject

export interface SalesforceLine extends NewLine {
  /** Further fields of the line. */
  readonly fields?: Fields
}
export interface SalesforceOpportunity {
  readonly name?: string
  /** `Closed Won` when not given. */
  readonly stage?: string
  readonly accountId?: string
  /** The first is the primary one. */
  readonly contactIds?: readonly string[]
  readonly lines?: readonly SalesforceLine[]
  /** Further fields. */
  readonly fields?: Fields
  /** Epoch milliseconds. */
  readonly modifiedAt?: number
}

/** What people at the real system would do, an admin among them. */
export interface SalesforceStore {
  addAccount(fields: Fields): string
  addContact(fields: Fields): string
  /** A product with a price in the standard price book; the same code twice is one product. @returns its id */
  addProduct(product: {
    readonly sku: string
    readonly name?: string
    readonly price?: string
    readonly fields?: Fields
  }): string
  /** @returns its id; the amount is the sum of the lines unless it has none */
  addOpportunity(opportunity: SalesforceOpportunity): string
  addLine(opportunityId: string, line: SalesforceLine): string
  /** Any record. @throws Refusal as the API would refuse it */
  create(object: string, fields: Fields): string
  update(object: string, id: string, fields: Fields): void
  /** Into the Recycle Bin, with what belongs to it. */
  delete(object: string, id: string): void
  undelete(object: string, id: string): void
  /** Out of the Recycle Bin, for good. */
  purge(object: string, id: string): void
  /** Accounts or contacts; the loser is deleted and names the winner. */
  merge(object: string, winnerId: string, loserId: string): void
  /** With the fields that have a value, whoever may see them. Null when there is none, or it is deleted. */
  record(object: string, id: string): JsonObject | null
  records(object: string): readonly JsonObject[]
  /** Makes a field that everybody sees. */
  addField(object: string, field: CustomField): void
  /** `Opportunity.Amount`, or `Product2` for a whole object: the running user does not see these. */
  setHidden(names: readonly string[]): void
  /** Likewise, but seen and not edited. */
  setReadOnly(names: readonly string[]): void
  addValidationRule(rule: ValidationRule): void
  clearValidationRules(): void
  /** Others are at work on these records, until `unlock`. */
  lock(...ids: readonly string[]): void
  unlock(): void
  /** Every token given out so far stops working. */
  expireTokens(): void
  /** No query that is half read goes on. */
  expireCursors(): void
  /** Sets how many of the day's calls are used up. */
  setCallsUsed(calls: number): void
  /** So many requests from now on find too many others at work. */
  refuseConcurrent(times: number): void
  /** Sends a platform event. @returns its replay id */
  publish(channel: string, payload: JsonObject): number
  /** The streaming server forgets its clients. */
  dropStreams(): void
  /** Events sent so far are older than 72 hours. */
  forgetEvents(): void
  /** Sends outbound messages from now on. */
  sendWebhooks(target: OutboundTarget): void
  /** Resolves when all messages so far are answered: statuses in order of sending, 0 for no answer. */
  flushWebhooks(): Promise<readonly number[]>
  /** Sends everything sent so far once more. */
  redeliverWebhooks(): Promise<readonly number[]>
  /** Notifications that were not acknowledged; the next flush sends them again. */
  unacknowledged(): number
}

/** People's hands on records. @param user  who they are, and who owns what they make */
export function openPeople(store: Store, schema: Schema, records: Records, user: string) {
  const hand: Hand = { user }
  const handAt = (at: number | undefined): Hand => (at === undefined ? hand : { user, at })

  function rowOf(object: string, id: string): Row {
    const row = store.get(schema.object(object).name, fullId(id) ?? id)
    if (row === null) throw new Error(`the simulated org has no ${object} ${id}`)
    return row
  }
  function valuesOf(object: string, fields: Fields): Record<string, Value> {
    const values: Record<string, Value> = {}
    for (const [name, given] of Object.entries(fields)) {
      const field = schema.field(object, name)
      if (field === null) throw new Error(`the simulated org has no field ${object}.${name}`)
      values[field.name] = parseValue(field, given)
    }
    return values
  }
  const create = (object: string, fields: Fields, at?: number): Row =>
    records.create(object, valuesOf(object, fields), handAt(at))

  function show(row: Row): JsonObject {
    const object = schema.object(row.object)
    const shown: Record<string, Json> = {}
    for (const field of object.fields.values()) {
      const value = field.type === 'address' ? null : readerOf(store, object, field)(row)
      if (value !== null) shown[field.name] = jsonOf(field, row, value)
    }
    return shown
  }

  const standardBook = (): Row => {
    for (const row of store.rows('Pricebook2')) if (row.fields.IsStandard === true) return row
    throw new Error('the simulated org has no standard price book')
  }
  function productOf(sku: string, name = sku, fields: Fields = {}): Row {
    const known = store.having('Product2', 'ProductCode', sku).find((row) => row.fields.IsDeleted !== true)
    return (
      known ?? create('Product2', { Name: name, ProductCode: sku, StockKeepingUnit: sku, IsActive: true, ...fields })
    )
  }
  function entryOf(product: Row, book: string, currency: Value | undefined, price: string): Row {
    const known = store
      .having('PricebookEntry', 'Product2Id', product.id)
      .find(({ fields }) => fields.Pricebook2Id === book && fields.CurrencyIsoCode === currency && !fields.IsDeleted)
    if (known !== undefined) return known
    const standard = standardBook().id
    if (book !== standard) entryOf(product, standard, currency, price)
    return create('PricebookEntry', {
      Pricebook2Id: book,
      Product2Id: product.id,
      UnitPrice: price,
      IsActive: true,
      ...(typeof currency === 'string' ? { CurrencyIsoCode: currency } : {}),
    })
  }

  function addLine(opportunityId: string, line: SalesforceLine, at?: number): string {
    const opportunity = rowOf('Opportunity', opportunityId)
    const { sku, name, quantity, price, discountPercent, discountEach, fields = {} } = line
    const book = opportunity.fields.Pricebook2Id
    const entry = entryOf(
      productOf(sku, name),
      typeof book === 'string' ? book : standardBook().id,
      opportunity.fields.CurrencyIsoCode,
      price,
    )
    return create(
      'OpportunityLineItem',
      {
        OpportunityId: opportunity.id,
        PricebookEntryId: entry.id,
        Quantity: quantity,
        UnitPrice: discountEach === undefined ? price : subtract(decimal(price), decimal(discountEach)),
        ...(discountPercent === undefined ? {} : { Discount: discountPercent }),
        ...fields,
      },
      at,
    ).id
  }

  return {
    addAccount: (fields: Fields): string => create('Account', fields).id,
    addContact: (fields: Fields): string => create('Contact', fields).id,
    addProduct({ sku, name, price = '10', fields }: Parameters<SalesforceStore['addProduct']>[0]): string {
      const product = productOf(sku, name, fields)
      entryOf(product, standardBook().id, schema.currencies[0], price)
      return product.id
    },
    addOpportunity(given: SalesforceOpportunity): string {
      const { name = 'A deal', stage = 'Closed Won', accountId, contactIds = [], lines = [], modifiedAt: at } = given
      return records.together(() => {
        const { id } = create(
          'Opportunity',
          {
            Name: name,
            StageName: stage,
            CloseDate: new Date(at ?? store.now()).toISOString().slice(0, 10),
            ...(accountId === undefined ? {} : { AccountId: accountId }),
            ...given.fields,
          },
          at,
        )
        contactIds.forEach((contactId, place) => {
          create('OpportunityContactRole', { OpportunityId: id, ContactId: contactId, IsPrimary: place === 0 }, at)
        })
        for (const line of lines) addLine(id, line, at)
        return id
      })
    },
    addLine: (opportunityId: string, line: SalesforceLine): string => addLine(opportunityId, line),
    create: (object: string, fields: Fields): string => create(object, fields).id,
    update: (object: string, id: string, fields: Fields): void =>
      records.update(rowOf(object, id), valuesOf(object, fields), hand),
    delete: (object: string, id: string): void => records.remove(rowOf(object, id), hand),
    undelete: (object: string, id: string): void => records.undelete(rowOf(object, id), hand),
    purge: (object: string, id: string): void => store.purge(rowOf(object, id)),
    merge: (object: string, winnerId: string, loserId: string): void =>
      records.merge(rowOf(object, winnerId), rowOf(object, loserId), hand),
    record(object: string, id: string): JsonObject | null {
      const row = store.get(schema.object(object).name, fullId(id) ?? id)
      return row === null || row.fields.IsDeleted === true ? null : show(row)
    },
    records: (object: string): readonly JsonObject[] =>
      [...store.rows(object)].filter((row) => row.fields.IsDeleted !== true).map(show),
  }
}

/** A JSON number in plain decimals. */
export const decimalOf = (value: Json | undefined): Decimal | null => parseDecimal(value ?? null)
