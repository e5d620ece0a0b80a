import { z } from 'zod'
import type { JsonObject } from '../../src/core/json.ts'
import { SyncError } from '../../src/core/problem.ts'
import { fromMillis, type Instant } from '../../src/core/time.ts'
import type { ConnectionDeps } from '../../src/ports/connector.ts'
import { once } from '../kit/once.ts'
import { classify } from './errors.ts'
import { openJson2 } from './json-2.ts'
import { callService, openJsonRpc } from './json-rpc.ts'
import type { Settings } from './settings.ts'
import type { Call, Transport } from './transport.ts'

/** Calls at once: Odoo has about as many workers. */
export const sideBySide = 4

/** A condition `[path, operator, value]`, or one of `|`, `&`, `!` before its operands. */
export type Domain = readonly (string | readonly [string, string, JsonValue])[]
type JsonValue = string | number | boolean | readonly (string | number)[]

interface Version {
  /** `14.0`, `saas~17.4`. */
  readonly text: string
  readonly major: number
}

/** A record as Odoo sends it: `false` for empty, `[id, name]` for a reference, ids for a list. */
export type Row = Readonly<Record<string, unknown>> & { readonly id: number }

/** Odoo's calls in Odoo's words. */
export interface Client {
  call(call: Call): Promise<unknown>
  searchRead(model: string, query: SearchQuery): Promise<readonly Row[]>
  version(): Promise<Version>
  /** The server's clock at its last answer; ours while it has not told. */
  serverTime(): Instant
  /** Language of our user, as `de_DE`. Texts that people translate are kept up in it; the source text may be years old. */
  language(): Promise<string>
  /** Database id of our user; null where Odoo does not tell. */
  userId(): Promise<number | null>
  /** Which transport calls take. */
  transport(): Promise<'json-rpc' | 'json-2'>
}
interface SearchQuery {
  readonly domain: Domain
  readonly fields: readonly string[]
  readonly order?: string
  readonly limit?: number
  /** Archived records too. */
  readonly archived?: boolean
  readonly context?: JsonObject
}

const rowsSchema = z.array(z.looseObject({ id: z.number() }))
const versionSchema = z.object({ server_version: z.string(), server_version_info: z.array(z.unknown()) })
const contextSchema = z.looseObject({
  lang: z.union([z.string(), z.literal(false)]).optional(),
  uid: z.number().optional(),
})
const webVersionSchema = z.object({ version: z.string(), version_info: z.array(z.unknown()) })

export function openClient(settings: Settings, deps: ConnectionDeps): Client {
  const http = deps.http({
    connection: deps.name,
    baseUrl: settings.url,
    timeoutMs: 60_000,
    replyBytesMax: 100_000_000,
    attemptsMax: 4,
    // A server of Odoo has a few workers, each of which serves one call at a time. It lets what is too much wait, and refuses
    // nothing, so that more than these cannot be learnt.
    concurrencyStart: sideBySide,
    concurrencyMax: sideBySide,
    classify,
  })
  const routes: Record<'json-rpc' | 'json-2', Transport> = {
    'json-rpc': openJsonRpc(http, settings),
    'json-2': openJson2(http, settings),
  }
  let skewMs = 0

  const version = once(async (): Promise<Version> => {
    try {
      const { value } = await callService(http, settings, {
        service: 'common',
        method: 'version',
        args: [],
        effect: 'read',
      })
      const version = read(versionSchema, value, 'its version')
      return { text: version.server_version, major: majorOf(version.server_version_info) }
    } catch (error) {
      if (!(error instanceof SyncError) || error.problem.kind !== 'configuration_invalid') throw error
      // From Odoo 22 on `/jsonrpc` is gone.
      const reply = await http.send({ method: 'GET', url: `${settings.url}/web/version`, effect: 'read' })
      const version = read(webVersionSchema, reply.json(), 'its version')
      return { text: version.version, major: majorOf(version.version_info) }
    }
  })

  const ownContext = once(async () => {
    const value = await call({ model: 'res.users', method: 'context_get', effect: 'read' })
    return read(contextSchema, value, 'the language of its user')
  })

  async function transport(): Promise<'json-rpc' | 'json-2'> {
    if (settings.transport !== 'auto') return settings.transport
    return (await version()).major >= 19 ? 'json-2' : 'json-rpc'
  }

  // The zone decides how `load` reads a time, whatever zone the user has set for himself. No language is asked for:
  // texts then come as they are in the source, in English, which errors.ts relies on.
  const context: JsonObject = {
    tz: 'UTC',
    ...(settings.companyId === undefined ? {} : { allowed_company_ids: [settings.companyId] }),
  }

  async function call(given: Call): Promise<unknown> {
    const route = routes[await transport()]
    const { value, date } = await route({ ...given, context: { ...context, ...given.context } })
    const at = date === undefined ? Number.NaN : Date.parse(date)
    if (!Number.isNaN(at)) skewMs = at - Date.parse(deps.clock.now())
    return value
  }

  return {
    call,
    version,
    language: async () => (await ownContext()).lang || 'en_US',
    userId: async () => (await ownContext()).uid ?? null,
    transport,
    async searchRead(model, { domain, fields, order, limit, archived, context: own }) {
      const value = await call({
        model,
        method: 'search_read',
        args: {
          domain,
          fields,
          ...(order === undefined ? {} : { order }),
          ...(limit === undefined ? {} : { limit }),
        },
        context: { ...own, ...(archived === true ? { active_test: false } : {}) },
        effect: 'read',
      })
      return read(rowsSchema, value, `the records of ${model}`)
    },
    serverTime: () => fromMillis(Date.parse(deps.clock.now()) + skewMs) ?? deps.clock.now(),
  }
}

/** `[14, 0, 0, "final", 0, ""]`; an online version between two releases begins with `saas~17`. */
const majorOf = (parts: readonly unknown[]): number => Number(String(parts[0]).replace(/^saas~/, '')) || 0

/** @throws SyncError `bad_reply` when the answer has not the shape that Odoo documents */
export function read<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new SyncError(`Odoo sent ${what} in a shape that it does not have`, {
    problem: { kind: 'bad_reply' },
    fix: 'Check the address in the settings; a module of this Odoo may have changed a standard method.',
    cause: parsed.error,
  })
}
