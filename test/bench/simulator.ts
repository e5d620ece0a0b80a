import { simulatedCrms, simulatedErps } from '../../connectors/simulators.ts'
import type { SimulatedCrm, SimulatedErp } from '../../src/simulator/world.ts'
import { serve } from './children.ts'
import { companies, contacts, deals, type Ids, products } from './trade.ts'

/** A contestant is measured, not how patiently it waits for a system that has had enough. */
const withoutLimits: Readonly<Record<string, object>> = {
  netsuite: { concurrency: 0 },
  salesforce: { dailyCalls: 100_000_000 },
}

interface Win {
  readonly first: number
  readonly count: number
  readonly wonAt: number
  readonly currency: string
}

let crm: SimulatedCrm | null = null
let erp: SimulatedErp | null = null
let ids: Ids = { companies: [], contacts: [] }

function started<System>(system: System | null): System {
  if (system === null) throw new Error('the simulator of this process is not started, or has another role')
  return system
}

serve(
  {
    start: async ({ system, currency }: { system: string; currency: string }) => {
      const options = { port: 0, currency, ...withoutLimits[system] }
      crm = (await simulatedCrms[system]?.(options)) ?? null
      erp = (await simulatedErps[system]?.(options)) ?? null
      const one = crm ?? erp
      if (one === null) throw new Error(`there is no simulator of "${system}"`)
      return { url: one.url, settings: one.settings }
    },
    products: async () => {
      for (const product of products) started(erp).erp.addProduct(product)
    },
    customers: async ({ mark }: { mark: string }) => {
      const world = started(crm).crm
      ids = { companies: companies(mark).map(world.addCompany), contacts: contacts.map(world.addContact) }
    },
    win: async ({ first, count, wonAt, currency }: Win) => {
      for (const deal of deals(first, count, wonAt, currency, ids)) started(crm).crm.addDeal(deal)
    },
    confirmed: async () =>
      started(erp)
        .erp.orders()
        .filter((order) => order.state === 'confirmed').length,
    shown: async () =>
      started(crm)
        .crm.deals()
        .filter((deal) => deal.shown.orderNumber !== null).length,
    webhooks: async ({ url }: { url: string }) => started(crm).sendWebhooks(url),
  },
  async () => {
    await crm?.close()
    await erp?.close()
  },
)
