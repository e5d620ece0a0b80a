import { parseDecimal } from '../../src/core/decimal.ts'
import { isObject, type Json, type JsonObject } from '../../src/core/json.ts'
import type { Failure } from '../../src/core/problem.ts'
import { parseInstant, parsePlainDate } from '../../src/core/time.ts'
import type { Write } from '../../src/ports/connector.ts'
import type { DescribedField } from './client.ts'
import { isId } from './id.ts'
import { type Definitions, isWritable, kindOf, optionsOf } from './schema.ts'

export type Encoded =
  | { readonly ok: true; readonly id: string; readonly fields: JsonObject }
  | { readonly ok: false; readonly failure: Failure }

/**
 * The update as Salesforce takes it, or why it would be refused.
 * @param renewed  objects whose description was read anew for this call already
 */
export async function encode(write: Write, definitions: Definitions, renewed: Set<string>): Promise<Encoded> {
  if (write.do !== 'update' || write.lines !== null) {
    const what = write.do === 'update' ? 'lines of' : `${write.do} of`
    return refuse(
      { kind: 'configuration_invalid', path: write.object },
      `Salesforce: ${what} ${write.object} is not something this connector writes, only fields of records that are there`,
      'Take it out of the mapping.',
    )
  }
  const { object, id } = write
  if (!isId(id)) {
    return refuse({ kind: 'record_gone', object, id }, `"${id}" is no id of a Salesforce record`, 'Leave the record.')
  }
  const values = Object.entries(write.fields)
  let known = await definitions.of(object)
  const strange = values.some(([name, value]) => {
    const field = known.fields.get(name)
    return field === undefined || !isWritable(field) || isIllegal(field, value)
  })
  if (strange && !renewed.has(object)) {
    renewed.add(object)
    // The field, the right to it or the value of the picklist may have been added since the description was read.
    definitions.forget(object)
    known = await definitions.of(object)
  }
  const fields: Record<string, Json> = {}
  for (const [name, value] of values) {
    const field = known.fields.get(name)
    if (field === undefined || !isWritable(field)) {
      const missing = field === undefined
      return refuse(
        { kind: 'configuration_invalid', path: `${object}.${name}` },
        `${object} ${id}: the Salesforce field "${name}" ${missing ? 'does not exist, or the user may not see it' : 'is read-only for the user'}`,
        missing
          ? 'Run `crosswalk setup` for this connection, create the field in Salesforce, or take it out of the mapping.'
          : 'Let the user edit the field (permission set), or take it out of the mapping.',
      )
    }
    const encoded = encodeValue(field, value)
    if (encoded === undefined) return refuseValue(object, id, field, value)
    fields[name] = encoded
  }
  return { ok: true, id, fields }
}

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

function refuseValue(object: string, id: string, field: DescribedField, value: Json): Encoded {
  const problem = { kind: 'record_rejected', field: field.name, remoteCode: 'INVALID_VALUE' } as const
  if (isTooLong(field, value)) {
    return refuse(
      problem,
      `${object} ${id}: the value of "${field.name}" has ${value.length} characters, Salesforce takes ${field.length}`,
      `Shorten it in the mapping: \`with: [{ truncate: { length: ${field.length} } }]\`.`,
    )
  }
  const shown = (JSON.stringify(value) ?? '').slice(0, 200)
  const message = `${object} ${id}: "${field.name}" is of type ${field.type} and does not take ${shown}`
  const options = optionsOf(field)
  if (options === null) return refuse(problem, message, fixes[kindOf(field)] ?? 'Correct the mapping of this field.')
  return refuse(
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

const refuse = (problem: Failure['problem'], message: string, fix: string): Encoded => ({
  ok: false,
  failure: {
    problem,
    message,
    fix,
    ...('field' in problem && problem.field !== null ? { field: String(problem.field) } : {}),
  },
})
