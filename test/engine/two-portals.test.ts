import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { parse, stringify } from 'yaml'
import { startHubspotSimulator } from '../../connectors/hubspot/simulator/index.ts'
import { settle } from '../faults/proof.ts'
import type { OpenProject } from '../project-folder.ts'
import { openRig, type Rig } from '../rig.ts'

/*
 * Two portals of one CRM count their records alike: deal 901 of the one is not deal 901 of the other.
 */

let rig: Rig
let project: OpenProject
let other: Awaited<ReturnType<typeof startHubspotSimulator>>
let portals: readonly (readonly [string, Rig['hubspot']])[]

beforeAll(async () => {
  rig = await openRig({ crm: { indexDelaySeconds: 0, lineItemsMinutes: 0 } })
  other = await startHubspotSimulator({ portalId: 4712 })
  const config = parse(await readFile(rig.config, 'utf8'))
  config.connections.second = {
    ...config.connections.hubspot,
    settings: { ...config.connections.hubspot.settings, ...other.settings },
  }
  config.syncs.second_orders = { ...config.syncs.orders, from: 'second' }
  config.syncs.second_fulfilment = { ...config.syncs.fulfilment, to: 'second', of: 'second_orders' }
  await writeFile(rig.config, stringify(config, { aliasDuplicateObjects: false }))
  project = await rig.open()
  portals = [
    ['hubspot', rig.hubspot],
    ['second', other],
  ]
  for (const [name] of portals) await project.crosswalk.setup(name)
  rig.odoo.store.addProduct({ sku: 'A-1', price: '10', route: 'stock' })
}, 60_000)
afterAll(async () => {
  await project.close()
  await other.close()
  await rig.close()
})

const line = { hs_sku: 'A-1', name: 'A', quantity: '1', price: '10' }
/** The same in both portals, with the portal's name in what people read. */
function winInBoth(lines: (portal: string) => Record<string, string>[]): { id: string; companyId: string } {
  const made = portals.map(([name, { store }]) => {
    const companyId = store.addCompany({ name: `Company of ${name}`, domain: `${name}.example` })
    return {
      id: store.addDeal({ name: `Deal of ${name}`, stage: 'closedwon', companyId, lines: lines(name) }),
      companyId,
    }
  })
  const [first, second] = made
  if (first === undefined || second === undefined) throw new Error('two portals are needed')
  expect(second).toEqual(first)
  return first
}
const shown = (store: Rig['hubspot']['store'], id: string) => store.deal(id)?.properties ?? {}

test('deals and companies with one number in two portals share no order, no customer and no story', async () => {
  const { id, companyId } = winInBoth(() => [line])
  await settle(project)
  const keys = rig.odoo.store.orders().map((order) => order.externalId?.replace(/^\w+\./, ''))
  expect(keys.sort()).toEqual([`hubspot_4711_deal_${id}`, `hubspot_4712_deal_${id}`])
  for (const [name, { store }] of portals) {
    const key = `hubspot_${name === 'second' ? 4712 : 4711}`
    const order = rig.odoo.store.orders().find((one) => one.externalId?.endsWith(`${key}_deal_${id}`))
    const customer = rig.odoo.store.partners().find((one) => one.id === order?.partnerId)
    expect(customer).toMatchObject({ name: `Company of ${name}` })
    expect(customer?.externalId).toMatch(new RegExp(`${key}_customer_company-${companyId}$`))
    expect(shown(store, id)).toMatchObject({ erp_order_no: order?.name, erp_status: 'ready' })

    const story = await project.crosswalk.timeline({ connection: name, object: 'deals', id })
    expect(story.map((entry) => entry.event)).toEqual(
      expect.arrayContaining(['won', 'created', 'confirmed', 'reported']),
    )
    expect(story.filter((entry) => entry.event === 'created')).toHaveLength(1)
    for (const entry of story) expect(entry.ref).toEqual({ connection: name, object: 'deals', id })
    const told = story.map((entry) => entry.text).join('\n')
    expect(told).toContain(`Deal of ${name}`)
    for (const [another] of portals) if (another !== name) expect(told).not.toContain(`Deal of ${another}`)
  }
  // The number alone names both; each entry tells whose it is.
  const both = await project.crosswalk.timeline({ id })
  expect(new Set(both.map((entry) => entry.ref.connection))).toEqual(new Set(['hubspot', 'second']))
}, 120_000)

test('a person is erased in the portal that is named, and in none where both have such an id', async () => {
  const { id, companyId } = winInBoth(() => [line])
  await settle(project)
  const whom = { customers: [`company-${companyId}`], contacts: [], deals: [], dryRun: false }
  await expect(project.crosswalk.erase(whom)).rejects.toThrow('Several connections have such an id: hubspot, second')
  expect(await project.crosswalk.erase({ ...whom, connection: 'second' })).toMatchObject({
    ...{ connection: 'second', deals: 1, open: 1 },
  })
  const told = async (connection: string) =>
    (await project.crosswalk.timeline({ connection, id })).map((entry) => entry.event)
  expect(await told('second')).toEqual(['erased'])
  expect(await told('hubspot')).toContain('created')
}, 120_000)

test('a problem of a deal in one portal is none of the deal with its number in the other', async () => {
  const { id } = winInBoth((portal) => (portal === 'second' ? [{ ...line, hs_sku: 'NONE' }] : [line]))
  await settle(project)
  const problems = await project.crosswalk.problems({ max: 10 })
  expect(problems.map(({ sync, records }) => [sync, records])).toEqual([
    ['second_orders', [{ connection: 'second', object: 'deals', id }]],
  ])
  expect(shown(rig.hubspot.store, id)).toMatchObject({ erp_status: 'ready' })
  expect(shown(rig.hubspot.store, id).erp_sync_problem ?? '').toBe('')
  expect(shown(other.store, id).erp_sync_problem).toContain('NONE')
  const events = async (connection: string) =>
    (await project.crosswalk.timeline({ connection, id })).map((entry) => entry.event)
  expect(await events('hubspot')).not.toContain('problem')
  expect(await events('second')).toContain('problem')
}, 120_000)
