import { isObject } from '../../src/core/json.ts'
import { type Problem, type ProblemKind, SyncError } from '../../src/core/problem.ts'
import type { HttpReply, HttpRequest, Quota } from '../../src/ports/http.ts'
import { saidMax } from '../kit/said.ts'

/** How long to stay away when HubSpot gives no Retry-After, by the policy that was broken. */
const waits: ReadonlyMap<string, number> = new Map([
  ['TEN_SECONDLY_ROLLING', 10_000],
  ['SECONDLY', 1_000],
  // The day ends at midnight of the account's zone, which a reply does not tell; an hour is asked again 24 times at most.
  ['DAILY', 3_600_000],
])

/** HubSpot's categories come before its status codes: a 400 can be the record, the configuration or the login. */
const categories: ReadonlyMap<string, ProblemKind> = new Map<string, ProblemKind>([
  ['INVALID_AUTHENTICATION', 'auth_rejected'],
  ['EXPIRED_AUTHENTICATION', 'auth_rejected'],
  ['BAD_REFRESH_TOKEN', 'auth_rejected'],
  ['MISSING_SCOPES', 'permission_missing'],
  ['PROPERTY_DOESNT_EXIST', 'configuration_invalid'],
  ['OBJECT_NOT_FOUND', 'record_gone'],
  ['VALIDATION_ERROR', 'record_rejected'],
  ['CONFLICT', 'record_rejected'],
  ['RATE_LIMITS', 'rate_limited'],
])
const statuses: ReadonlyMap<number, ProblemKind> = new Map<number, ProblemKind>([
  [400, 'record_rejected'],
  [401, 'auth_rejected'],
  [403, 'permission_missing'],
  [404, 'record_gone'],
  [409, 'record_rejected'],
  [414, 'bad_reply'],
  [423, 'busy'],
  [429, 'rate_limited'],
  // A data migration between HubSpot's own regions; Retry-After says for how long, up to a day.
  [477, 'rate_limited'],
])

interface Told {
  readonly status: string
  readonly category: string
  readonly message: string
  readonly policyName: string
  readonly scopes: readonly string[]
  readonly property: string | null
}

/** What a reply of HubSpot means; null for a success. */
export function classify(reply: HttpReply, request: Pick<HttpRequest, 'method' | 'url'>): SyncError | null {
  if (reply.status < 400) return null
  const told = read(reply.body)
  const kind =
    categories.get(told.category) ?? categories.get(told.status) ?? statuses.get(reply.status) ?? 'unavailable'
  const problem = problemOf(kind, told, reply)
  const place = `${request.method} ${new URL(request.url).pathname}`
  const words = told.message === '' ? '' : `: ${told.message}`
  const code = told.category === '' ? String(reply.status) : `${reply.status} ${told.category}`
  return new SyncError(`HubSpot answered ${code} to ${place}${words}`, { problem, fix: fixOf(problem, told) })
}

/**
 * The calls of ten seconds, for this app, and of the day, for all apps of the account together. Search replies carry no headers,
 * and those of OAuth apps none of the day. The day ends at midnight of the account's zone, which no reply tells.
 */
export function quotaOf({ headers }: HttpReply): readonly Quota[] {
  const of = (name: string) => (headers[name] === undefined ? Number.NaN : Number(headers[name]))
  const windowMs = Number(headers['x-hubspot-ratelimit-interval-milliseconds'] ?? 10_000)
  return [
    {
      name: windowMs === 10_000 ? '10 seconds' : `${windowMs / 1000} seconds`,
      limit: of('x-hubspot-ratelimit-max'),
      remaining: of('x-hubspot-ratelimit-remaining'),
      windowMs,
    },
    {
      name: 'day',
      limit: of('x-hubspot-ratelimit-daily'),
      remaining: of('x-hubspot-ratelimit-daily-remaining'),
      windowMs: 86_400_000,
    },
  ].filter(({ limit, remaining, windowMs: ms }) => limit > 0 && remaining >= 0 && ms > 0)
}

function problemOf(kind: ProblemKind, told: Told, reply: HttpReply): Problem {
  switch (kind) {
    case 'rate_limited':
      return { kind, retryAfterMs: waitOf(reply, told) }
    case 'permission_missing':
      return { kind, missing: told.scopes }
    case 'configuration_invalid':
      return { kind, path: told.property ?? '' }
    case 'record_rejected':
      return { kind, field: told.property, remoteCode: told.category || String(reply.status) }
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

function fixOf(problem: Problem, told: Told): string {
  switch (problem.kind) {
    case 'auth_rejected':
      return 'Enter a valid service key or token in the settings of the connection; it may have been revoked or rotated.'
    case 'permission_missing':
      return told.scopes.length > 0
        ? `Add these scopes to the service key or app in HubSpot: ${told.scopes.join(', ')}.`
        : 'Check the scopes of the service key or app in HubSpot, and what its user may see and edit.'
    case 'configuration_invalid':
      return 'Create the property in HubSpot (`crosswalk setup` makes those of Crosswalk), or take it out of the mapping.'
    case 'record_rejected':
      return "Correct the value or the rule that HubSpot's message names, then retry the record."
    case 'record_gone':
      return 'The record was deleted in HubSpot; restore it there or leave it.'
    case 'rate_limited':
      return 'Nothing to do: it goes on by itself. If it happens often, another integration uses up the same limit.'
    case 'bad_reply':
      return 'Report it: the request was built in a way HubSpot does not take.'
    default:
      return 'Nothing to do: it is tried again. See https://status.hubspot.com when it lasts.'
  }
}

function waitOf(reply: HttpReply, told: Told): number {
  const seconds = Number(reply.headers['retry-after'])
  if (seconds > 0) return Math.min(seconds, 86_400) * 1000
  if (reply.status === 477) return 3_600_000
  const policy = told.policyName || (told.message.includes('secondly limit') ? 'SECONDLY' : '')
  return waits.get(policy) ?? 10_000
}

// Every field of an error body is optional, and a firewall in front answers HTML: nothing here may be taken for granted.
function read(body: string): Told {
  const parsed = parse(body)
  const first = Array.isArray(parsed.errors) && isObject(parsed.errors[0]) ? parsed.errors[0] : {}
  const context = isObject(first.context) ? first.context : isObject(parsed.context) ? parsed.context : {}
  const message = text(parsed.message).slice(0, saidMax)
  return {
    status: text(parsed.status),
    // A missing property hides inside the text of a validation error, like the property's name.
    category: message.includes('PROPERTY_DOESNT_EXIST')
      ? 'PROPERTY_DOESNT_EXIST'
      : text(parsed.category) || text(first.code),
    message,
    policyName: text(parsed.policyName),
    scopes: list(context.requiredGranularScopes ?? context.requiredScopes),
    property: list(context.propertyName)[0] ?? propertyIn(message),
  }
}

/** `Property values were not valid: [{"isValid":false,…,"name":"erp_status"}]` names the property in JSON inside the text. */
export const propertyIn = (message: string): string | null =>
  /"name":"([^"]+)"/.exec(message)?.[1] ?? /Property "([^"]+)" does not exist/.exec(message)?.[1] ?? null

function parse(body: string): { readonly [name: string]: unknown } {
  if (!body.trimStart().startsWith('{')) return {}
  try {
    const value: unknown = JSON.parse(body)
    return isObject(value) ? value : {}
  } catch {
    // Half an answer: the status alone has to do.
    return {}
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const list = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []
