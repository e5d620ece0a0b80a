import { randomUUID } from 'node:crypto'
import type { JsonObject } from '../../../src/core/json.ts'
import type { SimulatorReply } from '../../../src/simulator/server.ts'

/** A refusal as the account words it: `o:errorDetails` holds the code, the text and the place of the fault. */
export interface NetsuiteError extends Error {
  readonly status: number
  readonly code: string
  readonly place: Place
}
/** Where the fault is, by the vendor's name for it: `o:errorPath` is a path into the body. */
type Place = {
  readonly [name in 'o:errorPath' | 'o:errorQueryParam' | 'o:errorHeader' | 'o:errorUrlPath']?: string
}

export const netsuiteError = (status: number, code: string, detail: string, place: Place = {}): NetsuiteError =>
  Object.assign(new Error(detail), { status, code, place })

export const isNetsuiteError = (error: unknown): error is NetsuiteError => error instanceof Error && 'place' in error

/** Errors of the SQL engine may come from another realm, so that `instanceof` does not know them. */
export const messageOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error)

/** A reference or value that does not fit, named by its path in the body. */
export const invalidContent = (detail: string, path: string): NetsuiteError =>
  netsuiteError(400, 'INVALID_CONTENT', detail, { 'o:errorPath': path })
export const invalidValue = (value: unknown, path: string): NetsuiteError =>
  invalidContent(
    `Invalid value ${typeof value === 'string' ? value : JSON.stringify(value)} for field ${lastOf(path)}`,
    path,
  )
/** A business rule, a script or a workflow says no. */
export const userError = (detail: string, path?: string): NetsuiteError =>
  netsuiteError(400, 'USER_ERROR', detail, path === undefined ? {} : { 'o:errorPath': path })
export const invalidParameter = (detail: string, name: string): NetsuiteError =>
  netsuiteError(400, 'INVALID_PARAMETER', detail, { 'o:errorQueryParam': name })
export const noSuchRecord = (): NetsuiteError => netsuiteError(404, 'NONEXISTENT_ID', 'Record does not exist.')
export const changedRecord = (): NetsuiteError => netsuiteError(400, 'RCRD_HAS_BEEN_CHANGED', 'Record has been changed')
export const lockedRecord = (): NetsuiteError =>
  userError('This record has been locked by a user defined workflow and cannot be edited.')
/** @param why  for those who work on the simulator */
export const unexpectedError = (why?: string): NetsuiteError => {
  const detail = `An unexpected error occurred. Error ID: ${randomUUID()}`
  return netsuiteError(500, 'UNEXPECTED_ERROR', why === undefined ? detail : `${detail} (${why})`)
}
export const invalidLogin = (): NetsuiteError =>
  netsuiteError(
    401,
    'INVALID_LOGIN',
    'Invalid login attempt. For more details, see the Login Audit Trail in the NetSuite UI at Setup > Users/Roles > User Management > View Login Audit Trail.',
  )
export const insufficientPermission = (what: string): NetsuiteError =>
  netsuiteError(
    403,
    'INSUFFICIENT_PERMISSION',
    `Permission Violation: You need a higher level of the '${what}' permission to access this page.`,
  )

const lastOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1)

const titles: Readonly<Record<number, readonly [string, string]>> = {
  400: ['Bad Request', '15.5.1'],
  401: ['Unauthorized', '15.5.2'],
  403: ['Forbidden', '15.5.4'],
  404: ['Not Found', '15.5.5'],
  405: ['Method Not Allowed', '15.5.6'],
  406: ['Not Acceptable', '15.5.7'],
  415: ['Unsupported Media Type', '15.5.16'],
  500: ['Internal Server Error', '15.6.1'],
}

export function errorReply({ status, code, message, place }: NetsuiteError): SimulatorReply {
  const [title = '', section = ''] = titles[status] ?? []
  const body: JsonObject = {
    type: `https://www.rfc-editor.org/rfc/rfc9110.html#section-${section}`,
    title,
    status,
    'o:errorDetails': [{ detail: message, ...place, 'o:errorCode': code }],
  }
  return { status, headers: { 'content-type': 'application/vnd.oracle.resource+json; type=error' }, body }
}

/** As the vendor's help page shows it: without the comma before the details, so it is no JSON. And no Retry-After. */
const tooManyText = `{
  "type": "https://www.rfc-editor.org/rfc/rfc6585.html#section-4",
  "title": "Bad Request",
  "status": 429,
  "o:errorCode": "USER_ERROR"
  "o:errorDetails": [
    {
      "detail": "Concurrent request limit exceeded. Request blocked.",
      "o:errorCode": "CONCURRENCY_LIMIT_EXCEEDED"
    }
  ]
}`
export const tooManyRequests = {
  status: 429,
  headers: { 'content-type': 'application/vnd.oracle.resource+json; type=error' },
  body: tooManyText,
} satisfies SimulatorReply
