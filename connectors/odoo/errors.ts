import { type Failure, type Problem, type ProblemKind, SyncError } from '../../src/core/problem.ts'
import type { HttpReply, HttpRequest } from '../../src/ports/http.ts'

type Meaning = 'auth' | 'permission' | 'gone' | 'rejected' | 'configuration' | 'busy' | 'unavailable'

/** What Odoo throws, by the full name of the exception. What is not listed refuses the record. */
const exceptions: Readonly<Record<string, Meaning>> = {
  'odoo.exceptions.AccessDenied': 'auth',
  'odoo.http.SessionExpiredException': 'auth',
  'werkzeug.exceptions.Unauthorized': 'auth',
  'odoo.exceptions.AccessError': 'permission',
  'werkzeug.exceptions.Forbidden': 'permission',
  'odoo.exceptions.MissingError': 'gone',
  'odoo.exceptions.UserError': 'rejected',
  'odoo.exceptions.ValidationError': 'rejected',
  'odoo.exceptions.RedirectWarning': 'rejected',
  'builtins.AttributeError': 'configuration',
  'builtins.KeyError': 'configuration',
  'builtins.ValueError': 'configuration',
  'builtins.TypeError': 'configuration',
  'werkzeug.exceptions.NotFound': 'configuration',
  'werkzeug.exceptions.UnprocessableEntity': 'configuration',
  'psycopg2.errors.SerializationFailure': 'busy',
  'psycopg2.errors.DeadlockDetected': 'busy',
  'psycopg2.errors.LockNotAvailable': 'busy',
  'psycopg2.extensions.TransactionRollbackError': 'busy',
  'psycopg2.OperationalError': 'unavailable',
  'psycopg2.pool.PoolError': 'unavailable',
}

/** Where the text says more than the exception's name, or where there is only a text: the messages of `load`. */
const texts: readonly (readonly [RegExp, Meaning])[] = [
  [/could not serialize access|deadlock detected|could not obtain lock/, 'busy'],
  [/^Object \S+ doesn't exist/, 'configuration'],
  [/database "[^"]*" does not exist/, 'configuration'],
  // A rule hides or locks single records; without a group the whole model is out of reach.
  [/Due to security restrictions, you are not allowed|restriction is due to the following rules/, 'rejected'],
  [/odoo\.exceptions\.AccessError|^You are not allowed to /, 'permission'],
  [/^Unknown database identifier|odoo\.exceptions\.MissingError/, 'gone'],
]

const statuses: Readonly<Record<number, Meaning>> = {
  401: 'auth',
  403: 'permission',
  404: 'configuration',
  408: 'unavailable',
  500: 'unavailable',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
}

interface Fault {
  readonly name: string
  readonly message: string
}

/** What an answer of Odoo means; null when it is a success. `data.debug`, which holds paths and values, is left unread. */
export function classify(reply: HttpReply, request: HttpRequest): SyncError | null {
  const fault = faultOf(reply)
  if (reply.status >= 200 && reply.status < 300 && fault === null) return null
  if (reply.status === 429) {
    return new SyncError('Odoo, or the proxy before it, asks to send fewer requests', {
      problem: { kind: 'rate_limited', retryAfterMs: 0 },
      fix: 'The work goes on by itself. If this is frequent, let the proxy allow more requests of Crosswalk.',
    })
  }
  if (fault !== null) return errorOf(fault, meaningOf(fault, reply.status))
  if (reply.status === 404 && reply.body.includes('No database is selected')) {
    return new SyncError(`This Odoo has no database "${request.headers?.['x-odoo-database'] ?? ''}"`, {
      problem: { kind: 'configuration_invalid', path: 'database' },
      fix: 'Correct `database` in the settings of the connection: its name is in the settings of Odoo, and on Odoo Online the first part of the address.',
    })
  }
  const meaning = statuses[reply.status]
  const path = new URL(request.url).pathname
  if (meaning === undefined) {
    return new SyncError(`The server of Odoo answered status ${reply.status} to ${path}`, {
      problem: { kind: 'bad_reply' },
      fix: 'Check that the address in the settings is that of Odoo itself.',
    })
  }
  // A page of the web server says nothing of what became of a write.
  if (reply.status === 500 && request.effect === 'write') {
    return new SyncError('Odoo failed without saying how: the write may have been carried out', {
      problem: { kind: 'outcome_unknown' },
      fix: 'Nothing to do at first: the record is looked up before anything is sent again. The log of Odoo says more.',
    })
  }
  return errorOf({ name: String(reply.status), message: `status ${reply.status} to ${path}` }, meaning)
}

const meaningOf = (fault: Fault, status: number): Meaning =>
  texts.find(([pattern]) => pattern.test(fault.message))?.[1] ??
  exceptions[fault.name] ??
  (status === 200 ? 'rejected' : (statuses[status] ?? 'rejected'))

/** The exception in a reply: under `error.data` of JSON-RPC, at the top of an error of JSON-2. */
function faultOf(reply: HttpReply): Fault | null {
  const failed = reply.status < 200 || reply.status >= 300
  // A large result is not parsed twice: JSON-RPC has `error` in the place of `result`, ahead of everything else.
  if (!failed && !/^\s*\{[^{]{0,80}"error"\s*:/.test(reply.body.slice(0, 200))) return null
  try {
    const body = JSON.parse(reply.body) as { error?: { message?: unknown; data?: Partial<Fault> } } & Partial<Fault>
    const source = body.error === undefined ? body : body.error.data
    const message = source?.message ?? body.error?.message
    if (typeof message !== 'string') return null
    return { name: typeof source?.name === 'string' ? source.name : '', message: message.trim() }
  } catch {
    // A page of the web server or a proxy: the status has to tell.
    return null
  }
}

function errorOf(fault: Fault, meaning: Meaning): SyncError {
  const { problem, message, fix } = describe(fault, meaning)
  return new SyncError(message, { problem, fix })
}

function describe(fault: Fault, meaning: Meaning): Failure {
  const said = plain(fault.message)
  const message = `Odoo refused: ${said}`
  switch (meaning) {
    case 'auth':
      return {
        problem: { kind: 'auth_rejected' },
        message: `Odoo refused the login: ${said}`,
        fix: 'Enter the login and the password or API key of an active user; from Odoo 19 on only API keys are accepted.',
      }
    case 'permission': {
      const groups = [...fault.message.matchAll(/\n\t- ([^\n]+)/g)].map((match) => match[1] ?? '')
      return {
        problem: { kind: 'permission_missing', missing: groups },
        message,
        fix: `Give the user one of the groups that Odoo names${groups.length === 0 ? '' : `: ${groups.join(', ')}`}.`,
      }
    }
    case 'gone': {
      const [, object = '', id = ''] = /\(Record: ([\w.]+)\((\d+)/.exec(fault.message) ?? []
      return {
        problem: { kind: 'record_gone', object, id: id === '' ? (/'(\d+)'/.exec(said)?.[1] ?? '') : id },
        message,
        fix: 'The record was deleted in Odoo. Decide there whether it is made anew.',
      }
    }
    case 'configuration': {
      return {
        problem: { kind: 'configuration_invalid', path: fieldIn(said) ?? said.slice(0, 80) },
        message,
        fix: 'The field, model or database is not in this Odoo. Check the settings and the mapping, and run `crosswalk lint`.',
      }
    }
    case 'busy':
      return {
        problem: { kind: 'busy' },
        message: 'Odoo was changing the same record at the same moment',
        fix: 'It is tried again by itself.',
      }
    case 'unavailable':
      return {
        problem: { kind: 'unavailable' },
        message: `Odoo could not answer: ${said}`,
        fix: 'Check that Odoo and its database are up; the work goes on by itself.',
      }
    case 'rejected':
      return {
        problem: { kind: 'record_rejected', field: null, remoteCode: fault.name === '' ? 'error' : fault.name },
        message,
        fix: 'Correct the record in the CRM or the data in Odoo that it meets, then retry.',
      }
  }
}

/** The field that Odoo says it has not: "Invalid field 'x' on model 'm'" (19: "on 'm'", "in 'm'"), "Invalid field m.x in leaf" (19: "condition"). */
function fieldIn(said: string): string | null {
  const [, field, model] = /Invalid field '([^']+)' (?:on|in)(?: model)? '([^']+)'/.exec(said) ?? []
  if (field !== undefined) return `${model}.${field}`
  return /Invalid field ([\w.]+) in (?:leaf|condition)/.exec(said)?.[1] ?? null
}

/** One line, without the advice to write to the administrator. */
const plain = (text: string): string =>
  text
    .replace(/\n*Contact your administrator[^\n]*/, '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 600)

export interface LoadMessage {
  readonly message: string
  readonly field?: string | undefined
}

/** The failure of one record of a `load`, from the messages that name it. */
export function failureOfMessages(messages: readonly LoadMessage[]): Failure {
  const all = [...new Set(messages.map((one) => plain(one.message)))].join('; ')
  const meanings = messages.map((one) => texts.find(([pattern]) => pattern.test(one.message))?.[1])
  const known = meanings.find((meaning) => meaning !== undefined)
  const field = messages.find((one) => one.field !== undefined && one.field !== '.id')?.field
  if (known !== undefined) {
    const index = meanings.indexOf(known)
    return describe({ name: 'load', message: messages[index]?.message ?? '' }, known)
  }
  const problem: Problem = { kind: 'record_rejected', field: field ?? null, remoteCode: 'load' }
  return {
    problem,
    message: `Odoo refused: ${all}`,
    fix: 'Correct the value in the CRM, the mapping, or the data in Odoo that it meets, then retry.',
    ...(field === undefined ? {} : { field }),
  }
}

/** Whether a lost race is why nothing of the call was saved. */
export const isLostRace = (messages: readonly LoadMessage[]): boolean =>
  messages.some((one) => texts.find(([pattern]) => pattern.test(one.message))?.[1] === 'busy')

export const isSyncError = (error: unknown, ...kinds: readonly ProblemKind[]): error is SyncError =>
  error instanceof SyncError && (kinds.length === 0 || kinds.includes(error.problem.kind))
