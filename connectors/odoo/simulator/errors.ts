import type { JsonObject } from '../../../src/core/json.ts'

/** An exception as the server raises it: the full name of its class, and the text. */
export interface OdooError extends Error {
  readonly exception: string
  /** What the import tells of it, beside the text. */
  readonly more: JsonObject
}

export const odooError = (exception: string, message: string, more: JsonObject = {}): OdooError =>
  Object.assign(new Error(message), { exception, more })

export const isOdooError = (error: unknown): error is OdooError => error instanceof Error && 'exception' in error

export const userError = (message: string) => odooError('odoo.exceptions.UserError', message)
export const validationError = (message: string, more: JsonObject = {}) =>
  odooError('odoo.exceptions.ValidationError', message, more)
export const valueError = (message: string) => odooError('builtins.ValueError', message)
export const accessError = (message: string) => odooError('odoo.exceptions.AccessError', message)

export const notSimulated = (what: string) => odooError('builtins.NotImplementedError', `not simulated: ${what}`)

/** A field that the model does not have. Source: `fetch`, `write` and `create` of `orm/models.py` of 19.0. */
export function invalidField(major: number, model: string, name: string, use: 'read' | 'write'): OdooError {
  const where = major < 19 ? 'on model' : use === 'read' ? 'on' : 'in'
  return valueError(`Invalid field '${name}' ${where} '${model}'`)
}
export const missingError = (model: string, id: number) =>
  odooError(
    'odoo.exceptions.MissingError',
    `Record does not exist or has been deleted.\n(Record: ${model}(${id},), User: 2)`,
  )
