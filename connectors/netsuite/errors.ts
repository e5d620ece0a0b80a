import { isObject } from '../../src/core/json.ts'
import { type Problem, type ProblemKind, SyncError } from '../../src/core/problem.ts'
import type { HttpReply, HttpRequest } from '../../src/ports/http.ts'
import { saidMax } from '../kit/said.ts'

type Meaning =
  | 'limited'
  | 'auth'
  | 'permission'
  | 'gone'
  | 'rejected'
  | 'duplicate'
  | 'configuration'
  | 'busy'
  | 'failed'
  | 'unavailable'

/** What NetSuite says, by `o:errorCode`. What is not listed is told by the status. */
const codes: Readonly<Record<string, Meaning>> = {
  CONCURRENCY_LIMIT_EXCEEDED: 'limited',
  SSS_REQUEST_LIMIT_EXCEEDED: 'limited',
  INVALID_LOGIN: 'auth',
  INVALID_LOGIN_ATTEMPT: 'auth',
  INSUFFICIENT_PERMISSION: 'permission',
  NONEXISTENT_ID: 'gone',
  RCRD_DSNT_EXIST: 'gone',
  RCRD_HAS_BEEN_CHANGED: 'busy',
  DUP_RCRD: 'duplicate',
  INVALID_CONTENT: 'rejected',
  USER_ERROR: 'rejected',
  INVALID_PARAMETER: 'configuration',
  INVALID_REQUEST: 'configuration',
  UNEXPECTED_ERROR: 'failed',
}

/** Where the text says more than the code, which is `USER_ERROR` for most of what goes wrong. */
const texts: readonly (readonly [RegExp, Meaning])[] = [
  [/record has been changed|is locked|locked by/i, 'busy'],
  [/record already exists|external id .* (already|in use)/i, 'duplicate'],
  // Of the whole record; a permission for one of its fields is a matter of the mapping.
  [/permission violation/i, 'permission'],
  [/unknown (field|property|reference)|is not a (valid )?(field|property)/i, 'configuration'],
]

const statuses: Readonly<Record<number, Meaning>> = {
  400: 'rejected',
  401: 'auth',
  403: 'permission',
  404: 'configuration',
  405: 'configuration',
  408: 'failed',
  409: 'busy',
  415: 'configuration',
  500: 'failed',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
}

interface Told {
  readonly code: string
  readonly detail: string
  /** `item.items[0].item`: where in the body. */
  readonly path: string | null
}

/** What an answer of NetSuite means; null when it is a success. */
export function classify(reply: HttpReply, request: Pick<HttpRequest, 'method' | 'url' | 'effect'>): SyncError | null {
  if (reply.status >= 200 && reply.status < 300) return null
  const told = read(reply.body)
  const meaning = meaningOf(reply.status, told)
  const place = `${request.method} ${new URL(request.url).pathname}`
  if (meaning === null) {
    return new SyncError(`NetSuite answered status ${reply.status} to ${place}`, {
      problem: { kind: 'bad_reply' },
      fix: 'Check that baseUrl in the settings is the address under Company URLs for SuiteTalk (REST).',
    })
  }
  const said = told.detail === '' ? `status ${reply.status} to ${place}` : told.detail
  // NetSuite gives an error id and does not say whether a script failed before or after the record was saved.
  if (meaning === 'failed' && request.effect === 'write') {
    return new SyncError(`NetSuite failed, and the write may have been carried out: ${said}`, {
      problem: { kind: 'outcome_unknown' },
      fix: 'Nothing to do at first: the record is looked up before anything is sent again. Oracle support knows the error id.',
    })
  }
  return errorOf(meaning, told, said, request.url)
}

/** What a refused login means: the token service has error codes of its own. */
export function classifyLogin(reply: HttpReply): SyncError | null {
  if (reply.status >= 200 && reply.status < 300) return null
  if (reply.status === 429 || reply.status >= 500) {
    return reply.status === 429 ? limited() : unavailable(`the token service answered status ${reply.status}`)
  }
  const body = parse(reply.body)
  const words = [body?.error, body?.error_description].filter((one) => typeof one === 'string')
  const told = words.length > 0 ? words.join(': ') : read(reply.body).detail
  return new SyncError(`NetSuite refused the login: ${told === '' ? `status ${reply.status}` : told}`, {
    problem: { kind: 'auth_rejected' },
    fix: loginFix,
  })
}

function meaningOf(status: number, told: Told): Meaning | null {
  if (status === 429) return 'limited'
  const byText = status < 500 ? texts.find(([pattern]) => pattern.test(told.detail))?.[1] : undefined
  const byCode = Object.hasOwn(codes, told.code) ? codes[told.code] : undefined
  if (byText !== undefined && (byCode === undefined || byCode === 'rejected' || byCode === byText)) return byText
  return byCode ?? statuses[status] ?? (status > 500 ? 'unavailable' : status > 400 && status < 500 ? 'rejected' : null)
}

const loginFix =
  'See the reason under Setup > Users/Roles > View Login Audit Trail in NetSuite. Check client id, certificate id and key (or ' +
  'the tokens), that the certificate is mapped in this very account and has not expired, and that the role may use REST web services.'

const limited = () =>
  new SyncError('NetSuite serves as many calls at once as the account allows', {
    problem: { kind: 'rate_limited', retryAfterMs: 0 },
    fix: 'The work goes on by itself. If this is frequent, lower `concurrency`, or reserve calls under Setup > Integration > Integration Governance.',
  })
const unavailable = (said: string) =>
  new SyncError(`NetSuite could not answer: ${said}`, {
    problem: { kind: 'unavailable' },
    fix: 'Nothing to do: it is tried again. See https://status.netsuite.com when it lasts.',
  })

function errorOf(meaning: Meaning, told: Told, said: string, url: string): SyncError {
  switch (meaning) {
    case 'limited':
      return limited()
    case 'failed':
    case 'unavailable':
      return unavailable(said)
    case 'auth':
      return new SyncError(`NetSuite refused the login: ${said}`, { problem: { kind: 'auth_rejected' }, fix: loginFix })
    case 'permission': {
      const missing = [...said.matchAll(/'([^']+)' permission/g)].map((match) => match[1] ?? '')
      return new SyncError(`NetSuite refused: ${said}`, {
        problem: { kind: 'permission_missing', missing },
        fix: `Give the role the permission${missing.length === 0 ? '' : ` ${missing.join(', ')}`}; \`crosswalk check\` names those that are needed.`,
      })
    }
    case 'gone': {
      const [, object = '', id = ''] = /\/record\/v1\/(\w+)\/([^/?]+)/.exec(url) ?? []
      return new SyncError(`NetSuite has no ${object === '' ? 'such record' : `${object} ${id}`}: ${said}`, {
        problem: { kind: 'record_gone', object, id },
        fix: 'The record was deleted in NetSuite, or the role may not see it. Decide there whether it is made anew.',
      })
    }
    case 'configuration': {
      const path = told.path ?? /(?:identifier|Record|field|name) '([^']+)'/.exec(said)?.[1] ?? said.slice(0, 80)
      return new SyncError(`NetSuite does not know what was asked for: ${said}`, {
        problem: { kind: 'configuration_invalid', path },
        fix: 'The field, record type or table is not in this account, or the role may not see it. Check the mapping with `crosswalk lint`.',
      })
    }
    case 'busy':
      return new SyncError(`NetSuite has the record in use: ${said}`, {
        problem: { kind: 'busy' },
        fix: 'It is tried again by itself. A lock that lasts is set by a workflow or a user in NetSuite.',
      })
    case 'duplicate':
      return rejected(told, said, duplicateCode)
    case 'rejected':
      return rejected(told, said, told.code === '' ? 'error' : told.code)
  }
}

/** `remoteCode` of a record whose external id is taken already. */
const duplicateCode = 'duplicate'

function rejected(told: Told, said: string, remoteCode: string): SyncError {
  const problem: Problem = { kind: 'record_rejected', field: told.path, remoteCode }
  const currency = /currency/i.test(told.path ?? said)
  return new SyncError(`NetSuite refused: ${said}${told.path === null ? '' : ` (${told.path})`}`, {
    problem,
    fix: currency
      ? 'Add the currency to the customer in NetSuite (Financial > Currencies), then retry the record.'
      : 'Correct the record in the CRM, the mapping, or the data in NetSuite that it meets, then retry.',
  })
}

/**
 * The particulars of an error. The vendor's own example of a 429 is not JSON, so what cannot be parsed is searched; the
 * innermost code is the telling one.
 */
function read(body: string): Told {
  const parsed = parse(body)
  const details = parsed?.['o:errorDetails']
  const all = Array.isArray(details) ? details.filter(isObject) : []
  const first = all.find((one) => text(one['o:errorCode']) !== '') ?? all[0]
  if (first !== undefined) {
    return {
      code: text(first['o:errorCode']) || text(parsed?.['o:errorCode']),
      detail: plain([...new Set(all.map((one) => text(one.detail)).filter((one) => one !== ''))].join('; ')),
      path: text(first['o:errorPath']) || null,
    }
  }
  const found = (name: string) => [...body.matchAll(new RegExp(`"${name}"\\s*:\\s*"((?:[^"\\\\]|\\\\.)*)"`, 'g'))]
  return {
    code: text(parsed?.['o:errorCode']) || (found('o:errorCode').at(-1)?.[1] ?? ''),
    detail: plain(text(parsed?.detail) || (found('detail')[0]?.[1] ?? '') || text(parsed?.title)),
    path: found('o:errorPath')[0]?.[1] ?? null,
  }
}

function parse(body: string): { readonly [name: string]: unknown } | null {
  if (!body.trimStart().startsWith('{')) return null
  try {
    const value: unknown = JSON.parse(body)
    return isObject(value) ? value : null
  } catch {
    // Half an answer, or one with a comma missing: it is searched instead.
    return null
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** One line, without the preface that says nothing. */
const plain = (words: string): string =>
  words
    .slice(0, saidMax)
    .replace(/^Invalid search query\. Detailed unprocessed description follows\.\s*/, '')
    .replace(/^Error while accessing a resource\.\s*/, '')
    .replace(/\s+/g, ' ')
    .trim()

export const isSyncError = (error: unknown, ...kinds: readonly ProblemKind[]): error is SyncError =>
  error instanceof SyncError && (kinds.length === 0 || kinds.includes(error.problem.kind))
