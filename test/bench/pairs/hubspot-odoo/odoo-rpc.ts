import { type Connected, setting } from '../../target.ts'

/** Odoo's JSON-RPC as a script would call it. */
export interface OdooRpc {
  /** @throws Error with Odoo's message */
  call<Answer>(model: string, method: string, args: readonly unknown[], named?: object): Promise<Answer>
}

/** First part of the External IDs, unless the settings name another. */
const defaultModule = 'crosswalk'
export const moduleOf = ({ settings }: Connected): string => String(settings.module ?? defaultModule)

export async function openOdooRpc(odoo: Connected): Promise<OdooRpc> {
  const [url, database] = [setting(odoo, 'url'), setting(odoo, 'database')]
  const [username, password] = [setting(odoo, 'username'), setting(odoo, 'password')]
  async function send<Answer>(service: string, method: string, args: readonly unknown[]): Promise<Answer> {
    const reply = await fetch(`${url}/jsonrpc`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', method: 'call', id: 1, params: { service, method, args } }),
    })
    const body = (await reply.json()) as { result?: unknown; error?: { data?: { message?: string } } }
    if (body.error !== undefined) throw new Error(`Odoo: ${body.error.data?.message}`)
    return body.result as Answer
  }
  const uid = await send<number | false>('common', 'authenticate', [database, username, password, {}])
  if (uid === false) throw new Error(`Odoo does not know the login "${username}"`)
  return {
    call: (model, method, args, named = {}) =>
      send('object', 'execute_kw', [database, uid, password, model, method, args, named]),
  }
}
