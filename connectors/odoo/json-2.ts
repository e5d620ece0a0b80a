import type { Http } from '../../src/ports/http.ts'
import type { Settings } from './settings.ts'
import { type Transport, timeoutMs } from './transport.ts'

/** JSON-2, from Odoo 19 on: a path a method, named arguments, an API key as bearer. */
export const openJson2 =
  (http: Http, settings: Settings): Transport =>
  async ({ model, method, ids, args, context, effect }) => {
    const reply = await http.send({
      method: 'POST',
      url: `${settings.url}/json/2/${model}/${method}`,
      headers: { authorization: `bearer ${settings.password}`, 'x-odoo-database': settings.database },
      body: JSON.stringify({
        ...args,
        ...(ids === undefined ? {} : { ids }),
        ...(context === undefined ? {} : { context }),
      }),
      effect,
      timeoutMs: timeoutMs[effect],
    })
    return { value: reply.body === '' ? null : reply.json(), date: reply.headers.date }
  }
