import type { Json } from '../core/json.ts'
import { redact } from '../http/redact.ts'

interface Options {
  readonly secrets: readonly string[]
  /** Whether an error's stack is kept. */
  readonly stacks: boolean
}

// Compared in lower case, without _ and -.
const secretNames = names(
  'password passwd secret clientsecret appsecret token accesstoken refreshtoken apikey authorization cookie setcookie privatekey assertion signature credentials',
)
const personalNames = names(
  'email mail phone mobile fax firstname lastname fullname displayname customername contactname ownername street street2 zip postalcode birthdate iban',
)
/** Objects whose `name` is, or may be, that of a person. */
const persons = names('customer contact owner billto shipto person user')

// Begins where a word does, so that a long word is looked at once.
const email = /(?<![\p{L}\d._%+-])[\p{L}\d._%+-]{1,200}(?:@|%40)[\p{L}\d-]+(?:\.[\p{L}\d-]+)+/gu
// Only what is written as a phone number, +49 30 123456 or (030) 123456: order numbers and dates must stay readable.
const phone = /(?:\+\d|\(0\d+\))[\d ()/.-]{6,}\d/g

const depthMax = 8
const textLengthMax = 2_000
const entriesMax = 100

/** A copy for the log: secrets and personal data removed, errors spelled out, size bounded. Takes any value. */
export function scrub(value: unknown, options: Options): Json {
  return walk(value, '', '', 0)

  function walk(part: unknown, name: string, owner: string, depth: number): Json {
    if (part === undefined || part === null) return null
    if (secretNames.has(name)) return '[secret]'
    if (personalNames.has(name) || (name === 'name' && persons.has(owner))) return '[personal]'
    if (typeof part === 'string') return text(part)
    if (typeof part === 'number' || typeof part === 'boolean') return part
    if (typeof part !== 'object') return text(String(part))
    if (depth >= depthMax) return '[too deep]'
    if (isError(part)) return errorFields(part, depth)
    if (Array.isArray(part)) return part.slice(0, entriesMax).map((one: unknown) => walk(one, name, owner, depth + 1))
    const entries = Object.entries(part).filter(([, inner]) => inner !== undefined)
    return Object.fromEntries(
      entries.slice(0, entriesMax).map(([key, inner]) => [text(key), walk(inner, plain(key), name, depth + 1)]),
    )
  }

  function errorFields(error: Error, depth: number): Json {
    const { problem, fix, record } = error as Error & { problem?: unknown; fix?: unknown; record?: unknown }
    return {
      message: text(error.message),
      ...(problem === undefined ? { name: text(error.name) } : { problem: walk(problem, 'problem', '', depth + 1) }),
      ...(fix === undefined ? {} : { fix: walk(fix, 'fix', '', depth + 1) }),
      ...(record === undefined || record === null ? {} : { record: walk(record, 'record', '', depth + 1) }),
      ...(error.cause === undefined ? {} : { cause: walk(error.cause, 'cause', '', depth + 1) }),
      ...(options.stacks && error.stack !== undefined ? { stack: text(error.stack) } : {}),
    }
  }

  function text(given: string): string {
    // Truncated last: half of a secret would not be recognised any more.
    const clean = redact(given, options.secrets).replace(email, '[email]').replace(phone, '[phone]')
    return clean.length > textLengthMax ? `${clean.slice(0, textLengthMax)}… (${clean.length} characters)` : clean
  }
}

function names(list: string): ReadonlySet<string> {
  return new Set(list.split(' '))
}
const plain = (name: string): string => name.toLowerCase().replaceAll(/[_-]/g, '')

// Not `instanceof`: an error may come from another realm, such as a worker's or a test runner's.
const isError = (value: object): value is Error =>
  value instanceof Error || Object.prototype.toString.call(value) === '[object Error]'
