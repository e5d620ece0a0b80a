import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { dealOf, settle } from '../faults/proof.ts'
import type { OpenProject } from '../project-folder.ts'
import { openRig, type Rig } from '../rig.ts'

/* A link shows one order to somebody without an account: how far it is, and nothing of how it came about. */

let rig: Rig
let opened: OpenProject
let companyId: string
beforeAll(async () => {
  rig = await openRig({ crm: { indexDelaySeconds: 0, lineItemsMinutes: 0 } })
  opened = await rig.open()
  await opened.crosswalk.setup('hubspot')
  rig.erp.erp.addProduct({ sku: 'LAMP', name: 'Lamp', price: '39.9' })
  companyId = rig.crm.crm.addCompany({ name: 'Nordlicht GmbH', domain: 'nordlicht.example', country: 'Germany' })
})
afterAll(async () => {
  await opened?.close()
  await rig?.close()
})

async function win(name: string, sku = 'LAMP'): Promise<string> {
  const id = rig.crm.crm.addDeal({ name, companyId, lines: [{ sku, quantity: '2', price: '39.9' }] })
  await settle(opened)
  return id
}
const orderOf = (deal: string) => rig.erp.erp.orders().find(({ key }) => dealOf(key) === deal)
/** As the ledger knows it. */
const stageOf = async (deal: string) => (await opened.crosswalk.deal({ id: deal })).deals[0]?.stage
const share = (deal: string, days = 30) => opened.crosswalk.as('ida').share(deal, { days })
const look = async (secret: string) => (await opened.crosswalk.sharedOrder(secret))?.order ?? null

test('shows customer, number, stage, shipments with tracking and whether invoices are paid', async () => {
  const deal = await win('A secret name')
  const other = await win('Another one')
  const before = await stageOf(deal)
  const order = orderOf(deal)
  rig.erp.erp.ship(order?.id ?? '')
  rig.erp.erp.invoice(order?.id ?? '')
  const { shared, secret } = await share(deal)
  expect(secret).toMatch(/^[\w-]{43}$/)
  const page = await look(secret)
  expect(page).toMatchObject({
    ...{ customer: 'Nordlicht GmbH', number: order?.number, stage: 'invoiced', isLookedInto: false },
    shipments: [{ state: 'shipped', trackingNumber: expect.stringMatching(/./) }],
    invoices: [{ kind: 'invoice', paid: 'open' }],
  })
  expect(page?.seen).toEqual([before])
  const text = JSON.stringify(page)
  for (const hidden of ['A secret name', '79.8', orderOf(other)?.number, 'partner_id', '"total"', '"outstanding"'])
    expect(text).not.toContain(hidden)
  expect(shared).toMatchObject({ createdBy: 'ida', ref: { connection: 'hubspot', id: deal }, usedAt: null })
  const [listed, ...others] = await opened.crosswalk.shares({ deal, max: 10 })
  expect([listed?.id, others]).toEqual([shared.id, []])
  expect(listed?.usedAt).not.toBeNull()
  expect(JSON.stringify(listed)).not.toContain(secret)
})

test('a link ends by itself after its days and at once when it is ended; the story tells who did what', async () => {
  const deal = await win('Ends')
  const short = await share(deal, 1)
  const { shared, secret } = await share(deal)
  expect(Date.parse(shared.endsAt) - Date.parse(shared.createdAt)).toBe(30 * 86_400_000)
  expect(await look(secret)).not.toBeNull()
  expect(await opened.crosswalk.as('bo').endShare(shared.id)).toMatchObject({ id: shared.id })
  expect([await look(secret), await opened.crosswalk.endShare(shared.id)]).toEqual([null, null])
  expect(await look(short.secret)).not.toBeNull()
  await opened.crosswalk.endShare(short.shared.id)
  expect(await look('never made')).toBeNull()
  const told = (await opened.crosswalk.timeline({ id: deal })).filter(({ event }) => event.startsWith('share'))
  expect(told.map(({ event, actor }) => [event, actor])).toEqual([
    ['shared', 'ida'],
    ['shared', 'ida'],
    ['share_ended', 'bo'],
    ['share_ended', null],
  ])
  await expect(share('4711')).rejects.toThrow('Nothing is known of deal 4711')
})

test('however many look, the ERP is asked once a minute', async () => {
  const deal = await win('Popular')
  const { secret } = await share(deal)
  const again = await share(deal)
  await look(secret)
  rig.erp.resetCalls()
  for (let nth = 0; nth < 5; nth += 1) await Promise.all([look(secret), look(again.secret)])
  expect(rig.erp.calls()).toEqual({})
  rig.pass(60_000)
  await look(secret)
  expect(rig.erp.calls()).not.toEqual({})
})

test('of a deal that waits, and while the ERP is away, it says that somebody looks into it, and not why', async () => {
  const stuck = await win('Stuck', 'NOT-THERE')
  const waiting = await look((await share(stuck)).secret)
  expect(waiting).toMatchObject({ number: null, stage: null, isLookedInto: true, readAt: null })
  expect(JSON.stringify(waiting)).not.toContain('NOT-THERE')

  const deal = await win('Away')
  const { secret } = await share(deal)
  const stage = await stageOf(deal)
  rig.erp.fault({ match: {}, kind: 'status', status: 503, times: 1000 })
  const away = await look(secret)
  rig.erp.clearFaults()
  expect(away).toMatchObject({ customer: 'Nordlicht GmbH', number: orderOf(deal)?.number, stage })
  expect(away).toMatchObject({ isLookedInto: true, shipments: [], invoices: [], readAt: null })
  expect(await opened.deps.ledger.connections.get('odoo')).toMatchObject({ failures: 0, pausedUntil: null })
  rig.pass(60_000)
  expect(await look(secret)).toMatchObject({ isLookedInto: false, readAt: expect.any(String) })
})

test('a person who is forgotten is shown to nobody any more', async () => {
  const deal = await win('Forget me')
  const { secret } = await share(deal)
  expect(await look(secret)).not.toBeNull()
  const whom = { customers: [], contacts: [], deals: [deal] }
  expect(await opened.crosswalk.erase({ ...whom, dryRun: true })).toMatchObject({ erased: { shares: 1 } })
  expect(await look(secret)).not.toBeNull()
  await opened.crosswalk.erase({ ...whom, dryRun: false })
  expect([await look(secret), await opened.crosswalk.shares({ deal, max: 10 })]).toEqual([null, []])
})
