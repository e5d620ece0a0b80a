import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { startHubspotSimulator } from '../../connectors/hubspot/simulator/index.ts'
import type { Json } from '../../src/core/json.ts'
import { type Fault, type Simulator, startSimulator } from '../../src/simulator/server.ts'
import { seed } from '../extent.ts'
import { killRuns, killSummary } from '../faults/kill.ts'
import { flawless, goods, prove, type Sides, settle, shop, summary } from '../faults/proof.ts'
import { type OpenProject, openProjectFolder, type ProjectFolder } from '../project-folder.ts'
import { type Erp, erpLogin, openErp } from './erp.ts'

/*
 * Faults between Crosswalk and a real Odoo: a proxy in between loses answers, cuts them off, and answers in Odoo's place;
 * and the process is killed where something is in doubt.
 */

const kills = 100
const portal = Number(Date.now().toString().slice(-9))
const mark = `F${Date.now().toString(36)}`
let hubspot: Awaited<ReturnType<typeof startHubspotSimulator>>
let proxy: Simulator
let folder: ProjectFolder
let project: OpenProject
let erp: Erp
let deals: ReturnType<typeof shop>
let lines = ''

/** Hands requests on to Odoo; faults strike before or after. */
const startProxy = (target: string) =>
  startSimulator({
    async handle({ method, path, headers, body }) {
      const {
        'content-type': contentType = 'application/json',
        authorization = '',
        'x-odoo-database': database = '',
      } = headers
      const reply = await fetch(`${target}${path}`, {
        method,
        headers: { 'content-type': contentType, authorization, 'x-odoo-database': database },
        ...(method === 'GET' ? {} : { body: new Uint8Array(body) }),
      })
      return { status: reply.status, body: (await reply.text()) as Json }
    },
  })

beforeAll(async () => {
  const login = erpLogin()
  erp = await openErp(login)
  for (const [sku, price] of goods) await erp.addProduct({ sku: `${mark} ${sku}`, price, route: 'stock' })
  const [company] = await erp.search<{ currency_id: [number, string] }>('res.company', [], ['currency_id'])
  hubspot = await startHubspotSimulator({ portalId: portal, currency: company?.currency_id[1] ?? 'EUR' })
  proxy = await startProxy(login.url)
  const behind = { ...login, url: proxy.url }
  const change = {
    crm: { indexDelaySeconds: 1 },
    erp: { loadOrders: 4 },
    orders: { batch: 8 },
    fulfilment: { batch: 8 },
  }
  folder = await openProjectFolder(
    { crm: { system: 'hubspot', settings: hubspot.settings }, erp: { system: 'odoo', settings: behind } },
    change,
  )
  project = await folder.open()
  await project.crosswalk.setup('hubspot')
  deals = shop(hubspot.crm, (sku) => `${mark} ${sku}`)
})
afterEach(() => {
  proxy.clearFaults()
  hubspot.clearFaults()
})
afterAll(async () => {
  process.stderr.write(lines)
  await project?.close()
  await hubspot?.close()
  await proxy?.close()
  await folder?.remove()
})

const keys = async (model: string, kind: string) => {
  const rows = await erp.search<{ name: string; res_id: number }>(
    'ir.model.data',
    [
      ['module', '=', 'crosswalk'],
      ['model', '=', model],
      ['name', 'like', `hubspot_${portal}_${kind}_`],
    ],
    ['name', 'res_id'],
  )
  return new Map(rows.map((row) => [row.res_id, row.name]))
}
const view: Sides['erp']['erp'] = {
  async orders() {
    const named = await keys('sale.order', 'deal')
    // Every order of these customers counts, whether it carries a key or not.
    const orders = await erp.search<{ name: string; state: string }>(
      'sale.order',
      [['partner_id.name', 'like', mark]],
      ['name', 'state'],
    )
    return orders.map(({ id, name, state }) => ({
      number: name,
      key: named.get(id) ?? null,
      state: state === 'cancel' ? 'cancelled' : ['draft', 'sent'].includes(state) ? 'draft' : 'confirmed',
    }))
  },
  async customers() {
    const named = await keys('res.partner', 'customer')
    const partners = await erp.search<{ name: string }>(
      'res.partner',
      [
        ['name', 'like', mark],
        ['parent_id', '=', false],
      ],
      ['name'],
    )
    return partners.map(({ id, name }) => ({ key: named.get(id) ?? `no key: ${name}` }))
  },
}

const { words } = await openErp(erpLogin())
const load = { match: words.calling('load') }
const confirm = { match: words.calling('action_confirm') }
const status = (code: number) => ({ kind: 'status' as const, status: code, body: { message: 'busy' } })
const scenarios: readonly { name: string; faults: readonly Fault[] }[] = [
  { name: 'the answer to a load is lost after the commit', faults: [{ ...load, kind: 'lose_answer', times: 2 }] },
  { name: 'the answer to a load is cut off', faults: [{ ...load, kind: 'cut', times: 2 }] },
  { name: 'a load is refused before it is done', faults: [{ ...load, kind: 'refuse', times: 2 }] },
  { name: 'the answer to a confirmation is lost', faults: [{ ...confirm, kind: 'lose_answer', times: 2 }] },
  { name: 'a proxy answers 502 to writes', faults: [{ ...load, ...status(502), times: 2 }] },
  { name: 'a proxy answers 503 to everything for a while', faults: [{ match: {}, ...status(503), times: 12 }] },
  { name: 'a proxy answers 429', faults: [{ match: {}, ...status(429), headers: { 'retry-after': '1' }, times: 3 }] },
  { name: 'reads are cut off', faults: [{ match: words.calling('search_read'), kind: 'cut', times: 3 }] },
]

describe('a real Odoo', () => {
  test.each(scenarios)('$name', async ({ name, faults }) => {
    deals.win(12)
    deals.winUnknown()
    await project.crosswalk.run([], {})
    const wanted = deals.win(12)
    proxy.fault(...faults)
    await settle(project)
    const proof = await prove({ crm: hubspot, erp: { erp: view } }, project)
    lines += summary(name, proof)
    expect(proof).toMatchObject(flawless)
    expect(proof.orders).toBe(proof.won - proof.problems)
    expect(wanted.length).toBe(12)
  })

  test('has each order once although a login was refused in between', async () => {
    deals.win(4)
    proxy.fault({ ...words.refusedLogin, times: 2 })
    await project.close()
    project = await folder.open()
    await project.crosswalk.run([], {})
    proxy.clearFaults()
    await project.crosswalk.check([])
    await settle(project)
    expect(await prove({ crm: hubspot, erp: { erp: view } }, project)).toMatchObject(flawless)
  })

  test('keeps every order when the ledger is lost', async () => {
    const before = (await view.orders()).length
    await project.close()
    const { rm } = await import('node:fs/promises')
    await rm(folder.home, { recursive: true, force: true, maxRetries: 5 })
    project = await folder.open()
    await settle(project)
    const proof = await prove({ crm: hubspot, erp: { erp: view } }, project)
    lines += summary('the ledger is lost', proof)
    expect(proof).toMatchObject({ ...flawless, orders: before })
  })

  test(`has each order once although the process is killed ${kills} times`, async () => {
    await project.close()
    const report = await killRuns(folder, {
      systems: {
        crm: { simulator: hubspot, report: hubspot.requests.report },
        erp: { simulator: proxy, create: load.match, confirm: confirm.match },
      },
      kills,
      budgetMs: 600_000,
      seed,
      more: () => void deals.win(2),
    })
    project = await folder.open()
    await settle(project)
    const proof = await prove({ crm: hubspot, erp: { erp: view } }, project)
    lines += summary(killSummary(report, seed), proof)
    expect(report.short).toEqual([])
    expect(proof).toMatchObject(flawless)
    expect(proof.orders).toBe(proof.won - proof.problems)
  }, 1_800_000)
})
