import { type Child, startChild } from './children.ts'
import { openOdooRpc } from './odoo-rpc.ts'
import type { Target } from './target.ts'
import { companies, contacts, deals, products } from './trade.ts'

/** API calls by system. */
export interface Calls {
  readonly hubspot: number
  readonly odoo: number
}

/** A simulated HubSpot, and a simulated or real Odoo. */
export interface Systems {
  readonly target: Target
  /** Wins this many deals. */
  win(count: number): Promise<void>
  latency(ms: number): Promise<void>
  /** Since the last `resetCalls`, by the simulators' own count; logins and control calls are not among them. */
  calls(): Promise<Calls>
  resetCalls(): Promise<void>
  /** Has HubSpot send signed webhooks from now on. */
  sendWebhooks(target: { url: string; clientSecret: string }): Promise<void>
  close(): Promise<void>
}

/** Makes the products. @returns the company's currency */
async function prepareOdoo(target: Target['odoo']): Promise<string> {
  const odoo = await openOdooRpc(target)
  const rows = products.map(({ sku, name, price }) => [`crosswalk_bench.${sku}`, sku, name, price, 'consu'])
  const columns = ['id', 'default_code', 'name', 'list_price', 'type']
  const loaded = await odoo.call<{ ids: number[] | false; messages: unknown }>('product.product', 'load', [
    columns,
    rows,
  ])
  if (loaded.ids === false) throw new Error(`Odoo refused the products: ${JSON.stringify(loaded.messages)}`)
  const [company] = await odoo.call<{ currency_id: [number, string] }[]>('res.company', 'search_read', [
    [],
    ['currency_id'],
  ])
  return company?.currency_id[1] ?? ''
}

const dealsAtOnce = 2000

/** @param odoo  a real one; a simulator in a process of its own when not given */
export async function startSystems(odoo?: Target['odoo'], mark = ''): Promise<Systems> {
  const children: Child[] = []
  const start = async (system: string): Promise<string> => {
    const child = startChild('simulator.ts')
    children.push(child)
    return child.ask<string>('start', { system })
  }
  const hubspotUrl = await start('hubspot')
  const odooUrl = odoo === undefined ? await start('odoo') : null
  const simulatedOdoo = { database: 'demo', username: 'admin', password: 'admin', module: 'crosswalk' }
  const target: Target = {
    hubspot: { url: hubspotUrl, token: 'test-token' },
    odoo: odoo ?? { url: odooUrl ?? '', ...simulatedOdoo },
  }
  const currency = await prepareOdoo(target.odoo)
  const urls = [hubspotUrl, ...(odooUrl === null ? [] : [odooUrl])]
  const ids = await control<{ companies: string[]; contacts: string[] }>(hubspotUrl, 'seed', {
    companies: companies(mark),
    contacts,
  })
  const count = async (url: string | null) => {
    if (url === null) return 0
    const calls = await control<Record<string, number>>(url, 'calls')
    return Object.values(calls).reduce((sum, one) => sum + one, 0)
  }
  let won = 0
  return {
    target,
    async win(total) {
      // A millisecond apart and none in the future, as if they had been won just now.
      const first = Date.now() - total
      for (let done = 0; done < total; done += dealsAtOnce) {
        const some = Math.min(dealsAtOnce, total - done)
        await control(hubspotUrl, 'seed', { deals: deals(won, some, first + done, currency, ids) })
        won += some
      }
    },
    async latency(ms) {
      for (const url of urls) await control(url, 'latency', { ms })
    },
    calls: async () => ({ hubspot: await count(hubspotUrl), odoo: await count(odooUrl) }),
    async resetCalls() {
      for (const url of urls) await control(url, 'reset_calls')
    },
    sendWebhooks: async (target) => {
      await control(hubspotUrl, 'webhook_target', target)
    },
    async close() {
      await Promise.all(children.map((child) => child.end()))
    },
  }
}

/** A simulator's control channel; its calls are not counted and not slowed. */
export async function control<Answer>(url: string, name: string, body: unknown = {}): Promise<Answer> {
  const reply = await fetch(`${url}/_simulator/${name}`, { method: 'POST', body: JSON.stringify(body) })
  if (!reply.ok) throw new Error(`${url}/_simulator/${name} answered ${reply.status}: ${await reply.text()}`)
  return (await reply.json()) as Answer
}
