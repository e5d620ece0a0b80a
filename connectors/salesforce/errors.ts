import { isObject } from '../../src/core/json.ts'
import { type Failure, type Problem, type ProblemKind, SyncError } from '../../src/core/problem.ts'
import type { HttpReply, HttpRequest, Quota } from '../../src/ports/http.ts'
import { saidMax } from '../kit/said.ts'

/** The limit of a day counts the last 24 hours, so calls come back little by little. */
const dailyWaitMs = 15 * 60_000
/** Too many slow calls at once: over as soon as one of them ends. */
const concurrentWaitMs = 10_000

/** Codes of a whole answer, and of logins in lower case. What is not listed follows from the status. */
const codes: ReadonlyMap<string, ProblemKind> = new Map<string, ProblemKind>([
  ['INVALID_SESSION_ID', 'auth_rejected'],
  ['INVALID_AUTH_HEADER', 'auth_rejected'],
  ['API_DISABLED_FOR_ORG', 'auth_rejected'],
  ['API_CURRENTLY_DISABLED', 'auth_rejected'],
  ['invalid_grant', 'auth_rejected'],
  ['invalid_client', 'auth_rejected'],
  ['invalid_client_id', 'auth_rejected'],
  ['invalid_client_credentials', 'auth_rejected'],
  ['invalid_app_access', 'auth_rejected'],
  ['inactive_user', 'auth_rejected'],
  ['inactive_org', 'auth_rejected'],
  ['unauthorized_client', 'auth_rejected'],
  ['unsupported_grant_type', 'auth_rejected'],
  ['INSUFFICIENT_ACCESS', 'permission_missing'],
  ['INSUFFICIENT_ACCESS_OR_READONLY', 'permission_missing'],
  ['FUNCTIONALITY_NOT_ENABLED', 'permission_missing'],
  ['REQUEST_LIMIT_EXCEEDED', 'rate_limited'],
  ['UNABLE_TO_LOCK_ROW', 'busy'],
  ['SERVER_UNAVAILABLE', 'unavailable'],
  ['UNKNOWN_EXCEPTION', 'unavailable'],
  ['QUERY_TIMEOUT', 'unavailable'],
  // A place in a long answer that Salesforce has given up: the whole of it is asked for again.
  ['INVALID_QUERY_LOCATOR', 'unavailable'],
  ['ENTITY_IS_DELETED', 'record_gone'],
  // No single record is called by its address: what is not found is an object, a job or a version of the API.
  ['NOT_FOUND', 'configuration_invalid'],
  ['INVALID_FIELD', 'configuration_invalid'],
  ['INVALID_TYPE', 'configuration_invalid'],
  ['MALFORMED_QUERY', 'configuration_invalid'],
  ['INVALID_QUERY_FILTER_OPERATOR', 'configuration_invalid'],
  ['UNSUPPORTED_API_VERSION', 'configuration_invalid'],
  ['JSON_PARSER_ERROR', 'record_rejected'],
])
const statuses: ReadonlyMap<number, ProblemKind> = new Map<number, ProblemKind>([
  [300, 'record_rejected'],
  [400, 'record_rejected'],
  [401, 'auth_rejected'],
  [403, 'permission_missing'],
  [404, 'configuration_invalid'],
  [405, 'bad_reply'],
  [409, 'record_rejected'],
  [410, 'configuration_invalid'],
  [414, 'bad_reply'],
  [415, 'bad_reply'],
  [429, 'rate_limited'],
  [431, 'bad_reply'],
])
/** Codes of one record in an answer that otherwise went well; every other one refuses the record. */
const recordCodes: ReadonlyMap<string, ProblemKind> = new Map<string, ProblemKind>([
  ['UNABLE_TO_LOCK_ROW', 'busy'],
  ['SERVER_UNAVAILABLE', 'busy'],
  ['ENTITY_IS_DELETED', 'record_gone'],
  ['NOT_FOUND', 'record_gone'],
  ['INVALID_FIELD', 'configuration_invalid'],
  ['INVALID_TYPE', 'configuration_invalid'],
])

/** One error in Salesforce's words. */
export interface Told {
  readonly code: string
  readonly message: string
  readonly field: string | null
}

/** What an answer of Salesforce means; null for a success. */
export function classify(reply: HttpReply, request: Pick<HttpRequest, 'method' | 'url'>): SyncError | null {
  if (reply.status < 300) return null
  const told = read(reply.body)
  const kind = codes.get(told.code) ?? statuses.get(reply.status) ?? 'unavailable'
  const problem = problemOf(kind, told, reply.status)
  const place = `${request.method} ${new URL(request.url).pathname}`
  const code = told.code === '' ? String(reply.status) : `${reply.status} ${told.code}`
  const words = told.message === '' ? '' : `: ${told.message}`
  return new SyncError(`Salesforce answered ${code} to ${place}${words}`, { problem, fix: fixOf(problem, told) })
}

/**
 * The calls of the last 24 hours, which every answer of the REST API tells: `api-usage=18/15000` for the org, and where the
 * connected app has a limit of its own `per-app-api-usage=17/250(appName=crosswalk)`.
 */
export function quotaOf(reply: HttpReply): readonly Quota[] {
  const told = reply.headers['sforce-limit-info'] ?? ''
  return [...told.matchAll(/(?<![\w-])(per-app-)?api-usage=(\d+)\/(\d+)/g)].flatMap(([, app, used, limit]) => {
    const most = Number(limit)
    const remaining = Math.max(0, most - Number(used))
    return most > 0 ? [{ name: app ? 'day of the app' : 'day', limit: most, remaining, windowMs: 86_400_000 }] : []
  })
}

/** Why Salesforce did not write one record of a collection. */
export function refusalOf(object: string, id: string, told: Told): Failure {
  // Without a field it is the record itself that is not there, or not for this user; with one, what the field refers to.
  const isMissing = told.code === 'INVALID_CROSS_REFERENCE_KEY' && (told.field === null || told.field === 'Id')
  const kind = isMissing ? 'record_gone' : (recordCodes.get(told.code) ?? 'record_rejected')
  const problem = withRecord(problemOf(kind, told, 200), object, id)
  return {
    problem,
    message: `Salesforce did not write ${object} ${id}: ${told.code}${told.message === '' ? '' : `, ${told.message}`}`,
    fix: fixOf(problem, told),
    ...(told.field === null ? {} : { field: told.field }),
  }
}

/** Errors of one record: `statusCode` in collections, `errorCode` everywhere else. */
export function toldOf(value: unknown): Told {
  const one = isObject(value) ? value : {}
  const fields = Array.isArray(one.fields) ? one.fields : []
  const message = text(one.message).slice(0, saidMax)
  return {
    code: text(one.statusCode) || text(one.errorCode) || text(one.error),
    message: message || text(one.error_description).slice(0, saidMax),
    field: fields.find((field): field is string => typeof field === 'string') ?? fieldIn(message),
  }
}

export const withRecord = (problem: Problem, object: string, id: string): Problem =>
  problem.kind === 'record_gone' ? { ...problem, object, id } : problem

function problemOf(kind: ProblemKind, told: Told, status: number): Problem {
  switch (kind) {
    case 'rate_limited':
      // One code for both limits; only the words differ.
      return { kind, retryAfterMs: /concurrent/i.test(told.message) || status === 429 ? concurrentWaitMs : dailyWaitMs }
    case 'permission_missing':
      return { kind, missing: [] }
    case 'configuration_invalid':
      return { kind, path: told.field ?? '' }
    case 'record_rejected':
      return { kind, field: told.field, remoteCode: told.code || String(status) }
    case 'record_gone':
      return { kind, object: '', id: '' }
    case 'auth_rejected':
    case 'busy':
    case 'bad_reply':
      return { kind }
    default:
      return { kind: 'unavailable' }
  }
}

const authFixes: Readonly<Record<string, string>> = {
  invalid_grant:
    'Check username, privateKey and audience; that the app is pre-authorised for the user (permission set or profile in its policies); that the certificate in the app is that of the key; and the clock of this machine.',
  invalid_app_access:
    'Pre-authorise the app for the user: give its permission set or profile in the policies of the app.',
  invalid_client: 'Check clientId and clientSecret: they are the consumer key and secret of the app.',
  invalid_client_id: 'Check clientId: it is the consumer key of the app. A new app needs up to 10 minutes.',
  invalid_client_credentials: 'Check clientSecret: it is the consumer secret of the app.',
  unsupported_grant_type: 'Switch the flow on in the OAuth settings of the app: client credentials or JWT bearer.',
  inactive_user: 'Activate the user, or name another one.',
  API_DISABLED_FOR_ORG: 'The edition of this org has no API, or the user lacks the permission "API Enabled".',
  API_CURRENTLY_DISABLED: 'Salesforce has switched the API off for this org: ask its support.',
}

function fixOf(problem: Problem, told: Told): string {
  switch (problem.kind) {
    case 'auth_rejected':
      return Object.hasOwn(authFixes, told.code)
        ? (authFixes[told.code] ?? '')
        : 'Check the login in the settings of the connection, that the user is active and may use the API.'
    case 'permission_missing':
      return 'Give the user the right in its permission set: object, field or system permission, as the words say.'
    case 'configuration_invalid':
      return problem.path === ''
        ? 'Check url and apiVersion in the settings of the connection, and that the user may read the object.'
        : 'Create the field in Salesforce (`crosswalk setup` makes those of Crosswalk), let the user see it (field-level security), or take it out of the mapping.'
    case 'record_rejected':
      if (told.code === 'DUPLICATES_DETECTED') {
        return 'A duplicate rule of the org takes it for a record that is there: correct one of the two, or let the rule pass the user of Crosswalk, then retry the record.'
      }
      return "Correct the value, or the rule of the org that Salesforce's message names, then retry the record."
    case 'record_gone':
      return 'The record was deleted in Salesforce or is not shared with the user; restore it, share it, or leave it.'
    case 'rate_limited':
      return 'Nothing to do: it goes on by itself. If it happens often, another integration uses up the same limit.'
    case 'bad_reply':
      return 'Report it: the request was built in a way Salesforce does not take.'
    default:
      return 'Nothing to do: it is tried again. See https://status.salesforce.com when it lasts.'
  }
}

/** `No such column 'Foo__c' on entity 'Opportunity'` names the field in its words only. */
function fieldIn(message: string): string | null {
  const [, column, entity] = /No such column '([^']+)' on (?:entity|sobject of type) '?(\w+)'?/i.exec(message) ?? []
  return column === undefined || entity === undefined ? null : `${entity}.${column}`
}

// A list of errors, one OAuth error, or the page of a proxy: nothing here may be taken for granted.
function read(body: string): Told {
  const nothing: Told = { code: '', message: '', field: null }
  if (!/^\s*[[{]/.test(body)) return nothing
  try {
    const value: unknown = JSON.parse(body)
    return toldOf(Array.isArray(value) ? value[0] : value)
  } catch {
    // Half an answer: the status alone has to do.
    return nothing
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
