import { startChild } from './children.ts'
import type { Pass } from './contender.ts'
import { type OdooRpc, openOdooRpc } from './pairs/hubspot-odoo/odoo-rpc.ts'
import { type BatchedOrder, makeOrders } from './pairs/hubspot-odoo/orders.ts'
import { type Erp, startSystems } from './systems.ts'
import type { Connected, Pair } from './target.ts'
import { companies, deals, products } from './trade.ts'

/** One round against a real Odoo: the same number of orders by both, milliseconds until the last was confirmed. */
export interface Round {
  readonly scriptMs: number
  readonly crosswalkMs: number
  /** What Crosswalk then took to read how far the orders are and to write it back, which the script does not do. */
  readonly writeBackMs: number
}

export const realDeals = 200
const rounds = 3

type Server = Readonly<Record<'url' | 'database' | 'username' | 'password', string>>

/** @throws Error when the environment does not say which Odoo */
export function realOdoo(environment: Readonly<Record<string, string | undefined>>): Server {
  const { ODOO_URL, ODOO_DB, ODOO_USERNAME, ODOO_PASSWORD } = environment
  if (ODOO_URL && ODOO_DB && ODOO_USERNAME && ODOO_PASSWORD) {
    return { url: ODOO_URL, database: ODOO_DB, username: ODOO_USERNAME, password: ODOO_PASSWORD }
  }
  throw new Error(
    '--odoo needs ODOO_URL, ODOO_DB, ODOO_USERNAME and ODOO_PASSWORD of an Odoo that may be filled with test data',
  )
}

/** Alternates which of the two goes first, as Odoo gets slower the more it holds. */
export async function measureRealOdoo(pair: Pair, server: Server): Promise<readonly Round[]> {
  const module = `bench_${Date.now().toString(36)}`
  const odoo = await openOdooRpc(connectedTo(server, module))
  const currency = await prepare(odoo)
  const done: Round[] = []
  for (let round = 0; round < rounds; round += 1) {
    // Records of one round are strangers to the next: neither External IDs nor names are met again.
    const script = () => runScript(odoo, `${module}_s${round}`)
    const mark = `${module}_c${round}`
    const crosswalk = () => runCrosswalk(pair, erpOf(odoo, server, mark, currency), mark)
    if (round % 2 === 0) {
      const scriptMs = await script()
      done.push({ scriptMs, ...(await crosswalk()) })
    } else {
      const own = await crosswalk()
      done.push({ scriptMs: await script(), ...own })
    }
  }
  return done
}

const connectedTo = (server: Server, module: string): Connected => ({ system: 'odoo', settings: { ...server, module } })

/** Makes the products. @returns the company's currency */
async function prepare(odoo: OdooRpc): Promise<string> {
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

/** The real one as the ERP of a round, whose customers have `module` in their names. */
const erpOf = (odoo: OdooRpc, server: Server, module: string, currency: string): Erp => ({
  connected: connectedTo(server, module),
  currency,
  url: null,
  confirmed: () =>
    odoo.call<number>('sale.order', 'search_count', [
      [
        ['partner_id.name', 'like', module],
        ['state', '=', 'sale'],
      ],
    ]),
  close: async () => {},
})

/** Customers, orders and confirmations in the same chunks as Crosswalk, as many calls at once, and nothing else. */
async function runScript(odoo: OdooRpc, module: string): Promise<number> {
  const ids = Array.from({ length: companies(module).length }, (_, n) => `${n + 1}`)
  const customers = new Map(
    companies(module)
      .slice(0, Math.ceil(realDeals / 10))
      .map((company, n) => [`${n + 1}`, company] as const),
  )
  const orders: BatchedOrder[] = deals(0, realDeals, 0, '', { companies: ids, contacts: ['0'] }).map((deal, n) => ({
    id: `${n + 1}`,
    companyId: deal.companyId,
    lines: deal.lines.map((line, place) => ({ id: `${n + 1}_${place}`, ...line })),
  }))
  const started = performance.now()
  await makeOrders(odoo, module, orders, customers)
  return performance.now() - started
}

async function runCrosswalk(pair: Pair, erp: Erp, mark: string): Promise<Omit<Round, 'scriptMs'>> {
  const systems = await startSystems(pair, erp, ` ${mark}`)
  const child = startChild('contender.ts')
  try {
    await child.ask('open', { name: 'crosswalk', target: systems.target })
    await systems.win(realDeals)
    const orders = await child.ask<Pass>('pass', { syncs: ['orders'] })
    const reports = await child.ask<Pass>('pass', { syncs: ['fulfilment'] })
    const confirmed = await systems.confirmed()
    if (confirmed === realDeals) return { crosswalkMs: orders.ms, writeBackMs: reports.ms }
    throw new Error(`${realDeals} deals were won, ${confirmed} orders are confirmed: ${JSON.stringify(orders.counts)}`)
  } finally {
    await child.end()
    await systems.close()
  }
}
