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

export const invalidField = (model: string, name: string) => valueError(`Invalid field '${name}' on model '${model}'`)
export const missingError = (model: string, id: number) =>
  odooError(
    'odoo.exceptions.MissingError',
    `Record does not exist or has been deleted.\n(Record: ${model}(${id},), User: 2)`,
  )
