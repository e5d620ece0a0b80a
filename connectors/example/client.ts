import type { z } from 'zod'
import type { Json } from '../../src/core/json.ts'
import type { ConnectionDeps } from '../../src/ports/connector.ts'
import type { HttpReply, HttpRequest, Quota } from '../../src/ports/http.ts'
import { openLogin } from './auth.ts'
import { classify, parse } from './errors.ts'
import type { Settings } from './settings.ts'

/** What one call can hold. */
export const limits = { page: 500, batch: 100 } as const

/** The ERP's API. Answers are checked against the shape that the caller relies on. */
export interface Client {
  get<T>(shape: z.ZodType<T>, path: string, query?: Readonly<Record<string, string>>): Promise<T>
  /** @param effect  `write` for what must not be sent twice */
  post<T>(shape: z.ZodType<T>, path: string, body: Json, effect: HttpRequest['effect']): Promise<T>
}

export function openClient(settings: Settings, deps: ConnectionDeps): Client {
  const rules = {
    ...{ connection: deps.name, baseUrl: settings.url, timeoutMs: 60_000, replyBytesMax: 50_000_000 },
    ...{ attemptsMax: 4, concurrencyMax: 8, classify, quota },
  }
  // The login has a client of its own: it must not wait for a slot that a call waiting for the login holds.
  const http = deps.http({ ...rules, concurrencyStart: 4, login: openLogin(settings, deps.clock, deps.http(rules)) })

  async function call<T>(shape: z.ZodType<T>, path: string, request: Omit<HttpRequest, 'url'>): Promise<T> {
    const reply = await http.send({ ...request, url: `${settings.url}/v1/${path}` })
    return parse(shape, reply.json(), `its answer to ${path.replace(/\?.*/, '')}`)
  }
  return {
    get: (shape, path, query = {}) =>
      call(shape, `${path}?${new URLSearchParams(query)}`, { method: 'GET', effect: 'read' }),
    post: (shape, path, body, effect) => call(shape, path, { method: 'POST', body: JSON.stringify(body), effect }),
  }
}

/** How many calls are left in this minute. */
function quota({ headers }: HttpReply): readonly Quota[] {
  const [limit, remaining] = [Number(headers['x-calls-limit']), Number(headers['x-calls-remaining'])]
  return limit > 0 && remaining >= 0 ? [{ name: 'minute', limit, remaining, windowMs: 60_000 }] : []
}
