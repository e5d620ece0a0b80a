import type { SimulatorReply } from '../../../src/simulator/server.ts'

/** What Salesforce answers when it does not do what it was asked. */
export interface Refusal extends Error {
  readonly status: number
  readonly code: string
  readonly fields: readonly string[]
  /** Of a whole request, even where others are refused record by record. */
  readonly whole: boolean
}

/** Of one record. */
export const recordRefusal = (code: string, message: string, fields: readonly string[] = [], status = 400): Refusal =>
  Object.assign(new Error(message), { status, code, fields, whole: false })

/** Of a whole request. */
export const refusal = (status: number, code: string, message: string): Refusal =>
  Object.assign(new Error(message), { status, code, fields: [], whole: true })

export const isRefusal = (error: unknown): error is Refusal => error instanceof Error && 'whole' in error

export const notFound = (): Refusal => refusal(404, 'NOT_FOUND', 'The requested resource does not exist')
export const noSuchColumn = (object: string, name: string): Refusal =>
  refusal(400, 'INVALID_FIELD', `No such column '${name}' on sobject of type ${object}`)
export const noSuchType = (name: string): Refusal =>
  refusal(
    400,
    'INVALID_TYPE',
    `sObject type '${name}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' ` +
      'after the entity name. Please reference your WSDL or the describe call for the appropriate names.',
  )
export const entityIsDeleted = (): Refusal => recordRefusal('ENTITY_IS_DELETED', 'entity is deleted', [], 404)

/** A request that failed: an array, and `errorCode`. Records that failed have `statusCode` in its place. */
export function replyOf({ status, code, message, fields, whole }: Refusal): SimulatorReply {
  return { status, body: [{ message, errorCode: code, ...(whole ? {} : { fields }) }] }
}
export const saveErrorOf = ({ code, message, fields }: Refusal) => ({ statusCode: code, message, fields })
