import { startChild } from './children.ts'
import { control } from './control.ts'
import type { Connected, Pair, Target } from './target.ts'

/** API calls by system. */
export interface Calls {
  readonly crm: number
  readonly erp: number
}

/** An ERP with the products of the benchmark. */
export interface Erp {
  readonly connected: Connected
  /** Of its company. */
  readonly currency: string
  /** Of its control channel; null for a real one. */
  readonly url: string | null
  /** How many orders of the benchmark are confirmed. */
  confirmed(): Promise<number>
  close(): Promise<void>
}

/** A simulated CRM, and a simulated or real ERP. */
export interface Systems extends Pick<Erp, 'confirmed' | 'close'> {
  readonly target: Target
  /** Wins this many deals. */
  win(count: number): Promise<void>
  /** How many deals carry an order number. */
  shown(): Promise<number>
  latency(ms: number): Promise<void>
  /** Since the last `resetCalls`, by the simulators' own count; logins and control calls are not among them. */
  calls(): Promise<Calls>
  resetCalls(): Promise<void>
  /** Has the CRM send webhooks there from now on. */
  sendWebhooks(url: string): Promise<void>
}

type Started = { readonly url: string } & Pick<Connected, 'settings'>
const simulatedCurrency = 'EUR'
const dealsAtOnce = 2000

async function startErp(system: string): Promise<Erp> {
  const child = startChild('simulator.ts')
  const { url, settings } = await child.ask<Started>('start', { system, currency: simulatedCurrency })
  await child.ask('products')
  return {
    connected: { system, settings },
    currency: simulatedCurrency,
    url,
    confirmed: () => child.ask<number>('confirmed'),
    close: () => child.end(),
  }
}

/**
 * @param erp  a real one; a simulator in a process of its own when not given
 * @param mark  part of the names of all customers
 */
export async function startSystems(pair: Pair, given: Erp | null = null, mark = ''): Promise<Systems> {
  const erp = given ?? (await startErp(pair.erp))
  const { currency } = erp
  const child = startChild('simulator.ts')
  const { url, settings } = await child.ask<Started>('start', { system: pair.crm, currency })
  await child.ask('customers', { mark })
  const urls = [url, ...(erp.url === null ? [] : [erp.url])]
  let won = 0
  return {
    target: { crm: { system: pair.crm, settings }, erp: erp.connected },
    async win(total) {
      // A millisecond apart and none in the future, as if they had been won just now.
      const wonAt = Date.now() - total
      for (let done = 0; done < total; done += dealsAtOnce) {
        const count = Math.min(dealsAtOnce, total - done)
        await child.ask('win', { first: won, count, wonAt: wonAt + done, currency })
        won += count
      }
    },
    confirmed: () => erp.confirmed(),
    shown: () => child.ask<number>('shown'),
    async latency(ms) {
      for (const one of urls) await control(one, 'latency', { ms })
    },
    calls: async () => ({ crm: await countCalls(url), erp: erp.url === null ? 0 : await countCalls(erp.url) }),
    async resetCalls() {
      for (const one of urls) await control(one, 'reset_calls')
    },
    sendWebhooks: (to) => child.ask('webhooks', { url: to }),
    async close() {
      await Promise.all([child.end(), erp.close()])
    },
  }
}

async function countCalls(url: string): Promise<number> {
  const calls = Object.entries(await control<Record<string, number>>(url, 'calls'))
  return calls.reduce((sum, [call, count]) => (/\/oauth2?\//.test(call) ? sum : sum + count), 0)
}
