import { z } from 'zod'
import type { Json } from '../../src/core/json.ts'
import { SyncError } from '../../src/core/problem.ts'
import type { Http } from '../../src/ports/http.ts'
import { once } from '../kit/once.ts'
import type { Settings } from './settings.ts'
import { type Call, type Transport, type TransportReply, timeoutMs } from './transport.ts'

// Models override these under other names of their parameters, or versions have other names; so the values go by place.
const placed: ReadonlySet<string> = new Set(['write', 'load', 'default_get'])

const replySchema = z.looseObject({ result: z.unknown().optional() })

/** Any service of `/jsonrpc`. */
export async function callService(
  http: Http,
  settings: Settings,
  call: { service: 'common' | 'object'; method: string; args: Json[]; effect: Call['effect'] },
): Promise<TransportReply> {
  const { service, method, args, effect } = call
  const reply = await http.send({
    method: 'POST',
    url: `${settings.url}/jsonrpc`,
    body: JSON.stringify({ jsonrpc: '2.0', method: 'call', id: 1, params: { service, method, args } }),
    effect,
    timeoutMs: timeoutMs[effect],
  })
  const body = replySchema.safeParse(reply.json())
  if (!body.success) {
    throw new SyncError('Odoo answered something that is not JSON-RPC', {
      problem: { kind: 'bad_reply' },
      fix: 'Check that the address in the settings is that of Odoo itself.',
    })
  }
  return { value: body.data.result ?? null, date: reply.headers.date }
}

/** JSON-RPC, for Odoo 8 to 21. The password travels in the body of each call. */
export function openJsonRpc(http: Http, settings: Settings): Transport {
  const { database, username, password } = settings
  const login = once(async (): Promise<number> => {
    const args = [database, username, password, {}]
    const { value } = await callService(http, settings, {
      service: 'common',
      method: 'authenticate',
      args,
      effect: 'read',
    })
    if (typeof value === 'number') return value
    throw new SyncError(`Odoo does not know the login "${username}" with this password in database "${database}"`, {
      problem: { kind: 'auth_rejected' },
      fix: 'Enter the login and the password or an API key of an active user of this database.',
    })
  })

  return async ({ model, method, ids, args, context, effect }) => {
    const isPlaced = placed.has(method)
    const named = { ...(isPlaced ? {} : args), ...(context === undefined ? {} : { context }) }
    const positional: Json[] = [...(ids === undefined ? [] : [ids]), ...(isPlaced ? Object.values(args ?? {}) : [])]
    const uid = await login()
    return callService(http, settings, {
      service: 'object',
      method: 'execute_kw',
      args: [database, uid, password, model, method, positional, named],
      effect,
    })
  }
}
