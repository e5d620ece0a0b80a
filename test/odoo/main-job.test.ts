import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startHubspotSimulator } from '../../connectors/hubspot/simulator/index.ts'
import { settle } from '../faults/proof.ts'
import { type OpenProject, openProjectFolder, type ProjectFolder } from '../project-folder.ts'
import { type Erp, erpLogin, openErp } from './erp.ts'

/*
 * The main job against a real Odoo: 200 deals become orders; one of them has a product made to order, one bought to order
 * and one from stock, and goes all the way to paid through Odoo's own methods.
 */

const deals = 200
const mark = `T${Date.now().toString(36)}`
let hubspot: Awaited<ReturnType<typeof startHubspotSimulator>>
let folder: ProjectFolder
let project: OpenProject
let erp: Erp
let currency: string
const ids: string[] = []

beforeAll(async () => {
  const login = erpLogin()
  erp = await openErp(login)
  for (const route of ['stock', 'make', 'buy'] as const)
    await erp.addProduct({ sku: `${mark}-${route}`, price: '10', route })
  const [company] = await erp.search<{ currency_id: [number, string] }>('res.company', [], ['currency_id'])
  currency = company?.currency_id[1] ?? 'EUR'
  // Every run is another account, so that the keys of an earlier run are not met again.
  hubspot = await startHubspotSimulator({ portalId: Number(Date.now().toString().slice(-9)), currency })
  folder = await openProjectFolder(
    { crm: { system: 'hubspot', settings: hubspot.settings }, erp: { system: 'odoo', settings: { ...login } } },
    { crm: { indexDelaySeconds: 0 } },
  )
  project = await folder.open()
  await project.crosswalk.setup('hubspot')
  const companies = Array.from({ length: 20 }, (_one, index) =>
    hubspot.store.addCompany({
      name: `${mark} company ${index}`,
      domain: `${mark}-${index}.example`,
      city: 'Kiel',
      country: 'Germany',
    }),
  )
  const line = (route: string, quantity: string, price: string) => ({
    hs_sku: `${mark}-${route}`,
    name: route,
    quantity,
    price,
  })
  for (let index = 0; index < deals; index += 1) {
    const lines =
      index === 0
        ? [line('make', '2', '420'), line('buy', '3', '99.5'), line('stock', '4', '12.25')]
        : [line('stock', String((index % 7) + 1), '12.25'), line('stock', '1', '0.99')]
    ids.push(
      hubspot.store.addDeal({
        name: `${mark} deal ${index}`,
        stage: 'closedwon',
        companyId: companies[index % 20] ?? '',
        lines,
      }),
    )
  }
})

afterAll(async () => {
  await project?.close()
  await hubspot?.close()
  await folder?.remove()
})

const shown = (id: string) => hubspot.store.deal(id)?.properties ?? {}
const story = () => shown(ids[0] ?? '')
/** A change may be told a little later, as Odoo's stamps are whole seconds: see connectors/odoo/changes.ts. */
async function shows(wanted: Readonly<Record<string, unknown>>, id = ids[0] ?? ''): Promise<void> {
  for (let round = 0; round < 60; round += 1) {
    await settle(project)
    const properties = shown(id)
    if (Object.entries(wanted).every(([name, value]) => properties[name] === value)) return
    await project.deps.clock.sleep(500)
  }
  expect(shown(id)).toMatchObject(wanted)
}
const order = () => ({ name: story().erp_order_no ?? '', id: Number(story().erp_order_id) })

describe('between a simulated HubSpot and a real Odoo', () => {
  test('proves the connection', async () => {
    const [check] = await project.crosswalk.check(['odoo'])
    expect(check?.failure).toBeNull()
    expect(check?.report?.findings.filter((finding) => finding.level === 'error')).toEqual([])
  })

  test(`makes one confirmed order for each of ${deals} deals and shows its number`, async () => {
    await settle(project)
    expect(await project.crosswalk.problems({ max: 10 })).toEqual([])
    const orders = await erp.search<{ name: string; state: string; client_order_ref: string; amount_untaxed: number }>(
      'sale.order',
      [
        ['client_order_ref', 'in', ids],
        ['partner_id.name', 'like', mark],
      ],
      ['name', 'state', 'client_order_ref', 'amount_untaxed'],
    )
    expect(orders).toHaveLength(deals)
    expect(new Set(orders.map((one) => one.client_order_ref)).size).toBe(deals)
    for (const one of orders) {
      const deal = shown(one.client_order_ref)
      expect([deal.erp_order_no, one.state]).toEqual([one.name, 'sale'])
      expect(one.amount_untaxed.toFixed(2)).toBe(Number(deal.amount).toFixed(2))
    }
    const partners = await erp.search(
      'res.partner',
      [
        ['name', 'like', mark],
        ['parent_id', '=', false],
      ],
      ['name'],
    )
    expect(partners).toHaveLength(20)
  })

  test('does nothing when nothing changed', async () => {
    const report = await project.crosswalk.run([], {})
    expect(report.syncs.map((sync) => sync.counts.made ?? 0)).toEqual([0, 0])
    expect(report.waiting).toBe(0)
  })

  test('shows production while it goes on', async () => {
    expect(story().erp_status).toBe('in_production')
    expect(await erp.produce(order().name)).toBe(1)
    await shows({ erp_status: 'in_procurement' })
  })

  test('shows when everything is ready', async () => {
    expect(await erp.receive(order().name)).toBe(1)
    await shows({ erp_status: 'ready' })
  })

  test('shows a part shipment with its tracking number, then the rest', async () => {
    await erp.ship(order().name, 'one of each', 'TRACK-1')
    await shows({ erp_status: 'partly_shipped', erp_tracking_number: 'TRACK-1' })
    await erp.ship(order().name, 'all', 'TRACK-2')
    await shows({ erp_status: 'shipped', erp_tracking_number: 'TRACK-1, TRACK-2' })
    expect(story().erp_shipped_date).toMatch(/^\d/)
  })

  test('shows the invoice and its payment', async () => {
    const invoice = await erp.invoice(order().id)
    await shows({ erp_status: 'invoiced', erp_invoice_no: invoice })
    expect(Number(story().erp_amount_outstanding)).toBeGreaterThan(0)
    await erp.pay(order().id)
    await shows({ erp_status: 'paid', erp_amount_outstanding: '0' })
  })

  test('tells the whole story on one timeline', async () => {
    const events = (await project.crosswalk.timeline({ id: ids[0] ?? '' }))
      .filter((entry) => entry.event === 'stage')
      .map((entry) => (entry.details as { stage: string }).stage)
    expect(events).toEqual([
      'in_production',
      'in_procurement',
      'ready',
      'partly_shipped',
      'shipped',
      'invoiced',
      'paid',
    ])
  })

  test('writes a changed draft anew, and refuses to change what is on its way', async () => {
    hubspot.store.updateDeal(ids[0] ?? '', { dealname: `${mark} renamed` })
    hubspot.store.addLine(ids[0] ?? '', { hs_sku: `${mark}-stock`, name: 'late', quantity: '1', price: '1' })
    await settle(project)
    expect(story().erp_sync_problem).toContain('The deal changed')
    const before = await erp.search<{ order_line: number[] }>(
      'sale.order',
      [['id', '=', Number(shown(ids[5] ?? '').erp_order_id)]],
      ['order_line'],
    )
    hubspot.store.addLine(ids[5] ?? '', { hs_sku: `${mark}-stock`, name: 'late', quantity: '1', price: '1' })
    hubspot.store.updateDeal(ids[5] ?? '', { amount: String(Number(shown(ids[5] ?? '').amount) + 1) })
    await settle(project)
    const after = await erp.search<{ order_line: number[] }>('sale.order', [['id', '=', before[0]?.id]], ['order_line'])
    expect((after[0]?.order_line.length ?? 0) - (before[0]?.order_line.length ?? 0)).toBe(1)
  })
})
