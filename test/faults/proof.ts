import type { startHubspotSimulator } from '../../connectors/hubspot/simulator.ts'
import type { RunReport } from '../../src/app/crosswalk.ts'
import type { OpenProject } from '../project-folder.ts'
import type { Rig } from '../rig.ts'

/** What both systems hold at the end, held against each other. */
export interface Proof {
  readonly won: number
  readonly orders: number
  /** Deals with more than one order. */
  readonly double: readonly string[]
  /** Won deals with neither an order nor a problem. */
  readonly missing: readonly string[]
  /** Orders without a won deal. */
  readonly extra: readonly string[]
  /** Deals that do not show their order's number and stage, or the problem they wait on. */
  readonly silent: readonly string[]
  /** Deals named by a problem. */
  readonly problems: number
  /** Partners that carry one key twice. */
  readonly doubleCustomers: readonly string[]
}

/** Runs until nothing is due or waits for later; what is deferred comes due by itself. */
export async function settle(opened: OpenProject, limitMs = 60_000): Promise<RunReport> {
  const until = Date.now() + limitMs
  for (;;) {
    const report = await opened.crosswalk.run([], {})
    const stopped = report.syncs.some((sync) => sync.stopped !== null)
    if (report.waiting === 0 && !stopped && report.syncs.every((sync) => sync.found === 0)) return report
    if (Date.now() > until) throw new Error(`not settled: ${JSON.stringify(report)}`)
    if (report.waiting > 0 || stopped) await opened.deps.clock.sleep(100)
  }
}

/** What the ERP holds of one HubSpot account. */
export interface ErpView {
  orders(): Promise<readonly { readonly name: string; readonly externalId: string | null; readonly state: string }[]>
  /** External IDs of customers, one for each record. */
  customerKeys(): Promise<readonly string[]>
}
type Hubspot = Awaited<ReturnType<typeof startHubspotSimulator>>

const simulated = (rig: Rig): ErpView => ({
  orders: async () => rig.odoo.store.orders(),
  customerKeys: async () => rig.odoo.store.partners().flatMap((partner) => partner.externalId ?? []),
})

/** Settles until something shows: Odoo's stamps are whole seconds, and a change in the second of the one before is told later. */
export async function settleUntil(opened: OpenProject, shows: () => boolean): Promise<void> {
  await settle(opened)
  for (let round = 0; round < 100 && !shows(); round += 1) {
    await opened.deps.clock.sleep(250)
    await settle(opened)
  }
}

export async function prove(
  rig: { readonly hubspot: Hubspot },
  opened: OpenProject,
  erp: ErpView = simulated(rig as Rig),
): Promise<Proof> {
  const deals = rig.hubspot.store.deals()
  const won = deals.filter((deal) => deal.properties.hs_is_closed_won === 'true')
  const orders = (await erp.orders()).filter((order) => order.state !== 'cancel')
  const byDeal = new Map<string, string[]>()
  for (const order of orders) {
    const id = /_deal_(\w+)$/.exec(order.externalId ?? '')?.[1] ?? `order ${order.name}`
    byDeal.set(id, [...(byDeal.get(id) ?? []), order.name])
  }
  const waiting = new Map<string, string>()
  for (const problem of await opened.crosswalk.problems({ sync: 'orders', max: 10_000 })) {
    for (const id of (await opened.crosswalk.problem(problem.id))?.waiting ?? []) waiting.set(id, problem.message)
  }
  const wonIds = new Set(won.map((deal) => deal.id))
  const silent = won.filter((deal) => {
    const numbers = byDeal.get(deal.id)
    const shown = deal.properties.erp_order_no ?? ''
    const problem = deal.properties.erp_sync_problem ?? ''
    if (waiting.has(deal.id) !== (problem !== '')) return true
    return numbers !== undefined && (!numbers.includes(shown) || (deal.properties.erp_status ?? '') === '')
  })
  const keys = await erp.customerKeys()
  return {
    won: won.length,
    orders: orders.length,
    double: [...byDeal].filter(([, names]) => names.length > 1).map(([id]) => id),
    missing: won.filter((deal) => !byDeal.has(deal.id) && !waiting.has(deal.id)).map((deal) => deal.id),
    extra: [...byDeal.keys()].filter((id) => !wonIds.has(id)),
    silent: silent.map((deal) => deal.id),
    problems: waiting.size,
    doubleCustomers: keys.filter((key, index) => keys.indexOf(key) !== index),
  }
}

/** Nothing double, missing, extra or silent. */
export const flawless = { double: [], missing: [], extra: [], silent: [], doubleCustomers: [] }

export const summary = (name: string, proof: Proof): string =>
  `${name}: ${proof.won} won, ${proof.orders} orders, ${proof.problems} named by a problem, ` +
  `${proof.double.length} double, ${proof.missing.length} missing, ${proof.silent.length} silent\n`

/** Products and customers, and a way to win deals of them. */
export function stock(rig: Rig) {
  for (const [sku, price] of [
    ['A-1', '10'],
    ['B-2', '25.5'],
    ['C-3', '3.33'],
  ] as const) {
    rig.odoo.store.addProduct({ sku, name: `Product ${sku}`, price, route: 'stock' })
  }
  return shop(rig.hubspot, (sku) => sku)
}

/** Deals of customers that HubSpot has, of products that the ERP has. */
export function shop(hubspot: Hubspot, skuOf: (sku: string) => string) {
  const { store } = hubspot
  const companies = Array.from({ length: 7 }, (_one, index) =>
    store.addCompany({ name: skuOf(`Company ${index}`), domain: `company-${index}.example`, country: 'Germany' }),
  )
  let count = 0
  return {
    companies,
    /** Wins so many good deals. @returns their ids */
    win(deals: number): string[] {
      return Array.from({ length: deals }, () => {
        count += 1
        const quantity = String((count % 5) + 1)
        return store.addDeal({
          name: `Deal ${count}`,
          stage: 'closedwon',
          companyId: companies[count % companies.length] ?? '',
          lines: [
            { hs_sku: skuOf('A-1'), name: 'A', quantity, price: '10' },
            { hs_sku: skuOf(['B-2', 'C-3'][count % 2] ?? 'B-2'), name: 'B', quantity: '2', price: '9.99' },
          ],
        })
      })
    },
    /** Wins a deal of a product that the ERP does not have. */
    winUnknown(): string {
      return store.addDeal({
        name: 'Unknown product',
        stage: 'closedwon',
        companyId: companies[0] ?? '',
        lines: [{ hs_sku: 'NOT-THERE', name: 'X', quantity: '1', price: '1' }],
      })
    },
  }
}
