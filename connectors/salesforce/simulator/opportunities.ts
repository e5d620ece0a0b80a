import {
  add,
  type Decimal,
  decimal,
  divide,
  multiply,
  one,
  parseDecimal,
  percentOf,
  round,
  subtract,
  zero,
} from '../../../src/core/decimal.ts'
import { recordRefusal } from './errors.ts'
import type { Schema } from './schema.ts'
import type { Row, Store, Value, Values } from './store.ts'

/** What Salesforce works out by itself when an opportunity or one of its lines is written. */
export function openOpportunities(store: Store, schema: Schema) {
  const stages = new Map(schema.stages.map((stage) => [stage.name.toLowerCase(), stage]))
  const linesOf = (opportunityId: string): readonly Row[] =>
    store.having('OpportunityLineItem', 'OpportunityId', opportunityId).filter((line) => line.fields.IsDeleted !== true)

  /** Completes the values of an opportunity that is made or changed. */
  function ofOpportunity(row: Row | null, values: Values, time: string): Values {
    const next: Record<string, Value> = { ...values }
    const current = (name: string): Value => next[name] ?? row?.fields[name] ?? null
    // An amount that comes from the lines is not taken, and nobody is told.
    if (row !== null && linesOf(row.id).length > 0) delete next.Amount
    const stage = stages.get(String(next.StageName ?? '').toLowerCase())
    if (stage !== undefined && next.StageName !== row?.fields.StageName) {
      next.IsWon = stage.won === true
      next.IsClosed = stage.closed === true
      next.ForecastCategory = stage.forecast === 'Commit' ? 'Forecast' : stage.forecast.replace(' ', '')
      next.ForecastCategoryName ??= stage.forecast
      next.Probability ??= decimal(stage.probability)
      next.LastStageChangeDate ??= time
    }
    const amount = next.Amount === undefined ? (row?.fields.Amount ?? null) : next.Amount
    next.ExpectedRevenue =
      typeof amount === 'string' ? round(percentOf(decimal(amount), numberOf(current('Probability'))), 2) : null
    return next
  }

  /** Completes the values of a line. @throws Refusal when its price book entry does not go with the opportunity */
  function ofLine(row: Row | null, values: Values): Values {
    const next: Record<string, Value> = { ...values }
    const opportunity = store.get('Opportunity', String(next.OpportunityId ?? row?.fields.OpportunityId))
    if (row === null && opportunity !== null) {
      const entry = entryOf(opportunity, next)
      const product = store.get('Product2', String(entry.fields.Product2Id))
      next.PricebookEntryId = entry.id
      next.Product2Id = entry.fields.Product2Id ?? null
      next.Name = product?.fields.Name ?? null
      next.ListPrice = entry.fields.UnitPrice ?? null
      if (schema.currencies.length > 0) next.CurrencyIsoCode = opportunity.fields.CurrencyIsoCode ?? null
    }
    const current = (name: string): Value => (next[name] === undefined ? (row?.fields[name] ?? null) : next[name])
    if (typeof values.UnitPrice === 'string' && typeof values.TotalPrice === 'string') {
      throw integrity('must specify only one of unitprice, totalprice', 'UnitPrice')
    }
    const quantity = numberOf(current('Quantity'))
    const kept = subtract(one, divide(numberOf(current('Discount')), decimal(100)))
    if (typeof values.TotalPrice === 'string') {
      const whole = multiply(quantity, kept)
      next.UnitPrice = whole === zero ? zero : divide(numberOf(values.TotalPrice), whole)
    }
    if (current('UnitPrice') === null) {
      throw recordRefusal('REQUIRED_FIELD_MISSING', 'Required fields are missing: [UnitPrice]', ['UnitPrice'])
    }
    next.Subtotal = round(multiply(quantity, numberOf(current('UnitPrice'))), 2)
    next.TotalPrice = round(multiply(multiply(quantity, numberOf(current('UnitPrice'))), kept), 2)
    return next
  }

  function entryOf(opportunity: Row, values: Values): Row {
    const { PricebookEntryId, Product2Id } = values
    const currency = opportunity.fields.CurrencyIsoCode
    const book = opportunity.fields.Pricebook2Id ?? null
    const fits = (entry: Row) =>
      (book === null ? isStandard(entry) : entry.fields.Pricebook2Id === book) &&
      entry.fields.CurrencyIsoCode === currency &&
      entry.fields.IsDeleted !== true
    const entry =
      typeof PricebookEntryId === 'string'
        ? store.get('PricebookEntry', PricebookEntryId)
        : typeof Product2Id === 'string'
          ? (store.having('PricebookEntry', 'Product2Id', Product2Id).find(fits) ?? null)
          : null
    if (entry === null) throw integrity('Specify either product or price book entry', 'PricebookEntryId, Product2Id')
    if (entry.fields.IsActive !== true) throw integrity('pricebook entry is inactive', 'PricebookEntryId')
    if (entry.fields.CurrencyIsoCode !== currency) {
      throw integrity(
        'The pricebook entry currency code does not match the currency code of the opportunity',
        'PricebookEntryId',
      )
    }
    if (book !== null && entry.fields.Pricebook2Id !== book) {
      throw integrity(
        'pricebook entry is in a different pricebook than the one assigned to the opportunity',
        'PricebookEntryId',
      )
    }
    return entry
  }
  const isStandard = (entry: Row): boolean =>
    store.get('Pricebook2', String(entry.fields.Pricebook2Id))?.fields.IsStandard === true

  /** Sums up the lines. The opportunity's stamp moves only when one of these values does. */
  function rollUp(opportunityId: string, user: string, at: number | undefined): void {
    const row = store.get('Opportunity', opportunityId)
    if (row === null || row.fields.IsDeleted === true) return
    const lines = linesOf(opportunityId)
    const total = (name: string): Decimal =>
      lines.reduce((sum, line) => add(sum, numberOf(line.fields[name] ?? null)), zero)
    const [first] = lines
    const entry = store.get('PricebookEntry', String(first?.fields.PricebookEntryId))
    const next: Record<string, Value> = {
      Amount: total('TotalPrice'),
      TotalOpportunityQuantity: total('Quantity'),
      Pricebook2Id: row.fields.Pricebook2Id ?? entry?.fields.Pricebook2Id ?? null,
    }
    const { TotalOpportunityQuantity, ...telling } = next
    if (Object.entries(telling).every(([name, value]) => row.fields[name] === value)) {
      row.fields.TotalOpportunityQuantity = TotalOpportunityQuantity ?? null
      return
    }
    next.ExpectedRevenue = round(percentOf(numberOf(next.Amount ?? null), numberOf(row.fields.Probability ?? null)), 2)
    const amountMoved = row.fields.Amount !== null && isRecorded(row, next)
    store.update(row, next, user, 'UPDATE', at)
    if (amountMoved) record(row, user, at)
  }

  /** Salesforce keeps one row for each change of these, and one for the creation (Object Reference, OpportunityHistory). */
  const isRecorded = (row: Row, next: Values): boolean =>
    recorded.some((name) => next[name] !== undefined && next[name] !== row.fields[name])

  function record({ id, fields }: Row, user: string, at: number | undefined): void {
    const values: Record<string, Value> = { OpportunityId: id }
    for (const name of [...recorded, 'ExpectedRevenue', 'ForecastCategory']) values[name] = fields[name] ?? null
    if (schema.currencies.length > 0) values.CurrencyIsoCode = fields.CurrencyIsoCode ?? null
    store.insert('OpportunityHistory', values, user, at)
  }

  return { ofOpportunity, ofLine, rollUp, isRecorded, record }
}

const recorded = ['StageName', 'Amount', 'CloseDate', 'Probability'] as const

const numberOf = (value: Value): Decimal => parseDecimal(value) ?? zero
const integrity = (message: string, field: string) =>
  recordRefusal('FIELD_INTEGRITY_EXCEPTION', `field integrity exception: ${field} (${message})`, field.split(', '))
