import { parseDecimal } from '../../src/core/decimal.ts'
import { isObject, type Json, type JsonObject } from '../../src/core/json.ts'
import type { Failure } from '../../src/core/problem.ts'
import { parseInstant, parsePlainDate } from '../../src/core/time.ts'
import type { Write } from '../../src/ports/connector.ts'
import { refusedValue } from '../kit/refused.ts'
import type { DescribedField } from './client.ts'
import { isId } from './id.ts'
import { isKeyed, isWritten, keyField, priceList, priceOwners, writes } from './objects.ts'
import { type Definitions, isCreatable, isWritable, kindOf, optionsOf } from './schema.ts'

/** Prices of a product, by currency. */
export interface Lines {
  readonly upsert: readonly { readonly currency: string; readonly fields: JsonObject }[]
  readonly remove: readonly string[]
}
export type Encoded =
  /** `name` is the record's id, or our key of one that is made. */
  { readonly ok: true; readonly name: string; readonly fields: JsonObject; readonly lines: Lines | null } | Refused
interface Refused {
  readonly ok: false
  readonly failure: Failure
}

/**
 * The write as Salesforce takes it, or why it would be refused.
 * @param renewed  objects whose description was read anew for this call already
 */
export async function encode(write: Write, definitions: Definitions, renewed: Set<string>): Promise<Encoded> {
  const { object } = write
  if (!('fields' in write)) return unwritten(`${write.do} of ${object}`, object)
  if (!isWritten(object)) return unwritten(`${write.do} of ${object}`, object)
  if (write.do === 'create' && !isKeyed(object)) return unwritten(`create of ${object}`, object)
  if (write.lines !== null && (object !== priceList.owner || write.lines.field !== priceList.name)) {
    return unwritten(`"${write.lines.field}" of ${object}`, object)
  }
  const name = write.do === 'create' ? write.key : write.id
  if (write.do === 'update' && !isId(name)) {
    const problem = { kind: 'record_gone', object, id: name } as const
    return refusedValue(problem, `"${name}" is no id of a Salesforce record`, 'Leave the record.')
  }
  const given = write.do === 'create' ? { ...write.fields, [keyField]: name } : write.fields
  const may = (field: DescribedField) => (write.do === 'create' ? isCreatable(field) : isWritable(field))
  const encoded = await encodeFields({ object, name, given, may }, definitions, renewed)
  if (!encoded.ok) return encoded
  const lines = write.lines === null ? null : await encodeLines(name, write.lines, definitions, renewed)
  if (lines !== null && !lines.ok) return lines
  return { ok: true, name, fields: encoded.fields, lines: lines?.lines ?? null }
}

interface Given {
  readonly object: string
  /** For people: the record's id or key. */
  readonly name: string
  readonly given: JsonObject
  may(field: DescribedField): boolean
}

async function encodeFields(
  { object, name, given, may }: Given,
  definitions: Definitions,
  renewed: Set<string>,
): Promise<{ readonly ok: true; readonly fields: JsonObject } | Refused> {
  const values = Object.entries(given)
  let known = await definitions.of(object)
  const strange = values.some(([field, value]) => {
    const described = known.fields.get(field)
    return described === undefined || !may(described) || isIllegal(described, value)
  })
  if (strange && !renewed.has(object)) {
    renewed.add(object)
    // The field, the right to it or the value of the picklist may have been added since the description was read.
    definitions.forget(object)
    known = await definitions.of(object)
  }
  const fields: Record<string, Json> = {}
  for (const [fieldName, value] of values) {
    const field = known.fields.get(fieldName)
    if (field === undefined || !may(field)) {
      const missing = field === undefined
      return refusedValue(
        { kind: 'configuration_invalid', path: `${object}.${fieldName}` },
        `${object} ${name}: the Salesforce field "${fieldName}" ${missing ? 'does not exist, or the user may not see it' : 'is read-only for the user'}`,
        missing
          ? 'Run `crosswalk setup` for this connection, create the field in Salesforce, or take it out of the mapping.'
          : 'Let the user edit the field (permission set), or take it out of the mapping.',
      )
    }
    const encoded = encodeValue(field, value)
    if (encoded === undefined) return refuseValue(object, name, field, value)
    fields[fieldName] = encoded
  }
  return { ok: true, fields }
}

/** Prices by the currency that they name, or that their key ends in: an org with one currency has no field for it. */
async function encodeLines(
  product: string,
  { upsert, remove }: NonNullable<Extract<Write, { do: 'create' }>['lines']>,
  definitions: Definitions,
  renewed: Set<string>,
): Promise<{ readonly ok: true; readonly lines: Lines } | Refused> {
  const { object } = priceList
  const keyless = (key: string): Refused =>
    refusedValue(
      { kind: 'configuration_invalid', path: priceList.name },
      `The key "${key}" of a price of product ${product} does not end in a currency`,
      'Write `key: line.currency` under `lines` of the mapping.',
    )
  const prices: { currency: string; fields: JsonObject }[] = []
  for (const { key, fields } of upsert) {
    const { CurrencyIsoCode, ...given } = fields
    const currency = typeof CurrencyIsoCode === 'string' ? CurrencyIsoCode : currencyOf(key)
    if (currency === null) return keyless(key)
    const name = `of product ${product} in ${currency}`
    const may = (field: DescribedField) => isWritable(field) && !priceOwners.includes(field.name)
    const encoded = await encodeFields({ object, name, given, may }, definitions, renewed)
    if (!encoded.ok) return encoded
    prices.push({ currency, fields: encoded.fields })
  }
  const gone: string[] = []
  for (const key of remove) {
    const currency = currencyOf(key)
    if (currency === null) return keyless(key)
    gone.push(currency)
  }
  return { ok: true, lines: { upsert: prices, remove: gone } }
}

const currencyOf = (key: string): string | null => /(?:^|[^A-Za-z0-9])([A-Z]{3})$/.exec(key)?.[1] ?? null

const unwritten = (what: string, object: string): Refused =>
  refusedValue(
    { kind: 'configuration_invalid', path: object },
    `Salesforce: ${what} is not something this connector writes. It writes ${Object.keys(writes).join(', ')}; it makes all of them but Opportunity, and writes prices with Product2`,
    'Take it out of the mapping.',
  )

/** The value as Salesforce takes it; undefined when it does not fit the field. Null and an empty text clear. */
function encodeValue(field: DescribedField, value: Json): Json | undefined {
  if (value === null || value === '') return field.type === 'boolean' ? false : null
  switch (kindOf(field)) {
    case 'number':
      return numberOf(value)
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined
    case 'date':
      return parsePlainDate(value) ?? undefined
    case 'instant':
      return parseInstant(value) ?? undefined
    case 'object':
      return undefined
    default: {
      if (isIllegal(field, value) || isTooLong(field, value)) return undefined
      if (Array.isArray(value)) return value.map(String).join(';')
      return typeof value === 'object' ? undefined : String(value)
    }
  }
}

/** Salesforce wants a JSON number, which this is only here; what a double cannot hold exactly it could not either. */
function numberOf(value: Json): number | undefined {
  const exact = parseDecimal(value)
  if (exact === null) return undefined
  const number = Number(exact)
  return parseDecimal(number) === exact ? number : undefined
}

const isMultiple = (field: DescribedField): boolean => field.type === 'multipicklist'
const chosenOf = (field: DescribedField, value: Json): readonly string[] =>
  Array.isArray(value) ? value.map(String) : isMultiple(field) ? String(value).split(';') : [String(value)]

/** Whether a choice is none of those that the picklist allows. */
function isIllegal(field: DescribedField, value: Json): boolean {
  if (value === null || value === '') return false
  if (isObject(value) || (Array.isArray(value) && !isMultiple(field))) return true
  const options = optionsOf(field)
  return options !== null && !chosenOf(field, value).every((one) => options.includes(one))
}

const isTooLong = (field: DescribedField, value: Json): value is string =>
  typeof value === 'string' && field.length > 0 && value.length > field.length

function refuseValue(object: string, id: string, field: DescribedField, value: Json): Refused {
  const problem = { kind: 'record_rejected', field: field.name, remoteCode: 'INVALID_VALUE' } as const
  if (isTooLong(field, value)) {
    return refusedValue(
      problem,
      `${object} ${id}: the value of "${field.name}" has ${value.length} characters, Salesforce takes ${field.length}`,
      `Shorten it in the mapping: \`with: [{ truncate: { length: ${field.length} } }]\`.`,
    )
  }
  const shown = (JSON.stringify(value) ?? '').slice(0, 200)
  const message = `${object} ${id}: "${field.name}" is of type ${field.type} and does not take ${shown}`
  const options = optionsOf(field)
  if (options === null)
    return refusedValue(problem, message, fixes[kindOf(field)] ?? 'Correct the mapping of this field.')
  return refusedValue(
    problem,
    `${message}; its values are: ${options.slice(0, 50).join(', ')}`,
    'Add the value to the picklist in Salesforce, or map it.',
  )
}

const fixes: Readonly<Record<string, string>> = {
  number: 'Map a number of at most 15 digits, without thousands separators and with a point.',
  date: 'Map a plain date; make one of an instant by `with: [{ to_date: { zone: … } }]`.',
  instant: 'Map an instant; make one of a date by `with: [{ to_instant: { zone: … } }]`.',
  boolean: 'Map true or false.',
}
