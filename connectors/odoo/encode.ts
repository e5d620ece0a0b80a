import { parseDecimal, places } from '../../src/core/decimal.ts'
import type { Json, JsonObject } from '../../src/core/json.ts'
import type { Failure, Result } from '../../src/core/problem.ts'
import { parseInstant, parsePlainDate } from '../../src/core/time.ts'
import type { Field, Fields } from './schema.ts'

/** A cell of `load`: always text. The empty one clears, also what Odoo would have filled in by itself. */
export interface Cell {
  /** `partner_id/.id`: the field, and that its value is an id rather than a name. */
  readonly column: string
  readonly text: string
}

/** Neutral values as the cells that `load` wants for the fields' types. */
export function encodeFields(
  model: string,
  given: JsonObject,
  fields: Fields,
  creating: boolean,
): Result<readonly Cell[]> {
  const cells: Cell[] = []
  for (const [name, value] of Object.entries(given)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (field === undefined) {
      return refused({
        problem: { kind: 'configuration_invalid', path: `${model}.${name}` },
        message: `This Odoo has no field "${name}" on ${model}`,
        fix: `Correct the mapping that writes ${model}.${name}, or install the app that brings the field.`,
        field: name,
      })
    }
    // An empty cell is a value: it would keep Odoo from filling the field in, by a default or from the customer.
    if (value === null && creating) continue
    const text = textOf(field, value)
    if (text === null) {
      return refused({
        problem: { kind: 'record_rejected', field: name, remoteCode: 'value' },
        message: `${JSON.stringify(value)} is not a value for ${model}.${name}, which takes ${wanted[field.type] ?? field.type}`,
        fix: fixes[field.type] ?? `Correct the mapping of ${name}, or the value in the CRM.`,
        field: name,
      })
    }
    if (field.type === 'selection' && text !== '' && !isChoice(field, text)) {
      return refused({
        problem: { kind: 'record_rejected', field: name, remoteCode: choiceCode },
        message: `${JSON.stringify(value)} is none of the choices of ${model}.${name}: ${(field.options ?? []).join(', ')}`,
        fix: `Correct the mapping of ${name}, its table, or the value in the CRM; then retry the record.`,
        field: name,
      })
    }
    const byId = field.type === 'many2one' || field.type === 'many2many'
    cells.push({ column: byId ? `${name}/.id` : name, text })
  }
  return { ok: true, value: cells }
}

/** What a refused choice is called, for whoever has older choices than Odoo. */
export const choiceCode = 'choice'

/**
 * Odoo takes a choice by its value or its label. Over one that it does not have it rolls back a whole call, and the numbers of all
 * orders in it are gone.
 */
const isChoice = ({ options, optionLabels }: Field, text: string): boolean =>
  options === undefined || options.includes(text) || optionLabels?.includes(text) === true

const refused = (failure: Failure): { ok: false; failure: Failure } => ({ ok: false, failure })

const wanted: Readonly<Record<string, string>> = {
  many2one: 'the id of one record',
  many2many: 'a list of ids',
  one2many: 'lines, which a mapping writes under `lines:`',
  integer: 'a whole number',
  float: 'a number',
  monetary: 'a number',
  boolean: 'true or false',
  date: 'a date YYYY-MM-DD',
  datetime: 'an instant',
}

// Which day a moment falls on, and when a day begins, only a time zone tells.
const fixes: Readonly<Record<string, string>> = {
  date: 'Map a plain date; make one of an instant by `with: [{ to_date: { zone: … } }]`.',
  datetime: 'Map an instant; make one of a date by `with: [{ to_instant: { zone: … } }]`.',
}

/** Null when the value does not fit the field. */
function textOf(field: Field, value: Json): string | null {
  if (value === null) return field.type === 'one2many' ? null : ''
  switch (field.type) {
    case 'boolean':
      return typeof value === 'boolean' ? (value ? '1' : '0') : null
    case 'integer': {
      const number = parseDecimal(value)
      return number === null || places(number) > 0 ? null : number
    }
    case 'float':
    case 'monetary':
      return parseDecimal(value)
    case 'date':
      return parsePlainDate(value)
    case 'datetime':
      return parseInstant(value)?.slice(0, 19).replace('T', ' ') ?? null
    case 'many2one':
      return idOf(value)
    case 'many2many': {
      if (!Array.isArray(value)) return null
      const ids = value.map(idOf)
      return ids.includes(null) ? null : ids.join(',')
    }
    case 'one2many':
      return null
    case 'html':
      return isText(value) ? `<p>${escapeHtml(clean(String(value))).replaceAll('\n', '<br>')}</p>` : null
    default:
      return isText(value) ? clean(String(value)) : null
  }
}

const isText = (value: Json): boolean => typeof value === 'string' || typeof value === 'number'
const idOf = (value: Json): string | null =>
  isText(value) && /^[1-9]\d{0,9}$/.test(String(value)) ? String(value) : null
// PostgreSQL takes every character but this one.
const clean = (text: string): string => text.replaceAll('\u0000', '')
const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
