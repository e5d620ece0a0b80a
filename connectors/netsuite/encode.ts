import { parseDecimal, places } from '../../src/core/decimal.ts'
import type { Json, JsonObject } from '../../src/core/json.ts'
import type { Failure, Result } from '../../src/core/problem.ts'
import { parseInstant, parsePlainDate } from '../../src/core/time.ts'
import { type Field, type Fields, isFeatured } from './metadata.ts'

/**
 * A record's body before it is one text: values are JSON already, so that a decimal goes out with all its digits, as no
 * double would keep them.
 */
export type Body = { [name: string]: string | Body }

/** Neutral values as NetSuite wants them for the fields' types. An empty value is left out of a new record. */
export function encodeFields(type: string, given: JsonObject, fields: Fields, creating: boolean): Result<Body> {
  const body: Body = {}
  for (const [path, value] of Object.entries(given)) {
    const names = path.split('.')
    const field = fieldAt(fields, names)
    if (field === undefined) {
      // What a feature of the account brings is not missed where the feature is off.
      if (isFeatured(type, path)) continue
      return refused({
        problem: { kind: 'configuration_invalid', path: `${type}.${path}` },
        message: `This NetSuite has no field "${path}" on ${type}`,
        fix: `Correct the mapping that writes ${type}.${path}, or enable the feature that brings the field.`,
        field: path,
      })
    }
    if (value === null && creating) continue
    const text = jsonFor(field, value)
    if (text === null) {
      return refused({
        problem: { kind: 'record_rejected', field: path, remoteCode: 'value' },
        message: `${JSON.stringify(value)} is not a value for ${type}.${path}, which takes ${wanted[field.shape]}`,
        fix: fixes[field.shape] ?? `Correct the mapping of ${path}, or the value in the CRM.`,
        field: path,
      })
    }
    put(body, names, text)
  }
  return { ok: true, value: body }
}

/** The field that a path leads to, through subrecords alone: lines are written by themselves. */
function fieldAt(fields: Fields, names: readonly string[]): Field | undefined {
  let found: Field | undefined
  let inside: Fields | undefined = fields
  for (const name of names) {
    found = inside !== undefined && Object.hasOwn(inside, name) ? inside[name] : undefined
    inside = found?.shape === 'subrecord' ? found.fields : undefined
  }
  return found
}

function put(body: Body, names: readonly string[], text: string): void {
  const [first = '', ...rest] = names
  if (rest.length === 0) {
    body[first] = text
    return
  }
  const inner = body[first]
  const object = typeof inner === 'object' ? inner : {}
  body[first] = object
  put(object, rest, text)
}

export const jsonOf = (body: Body): string =>
  `{${Object.entries(body)
    .map(([name, value]) => `${JSON.stringify(name)}:${typeof value === 'string' ? value : jsonOf(value)}`)
    .join(',')}}`
export const listOf = (items: readonly Body[]): Body => ({ items: `[${items.map(jsonOf).join(',')}]` })
export const referenceTo = (id: string): string => JSON.stringify({ id })

const refused = (failure: Failure): { ok: false; failure: Failure } => ({ ok: false, failure })

const wanted: Readonly<Record<Field['shape'], string>> = {
  text: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  date: 'a date YYYY-MM-DD',
  instant: 'an instant',
  choice: 'the id of one choice',
  reference: 'the id of one record',
  references: 'a list of ids',
  sublist: 'lines, which a mapping writes under `lines:`',
  subrecord: 'the fields inside, one by one',
}

// Which day a moment falls on, and when a day begins, only a time zone tells.
const fixes: Readonly<Partial<Record<Field['shape'], string>>> = {
  date: 'Map a plain date; make one of an instant by `with: [{ to_date: { zone: … } }]`.',
  instant: 'Map an instant; make one of a date by `with: [{ to_instant: { zone: … } }]`.',
}

/** Null when the value does not fit the field. */
function jsonFor(field: Field, value: Json): string | null {
  if (value === null) return field.shape === 'sublist' || field.shape === 'subrecord' ? null : 'null'
  switch (field.shape) {
    case 'boolean':
      return typeof value === 'boolean' ? String(value) : null
    case 'number':
      return parseDecimal(value)
    case 'integer': {
      const number = parseDecimal(value)
      return number === null || places(number) > 0 ? null : number
    }
    case 'date':
      return quoted(parsePlainDate(value) ?? undefined)
    case 'instant':
      return quoted(parseInstant(value)?.replace('.000Z', 'Z'))
    case 'choice':
      return typeof value === 'string' && value !== '' ? referenceTo(value) : null
    case 'reference':
      return isId(value) ? referenceTo(String(value)) : null
    case 'references':
      return Array.isArray(value) && value.every(isId)
        ? jsonOf(listOf(value.map((id) => ({ id: JSON.stringify(String(id)) }))))
        : null
    case 'text':
      return typeof value === 'string' || typeof value === 'number' ? quoted(clean(String(value))) : null
    case 'sublist':
    case 'subrecord':
      return null
  }
}

const quoted = (text: string | undefined): string | null => (text === undefined ? null : JSON.stringify(text))
/** Digits for most records, `DE` for a country, `-1` for the price level "Custom" that NetSuite brings along. */
const isId = (value: Json): boolean =>
  (typeof value === 'string' || typeof value === 'number') && /^-?\w{1,60}$/.test(String(value))
/** A line break is sent as the two characters `\n`, escaped once more by JSON. */
const clean = (text: string): string => text.replaceAll('\u0000', '').replace(/\r\n?|\n/g, '\\n')
