import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { startHubspotSimulator } from '../../connectors/hubspot/simulator/index.ts'
import { startOdooSimulator } from '../../connectors/odoo/simulator/index.ts'
import { deliver } from '../../src/app/engine/deliver.ts'
import type { WriteOutcome } from '../../src/ports/connector.ts'
import { settle, stock } from '../faults/proof.ts'
import type { OpenProject } from '../project-folder.ts'
import { openPair, type Pair } from '../rig.ts'

/*
 * What calls are made for reaches the transport: that nothing may be written. Lanes: quotas.test.ts.
 */

interface Sent {
  readonly method: string
  readonly path: string
  readonly body: string
}
/** Stands before a system, hands everything on and remembers what it was. */
async function startWitness(target: string): Promise<{ url: string; sent: Sent[]; close(): Promise<void> }> {
  const sent: Sent[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const method = request.method ?? ''
    sent.push({ method, path: request.url ?? '', body: body.toString() })
    const headers = Object.fromEntries(
      Object.entries(request.headers).flatMap(([name, value]) =>
        typeof value === 'string' && !['host', 'connection', 'content-length'].includes(name) ? [[name, value]] : [],
      ),
    )
    const reply = await fetch(`${target}${request.url}`, {
      method,
      headers,
      redirect: 'manual',
      ...(body.length === 0 ? {} : { body }),
    })
    response.writeHead(reply.status, { 'content-type': reply.headers.get('content-type') ?? 'application/json' })
    response.end(Buffer.from(await reply.arrayBuffer()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

let pair: Pair
let hubspot: Awaited<ReturnType<typeof startHubspotSimulator>>
let odoo: Awaited<ReturnType<typeof startOdooSimulator>>
let toCrm: Awaited<ReturnType<typeof startWitness>>
let toErp: Awaited<ReturnType<typeof startWitness>>
let project: OpenProject
let shop: ReturnType<typeof stock>

beforeAll(async () => {
  hubspot = await startHubspotSimulator()
  odoo = await startOdooSimulator()
  toCrm = await startWitness(hubspot.url)
  toErp = await startWitness(odoo.url)
  pair = await openPair(
    { system: 'hubspot', simulator: hubspot },
    { system: 'odoo', simulator: odoo },
    {
      crm: { baseUrl: toCrm.url, indexDelaySeconds: 0, lineItemsMinutes: 0 },
      erp: { url: toErp.url },
    },
  )
  project = await pair.open()
  shop = stock(pair)
  await project.crosswalk.setup('hubspot')
}, 60_000)
afterAll(async () => {
  await project.close()
  await pair.close()
  await toCrm.close()
  await toErp.close()
})
beforeEach(() => {
  toCrm.sent.splice(0)
  toErp.sent.splice(0)
})

/** Requests of the CRM that change something. */
const crmWrites = () =>
  toCrm.sent.filter(({ method, path }) => method !== 'GET' && !/\/(search|batch\/read)(\?|$)/.test(path))
const harmless = new Set([
  'login',
  'authenticate',
  'version',
  'search_read',
  'read',
  'search',
  'fields_get',
  'context_get',
  'check_access_rights',
  'search_count',
])
/** Calls of the ERP whose method is none of those that only read. */
const erpWrites = () =>
  toErp.sent.filter(({ body }) => {
    const { service, method, args } = JSON.parse(body).params ?? {}
    return !harmless.has(service === 'object' ? args[4] : method)
  })

test('the witness sees the writes of a live pass', async () => {
  shop.win(1)
  await settle(project)
  expect(crmWrites().length).toBeGreaterThan(0)
  expect(erpWrites().length).toBeGreaterThan(0)
}, 60_000)

describe('nothing but reads reaches the systems', () => {
  /** Deals of every kind: new ones, one to be amended, one that was lost, one refused. */
  async function dealsOfAllKinds(): Promise<readonly string[]> {
    const [more = '', lost = ''] = shop.win(2)
    await settle(project)
    hubspot.store.addLine(more, { hs_sku: 'C-3', name: 'C', quantity: '1', price: '1' })
    hubspot.store.updateDeal(more, { amount: '1000' })
    hubspot.store.updateDeal(lost, { dealstage: 'closedlost' })
    const ids = [...shop.win(2), shop.winUnknown(), more, lost]
    toCrm.sent.splice(0)
    toErp.sent.splice(0)
    return ids
  }

  test('from previews', async () => {
    const ids = await dealsOfAllKinds()
    const actions = []
    for (const id of ids) actions.push((await project.crosswalk.preview(id, {})).action)
    expect(actions).toEqual(['create', 'create', 'problem', 'update', 'problem'])
    expect(toErp.sent.length).toBeGreaterThan(0)
    expect([crmWrites(), erpWrites()]).toEqual([[], []])
    await settle(project)
  }, 60_000)

  test('from a shadow pass of deals and of reports', async () => {
    const ids = await dealsOfAllKinds()
    const refs = ids.map((id) => ({ connection: 'hubspot', object: 'deals', id }))
    for (const name of ['orders', 'fulfilment']) {
      const sync = await project.projects.current().sync(name)
      await project.deps.ledger.inbox.add(name, refs, { lane: 'live' })
      const shadow = { ...sync, config: { ...sync.config, mode: 'shadow' as const } }
      expect((await deliver(shadow, project.deps)).counts.planned).toBeGreaterThan(0)
    }
    expect(toErp.sent.length).toBeGreaterThan(0)
    expect([crmWrites(), erpWrites()]).toEqual([[], []])
    await settle(project)
  }, 60_000)
})

describe('the transport', () => {
  const within = <T>(mayWrite: boolean, work: () => T) => project.deps.scopes.within({ lane: 'live', mayWrite }, work)
  /** Whether nothing was done, by an error or by what is said of the one write. */
  const refused = (writing: Promise<readonly WriteOutcome[]>) =>
    writing.then(
      ([outcome]) => outcome?.ok === false,
      () => true,
    )
  const endpoint = (name: string) => project.projects.current().endpoint(name)

  test('refuses a write that may be repeated, from work that may only read', async () => {
    const [id = ''] = shop.win(1)
    const write = {
      do: 'update',
      object: 'deals',
      id,
      key: null,
      fields: { 'properties.erp_status': 'draft' },
      lines: null,
    } as const
    const { connection } = endpoint('hubspot')
    await connection.describe('deals')
    toCrm.sent.splice(0)
    expect(await refused(within(false, () => connection.write([write])))).toBe(true)
    expect(crmWrites()).toEqual([])
    expect(await within(true, () => connection.write([write]))).toEqual([{ ok: true, id }])
    expect(crmWrites().map(({ path }) => path)).toEqual([expect.stringMatching(/batch\/update$/)])
    expect(hubspot.store.deal(id)?.properties.erp_status).toBe('draft')
  }, 60_000)

  test('refuses a write that must not be repeated, from work that may only read', async () => {
    const { connection } = endpoint('odoo')
    const create = {
      do: 'create',
      object: 'res.partner',
      key: 'scopes_1',
      fields: { name: 'Not made' },
      lines: null,
    } as const
    await expect(within(false, () => connection.write([create]))).rejects.toThrow('work that may only read')
    expect(erpWrites()).toEqual([])
    expect(odoo.store.partners().filter((partner) => partner.name === 'Not made')).toEqual([])
    expect(await within(true, () => connection.write([create]))).toMatchObject([{ ok: true }])
    expect(odoo.store.partners().filter((partner) => partner.name === 'Not made')).toHaveLength(1)
  }, 60_000)

  test('refuses it also through an endpoint of work that may only read, and lets reads pass', async () => {
    const [id = ''] = shop.win(1)
    const reading = endpoint('hubspot').within({ lane: 'live', mayWrite: false })
    expect(await reading.use((connection) => connection.read('deals', [id], ['properties.dealname']))).toMatchObject([
      { id },
    ])
    const update = {
      do: 'update',
      object: 'deals',
      id,
      key: null,
      fields: { 'properties.erp_status': 'draft' },
      lines: null,
    } as const
    expect(await refused(reading.use((connection) => connection.write([update])))).toBe(true)
    expect(crmWrites()).toEqual([])
    expect(hubspot.store.deal(id)?.properties.erp_status ?? '').toBe('')
  }, 60_000)
})
