import { setTimeout as delay } from 'node:timers/promises'
import type { RunReport } from '../../src/app/engine/run.ts'
import type { CrmWorld, ErpOrder } from '../../src/simulator/world.ts'
import type { OpenProject } from '../project-folder.ts'
import type { Pair, Timed } from '../rig.ts'

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
  /** Orders that were left drafts, though no problem says why. */
  readonly drafts: readonly string[]
  /** Deals that do not show their order's number and stage, or the problem they wait on. */
  readonly silent: readonly string[]
  /** Deals named by a problem, and how many there are. */
  readonly held: readonly string[]
  readonly problems: number
  /** Partners that carry one key twice. */
  readonly doubleCustomers: readonly string[]
}

/** Far more than a busy machine needs: it tells what never ends from what takes its time. */
const limitMs = 300_000

/**
 * Runs until nothing is due or waits for later; what is deferred comes due by itself.
 * @param systems  whose clock is put forward while a connection is paused, in place of waiting
 */
export async function settle(opened: OpenProject, systems?: Timed): Promise<RunReport> {
  const until = Date.now() + limitMs
  for (;;) {
    const report = await opened.crosswalk.run([], {})
    const stopped = report.syncs.some((sync) => sync.stopped !== null)
    if (report.waiting + report.elsewhere === 0 && !stopped && report.syncs.every((sync) => sync.found === 0))
      return report
    if (Date.now() > until) throw new Error(`not settled: ${JSON.stringify(report)}`)
    if (stopped && systems !== undefined) systems.pass(1000)
    else if (report.waiting + report.elsewhere > 0 || stopped) await delay(100)
  }
}

/** Both systems, as far as a proof looks at them: simulated, or a real one behind the same words. */
export interface Sides {
  readonly crm: { readonly crm: Pick<CrmWorld, 'deals'> }
  readonly erp: {
    readonly erp: {
      orders(): Answer<readonly Pick<ErpOrder, 'number' | 'key' | 'state'>[]>
      customers(): Answer<readonly { readonly key: string | null }[]>
    }
  }
}
type Answer<T> = T | Promise<T>

/**
 * Settles until something shows, for so many seconds of the systems' time. Some stamp whole seconds, and a change in the
 * second of the one before is told later: their clock is put forward, and nobody waits.
 */
export async function settleUntil(
  opened: OpenProject,
  systems: Timed,
  shows: () => boolean,
  seconds = 30,
): Promise<void> {
  await settle(opened, systems)
  for (let second = 0; second < seconds && !shows(); second += 1) {
    systems.pass(1000)
    await settle(opened, systems)
  }
}

/** Waits for what another process or a server in the background does. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  told: () => string = () => '',
): Promise<void> {
  const end = Date.now() + limitMs
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`never: ${what}\n${told()}`)
    await delay(25)
  }
}

/** The deal that an order's key names. */
export const dealOf = (key: string | null): string | null => /_deal_(\w+)$/.exec(key ?? '')?.[1] ?? null

export async function prove({ crm, erp }: Sides, opened: OpenProject): Promise<Proof> {
  const won = crm.crm.deals().filter((deal) => deal.won)
  const orders = (await erp.erp.orders()).filter((order) => order.state !== 'cancelled')
  const byDeal = new Map<string, string[]>()
  for (const { key, number } of orders) {
    const id = dealOf(key) ?? `order ${number}`
    byDeal.set(id, [...(byDeal.get(id) ?? []), number])
  }
  const waiting = new Map<string, string>()
  for (const problem of await opened.crosswalk.problems({ sync: 'orders', max: 10_000 })) {
    for (const { id } of (await opened.crosswalk.problem(problem.id))?.waiting ?? []) waiting.set(id, problem.message)
  }
  const wonIds = new Set(won.map((deal) => deal.id))
  const drafts = orders.filter((order) => order.state === 'draft' && !waiting.has(dealOf(order.key) ?? ''))
  const silent = won.filter(({ id, shown }) => {
    const numbers = byDeal.get(id)
    if (waiting.has(id) !== (shown.problem !== null)) return true
    return numbers !== undefined && (!numbers.includes(shown.orderNumber ?? '') || shown.status === null)
  })
  const keys = (await erp.erp.customers()).flatMap((customer) => customer.key ?? [])
  return {
    won: won.length,
    orders: orders.length,
    double: [...byDeal].filter(([, names]) => names.length > 1).map(([id]) => id),
    missing: won.filter((deal) => !byDeal.has(deal.id) && !waiting.has(deal.id)).map((deal) => deal.id),
    extra: [...byDeal.keys()].filter((id) => !wonIds.has(id)),
    drafts: drafts.map((order) => order.number),
    silent: silent.map((deal) => deal.id),
    held: [...waiting.keys()],
    problems: waiting.size,
    doubleCustomers: keys.filter((key, index) => keys.indexOf(key) !== index),
  }
}

/** Nothing double, missing, extra, unfinished or silent. */
export const flawless = { double: [], missing: [], extra: [], drafts: [], silent: [], doubleCustomers: [] }

/** What one more proof found, without what was found before: a flaw fails the test that made it and none after it. */
export function news(proof: Proof, before: Proof | null): Pick<Proof, 'held' | keyof typeof flawless> {
  const added = (name: 'held' | keyof typeof flawless) => proof[name].filter((one) => !before?.[name].includes(one))
  return {
    double: added('double'),
    missing: added('missing'),
    extra: added('extra'),
    drafts: added('drafts'),
    silent: added('silent'),
    doubleCustomers: added('doubleCustomers'),
    held: added('held'),
  }
}

export const summary = (name: string, proof: Proof): string =>
  `${name}: ${proof.won} won, ${proof.orders} orders, ${proof.problems} named by a problem, ` +
  `${proof.double.length} double, ${proof.missing.length} missing, ${proof.silent.length} silent\n`

/** Products and customers, and a way to win deals of them. */
export function stock({ crm, erp }: Pick<Pair, 'crm' | 'erp'>) {
  for (const [sku, price] of goods) erp.erp.addProduct({ sku, name: `Product ${sku}`, price, route: 'stock' })
  return shop(crm.crm, (sku) => sku)
}
export const goods = [
  ['A-1', '10'],
  ['B-2', '25.5'],
  ['C-3', '3.33'],
] as const

/** Deals of customers that the CRM has, of products that the ERP has. */
export function shop(crm: CrmWorld, skuOf: (sku: string) => string) {
  const companies: string[] = []
  const join = () => {
    const name = `Company ${companies.length}`
    const domain = `company-${companies.length}.example`
    companies.push(crm.addCompany({ name: skuOf(name), domain, country: 'Germany' }))
  }
  for (let index = 0; index < 7; index += 1) join()
  const unknown: string[] = []
  let count = 0
  return {
    companies,
    /** The deals that have to wait on a problem. */
    unknown,
    /** A company more, which buys from now on as the others do. */
    join,
    /** Wins so many good deals. @returns their ids */
    win(deals: number): string[] {
      return Array.from({ length: deals }, () => {
        count += 1
        const quantity = String((count % 5) + 1)
        return crm.addDeal({
          name: `Deal ${count}`,
          companyId: companies[count % companies.length] ?? '',
          lines: [
            { sku: skuOf('A-1'), name: 'A', quantity, price: '10' },
            { sku: skuOf(['B-2', 'C-3'][count % 2] ?? 'B-2'), name: 'B', quantity: '2', price: '9.99' },
          ],
        })
      })
    },
    /** A deal that was won at an earlier time, and that someone edits now. */
    wonEarlier(at: string): string {
      const id = crm.addDeal({
        name: 'Old deal',
        companyId: companies[0] ?? '',
        lines: [{ sku: skuOf('A-1'), name: 'A', quantity: '1', price: '10' }],
        modifiedAt: Date.parse(at),
      })
      crm.changeDeal(id, { name: 'Old deal, edited' })
      return id
    },
    /** Wins a deal of a product that the ERP does not have. */
    winUnknown(): string {
      const id = crm.addDeal({
        name: 'Unknown product',
        companyId: companies[0] ?? '',
        lines: [{ sku: 'NOT-THERE', name: 'X', quantity: '1', price: '1' }],
      })
      unknown.push(id)
      return id
    },
  }
}
