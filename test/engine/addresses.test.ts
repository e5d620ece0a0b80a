import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, test } from '@jest/globals'
import { startHubspotSimulator } from '../../connectors/hubspot/simulator/index.ts'
import { startNetsuiteSimulator } from '../../connectors/netsuite/simulator/index.ts'
import { startOdooSimulator } from '../../connectors/odoo/simulator/index.ts'
import { startSalesforceSimulator } from '../../connectors/salesforce/simulator/index.ts'
import { startEmbedded } from '../../src/ledger/embedded.ts'
import type { SimulatedErp } from '../../src/simulator/world.ts'
import { passAnHour } from '../faults/kill.ts'
import { settle } from '../faults/proof.ts'
import { openPair, type Pair } from '../rig.ts'

/*
 * Where goods and bills go belongs to the order: two deals of one customer may say two places, and the customer's own address
 * stays as it is.
 */

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

interface Address {
  readonly name?: string
  readonly street?: string
  readonly city?: string
  readonly country?: string
}
type Sold = {
  readonly shipTo?: Address
  readonly billTo?: Address
  readonly companyId?: string
  readonly contactId?: string
}
const parts = ['name', 'street', 'city', 'country'] as const

/** Properties of the account's own for both addresses of a deal. */
const propertiesOf = (prefix: string, address: Address = {}): Record<string, string> =>
  Object.fromEntries(parts.map((part) => [`${prefix}_${part}`, address[part] ?? '']))
const rulesOf = (field: string, prefix: string): string =>
  [`  ${field}:`, ...parts.map((part) => `    ${part}: properties.${prefix}_${part}`), ''].join('\n')

async function begin<Erp extends SimulatedErp>(
  system: string,
  erp: Erp,
  change: Parameters<typeof openPair>[2] & { readonly order?: (shipped: string) => string } = {},
) {
  const hubspot = await startHubspotSimulator({ currency: 'EUR' })
  const pair = await openPair({ system: 'hubspot', simulator: hubspot }, { system, simulator: erp }, change)
  closing.push(pair.close)
  for (const prefix of ['ship', 'bill'])
    for (const part of parts) hubspot.store.addProperty('deals', `${prefix}_${part}`, 'string')
  await rewrite(
    pair,
    'hubspot/deal',
    (text) => `${text.trimEnd()}\n${rulesOf('shipTo', 'ship')}${rulesOf('billTo', 'bill')}`,
  )
  if (change.order !== undefined) await rewrite(pair, `${system}/order`, change.order)
  const opened = await pair.open()
  closing.push(opened.close)
  await opened.crosswalk.setup('hubspot')
  const companyId = hubspot.store.addCompany({ name: 'Acme', address: 'Am Ring 1', city: 'Bonn', country: 'Germany' })
  erp.erp.addProduct({ sku: 'A-1', price: '10' })
  function win({ shipTo, billTo, contactId, ...sold }: Sold): string {
    return hubspot.store.addDeal({
      ...{ name: 'A deal', stage: 'closedwon', companyId: sold.companyId ?? companyId },
      ...(contactId === undefined ? {} : { contactId }),
      properties: { ...propertiesOf('ship', shipTo), ...propertiesOf('bill', billTo) },
      lines: [{ hs_sku: 'A-1', name: 'A', quantity: '1', price: '10' }],
    })
  }
  const change_ = (deal: string, shipTo: Address) => hubspot.store.updateDeal(deal, propertiesOf('ship', shipTo))
  const orderOf = (deal: string) => {
    const [found, second] = erp.erp.orders().filter(({ key }) => key?.endsWith(`_deal_${deal}`))
    if (found === undefined || second !== undefined) throw new Error(`deal ${deal} has not just one order`)
    return found
  }
  const problems = async () => (await opened.crosswalk.problems({ max: 10 })).map((problem) => problem.message)
  return { hubspot, pair, opened, companyId, win, change: change_, orderOf, problems }
}

/** Writes a file of the project's own, made of the shipped one. */
async function rewrite(pair: Pair, name: string, by: (shipped: string) => string): Promise<void> {
  const shipped = await readFile(join('mappings', `${name}.yaml`), 'utf8')
  const file = join(dirname(pair.config), '..', 'mappings', `${name}.yaml`)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, by(shipped))
}

const kiel = { name: 'Acme, Dock 4', street: 'Kai 1', city: 'Kiel', country: 'Germany' }
const ulm = { name: 'Acme South', street: 'Donaustr. 7', city: 'Ulm', country: 'Germany' }
const cityOf = (place: { readonly city: string | null } | null) => place?.city ?? null

describe.each<[string, () => Promise<SimulatedErp>]>([
  ['odoo', () => startOdooSimulator({ currency: 'EUR' })],
  ['netsuite', () => startNetsuiteSimulator({ currency: 'EUR' })],
])('with %s', (system, start) => {
  test('two deals of one new customer in one batch go to the two places they say, a third to the customer', async () => {
    const erp = await start()
    const { win, orderOf, opened, problems } = await begin(system, erp)
    const deals = [win({ shipTo: kiel }), win({ shipTo: ulm, billTo: kiel }), win({})]
    await settle(opened)
    expect(await problems()).toEqual([])
    expect(deals.map((deal) => [cityOf(orderOf(deal).shipTo), cityOf(orderOf(deal).billTo)])).toEqual([
      ['Kiel', 'Bonn'],
      ['Ulm', 'Kiel'],
      ['Bonn', 'Bonn'],
    ])
    expect(orderOf(deals[0] ?? '').shipTo).toEqual({ name: 'Acme, Dock 4', street: 'Kai 1', city: 'Kiel' })
    expect(new Set(deals.map((deal) => orderOf(deal).customerId)).size).toBe(1)
  })

  test('a confirmed order of which nothing was shipped moves with its deal, a shipped one does not', async () => {
    const erp = await start()
    const { win, change, orderOf, opened, problems } = await begin(system, erp)
    const deals = [win({ shipTo: kiel }), win({ shipTo: kiel })]
    await settle(opened)
    erp.erp.ship(orderOf(deals[1] ?? '').id)
    for (const deal of deals) change(deal, { ...kiel, street: 'Kai 9' })
    await settle(opened)
    expect(deals.map((deal) => orderOf(deal).shipTo)).toEqual([
      { name: 'Acme, Dock 4', street: 'Kai 9', city: 'Kiel' },
      { name: 'Acme, Dock 4', street: 'Kai 1', city: 'Kiel' },
    ])
    expect(await problems()).toEqual([expect.stringMatching(/^The deal changed \(.*already shipped\.$/)])
  })
})

test.each<[string, () => Promise<SimulatedErp>]>([
  ['odoo', () => startOdooSimulator({ currency: 'EUR' })],
  ['netsuite', () => startNetsuiteSimulator({ currency: 'EUR' })],
])(
  'goods of an opportunity go to the account’s shipping address, also where %s knows the customer',
  async (system, start) => {
    const salesforce = await startSalesforceSimulator({ currency: 'EUR' })
    const erp = await start()
    const pair = await openPair({ system: 'salesforce', simulator: salesforce }, { system, simulator: erp })
    closing.push(pair.close)
    const opened = await pair.open()
    closing.push(opened.close)
    await opened.crosswalk.setup('salesforce')
    erp.erp.addProduct({ sku: 'A-1', price: '10' })
    const accountId = salesforce.store.addAccount({
      ...{ Name: 'Acme', BillingStreet: 'Am Ring 1', BillingCity: 'Bonn', BillingCountry: 'Germany' },
    })
    const win = () =>
      salesforce.store.addOpportunity({ accountId, lines: [{ sku: 'A-1', quantity: '1', price: '10' }] })
    win()
    await settle(opened)
    // The customer is there now; where its goods go is said later.
    salesforce.store.update('Account', accountId, {
      ...{ ShippingStreet: 'Kai 1\r\nDock 4', ShippingCity: 'Kiel', ShippingCountry: 'Germany' },
    })
    const known = erp.erp.customers()
    win()
    await settle(opened)
    const [before, after] = erp.erp.orders()
    expect([before?.shipTo, after?.shipTo]).toMatchObject([
      { street: 'Am Ring 1', city: 'Bonn' },
      { street: 'Kai 1', city: 'Kiel' },
    ])
    expect([before?.customerId, cityOf(after?.billTo ?? null)]).toEqual([after?.customerId, 'Bonn'])
    expect(erp.erp.customers().slice(0, known.length)).toEqual(known)
    expect((await opened.crosswalk.problems({ max: 10 })).map(({ message }) => message)).toEqual([])
  },
)

describe('below a customer of Odoo', () => {
  /** Requests that make an address. */
  const making = { body: '.hubspot_4711_address_' }
  const beginOdoo = async (change: Parameters<typeof begin>[2] = {}) => {
    const odoo = await startOdooSimulator({ currency: 'EUR' })
    const rest = await begin('odoo', odoo, change)
    const below = (parent: string) => odoo.store.partners().filter(({ parentId }) => parentId === parent)
    return { odoo, below, ...rest }
  }

  test('the same address is made once, whoever says it and however it is spelled', async () => {
    const { win, orderOf, opened, below, companyId, hubspot } = await beginOdoo()
    const first = win({ shipTo: kiel })
    await settle(opened)
    const later = [
      win({ shipTo: { ...kiel, name: ' ACME, dock 4 ', country: 'DE' } }),
      win({ billTo: kiel, shipTo: ulm }),
      // Of another customer it is another one.
      win({ shipTo: kiel, companyId: hubspot.store.addCompany({ name: 'Bolt' }) }),
    ]
    await settle(opened)
    const customer = orderOf(first).customerId
    expect(below(customer).map(({ city }) => city)).toEqual(['Kiel', 'Ulm'])
    expect(below(customer)[0]?.externalId).toMatch(
      new RegExp(`^crosswalk\\.hubspot_4711_address_company-${companyId}-${customer}-[0-9a-f]{24}$`),
    )
    expect(later.map((deal) => cityOf(orderOf(deal).shipTo))).toEqual(['Kiel', 'Ulm', 'Kiel'])
    expect(cityOf(orderOf(later[1] ?? '').billTo)).toBe('Kiel')
  })

  test('one that a person made is used, one that a person put aside is not, and the customer stays as it is', async () => {
    const { win, orderOf, opened, odoo, below } = await beginOdoo()
    const acme = odoo.store.addCustomer({ name: 'Acme', street: 'Elsewhere 2', city: 'Trier' })
    const country_id = odoo.store.countryId('DE')
    const asKiel = { parent_id: Number(acme), name: kiel.name, street: kiel.street, city: kiel.city, country_id }
    const aside = odoo.store.create('res.partner', { ...asKiel, type: 'delivery' })
    odoo.store.setArchived('res.partner', aside, true)
    const made = odoo.store.create('res.partner', { ...asKiel, type: 'other' })
    const before = odoo.store.partner(acme)
    const deals = [win({ shipTo: kiel }), win({})]
    await settle(opened)
    expect(deals.map((deal) => orderOf(deal).customerId)).toEqual([acme, acme])
    expect(odoo.store.orders().map(({ shippingId }) => shippingId)).toEqual([made, acme])
    expect(below(acme).map(({ id }) => id)).toEqual([aside, made])
    expect(odoo.store.partner(acme)).toEqual(before)
  })

  test('an address that is the customer’s own makes nothing', async () => {
    const { win, orderOf, opened, odoo, below, hubspot, problems } = await beginOdoo()
    const acme = odoo.store.addCustomer({
      ...{ name: 'Acme', street: 'Kai 1', city: 'Kiel', country_id: odoo.store.countryId('DE') },
    })
    const deals = [
      win({ shipTo: { street: 'kai 1', city: 'Kiel', country: 'Germany' } }),
      win({ shipTo: { ...kiel, name: 'Acme' } }),
    ]
    await settle(opened)
    expect(deals.map((deal) => orderOf(deal).shipTo)).toEqual(
      Array(2).fill({ name: 'Acme', street: 'Kai 1', city: 'Kiel' }),
    )
    expect(below(acme)).toEqual([])
    // At another name there is another door.
    win({ shipTo: kiel })
    await settle(opened)
    expect(below(acme).map(({ name }) => name)).toEqual(['Acme, Dock 4'])

    // The customer moves: orders that it has go with it, whatever else of their deals changes; new ones go where they say.
    odoo.store.write('res.partner', acme, { street: 'Neue Gasse 3' })
    hubspot.store.updateDeal(deals[0] ?? '', { description: 'Ring twice' })
    const later = win({ shipTo: { ...kiel, name: 'Acme' } })
    await settle(opened)
    expect([deals[0] ?? '', later].map((deal) => orderOf(deal).shipTo?.street)).toEqual(['Neue Gasse 3', 'Kai 1'])
    expect(await problems()).toEqual([])
  })

  test('a customer that is linked to another one of Odoo has its addresses and contacts there', async () => {
    const { win, orderOf, opened, odoo, hubspot, companyId, below } = await beginOdoo({
      order: (text) => text.replace('partner_invoice_id: { link: billTo }', 'partner_invoice_id: { link: contact }'),
    })
    const contactId = hubspot.store.addContact({ firstname: 'Ada', lastname: 'King', email: 'ada@acme.test' })
    win({ shipTo: kiel, contactId })
    await settle(opened)
    const other = odoo.store.addCustomer({ name: 'Acme Holding' })
    const move = { customer: `company-${companyId}`, target: other, move: false }
    await opened.crosswalk.linkCustomer(move)
    const deal = win({ shipTo: kiel, contactId })
    await settle(opened)
    expect(orderOf(deal).customerId).toBe(other)
    const order = odoo.store.orders().find(({ partnerId }) => partnerId === other)
    expect(below(other).map(({ id, name }) => [id, name])).toEqual([
      [order?.shippingId, 'Acme, Dock 4'],
      [order?.invoiceId, 'Ada King'],
    ])
  })

  test('an address that a person deleted is made anew for the next order', async () => {
    const { win, orderOf, opened, odoo, below, problems } = await beginOdoo()
    const first = win({ shipTo: kiel })
    await settle(opened)
    odoo.store.remove('res.partner', odoo.store.orders()[0]?.shippingId ?? '')
    const second = win({ shipTo: kiel })
    await settle(opened)
    expect([await problems(), cityOf(orderOf(second).shipTo)]).toEqual([[], 'Kiel'])
    expect(below(orderOf(first).customerId).map(({ city }) => city)).toEqual(['Kiel'])
  })

  test('an address whose reply is lost is found by its key', async () => {
    const { win, orderOf, opened, odoo, below, pair } = await beginOdoo()
    pair.erp.fault({ match: making, kind: 'lose_answer', times: 1 })
    const deal = win({ shipTo: kiel })
    await settle(opened)
    expect(cityOf(orderOf(deal).shipTo)).toBe('Kiel')
    expect(below(orderOf(deal).customerId)).toHaveLength(1)
    expect(odoo.store.orders()).toHaveLength(1)
  })

  test('a process that dies between the address and the order leaves one address, which the next process uses', async () => {
    const { win, orderOf, opened, below, pair } = await beginOdoo()
    await opened.close()
    closing.pop()
    const deals = [win({ shipTo: kiel }), win({ shipTo: kiel }), win({ shipTo: ulm })]
    const child = pair.cli('run', '--json')
    const end = pair.erp.watch(making, 'answered', () => child.kill('SIGKILL'))
    expect((await child.done).code).toBeNull()
    end()
    expect(pair.erp.erp.orders()).toEqual([])
    const database = await startEmbedded(pair.home)
    await passAnHour(database)
    await database.close()
    const next = await pair.open()
    closing.push(next.close)
    await settle(next)
    expect(deals.map((deal) => cityOf(orderOf(deal).shipTo))).toEqual(['Kiel', 'Kiel', 'Ulm'])
    expect(below(orderOf(deals[0] ?? '').customerId)).toHaveLength(2)
  })

  test('two processes at once make an address once', async () => {
    const { win, orderOf, opened, below, pair, problems } = await beginOdoo({ orders: { batch: 3 } })
    const places = [kiel, ulm]
    const deals = Array.from({ length: 24 }, (_one, index) => win({ shipTo: places[index % 2] ?? kiel }))
    await Promise.all([pair.cli('run', '--json').done, pair.cli('run', '--json').done])
    await settle(opened)
    expect(await problems()).toEqual([])
    expect(deals.map((deal) => cityOf(orderOf(deal).shipTo))).toEqual(
      deals.map((_deal, index) => places[index % 2]?.city),
    )
    expect(below(orderOf(deals[0] ?? '').customerId)).toHaveLength(2)
  })

  test('the deliveries that are still open go along, and an address that is taken back makes it the customer’s', async () => {
    const { win, change, orderOf, opened, odoo, problems } = await beginOdoo()
    const deal = win({ shipTo: kiel })
    await settle(opened)
    const { customerId } = orderOf(deal)
    const sentTo = () => odoo.store.pickings().map(({ partnerId }) => odoo.store.partner(partnerId)?.city)
    expect(sentTo()).toEqual(['Kiel'])
    change(deal, ulm)
    await settle(opened)
    expect([cityOf(orderOf(deal).shipTo), sentTo()]).toEqual(['Ulm', ['Ulm']])
    change(deal, {})
    await settle(opened)
    expect([odoo.store.orders()[0]?.shippingId, sentTo(), await problems()]).toEqual([customerId, ['Bonn'], []])
  })

  test('nothing is made for an order that is on its way', async () => {
    const { win, change, orderOf, opened, below, pair, problems, hubspot } = await beginOdoo()
    const deal = win({ shipTo: kiel })
    await settle(opened)
    pair.erp.erp.ship(orderOf(deal).id)
    // A change in the second of the one before is told later.
    for (let round = 0; round < 100 && hubspot.store.deal(deal)?.properties.erp_status !== 'shipped'; round += 1) {
      await settle(opened)
      await delay(100)
    }
    change(deal, ulm)
    await settle(opened)
    expect(await problems()).toEqual([expect.stringMatching(/\(partner_shipping_id .* after order/)])
    expect(below(orderOf(deal).customerId).map(({ city }) => city)).toEqual(['Kiel'])
    change(deal, kiel)
    await settle(opened)
    expect(await problems()).toEqual([])
  })

  test('contact persons are made below the customer, each once, where the mapping asks for them', async () => {
    const { win, opened, odoo, hubspot, companyId } = await beginOdoo({
      order: (text) => text.replace('{ link: customer }', '{ link: contact, else: { link: customer } }'),
    })
    const [ada, ben] = [
      { firstname: 'Ada', lastname: 'King', email: 'ada@acme.test' },
      { firstname: 'Ben', lastname: 'Low', email: 'ben@acme.test' },
    ].map((person) => hubspot.store.addContact(person))
    for (const contactId of [ada, ben, ada]) win({ contactId: contactId ?? '' })
    win({})
    win({ contactId: ada ?? '', shipTo: kiel })
    await settle(opened)
    const names = odoo.store.orders().map(({ partnerId }) => odoo.store.partner(partnerId)?.name)
    expect(names).toEqual(['Ada King', 'Ben Low', 'Ada King', 'Acme', 'Ada King'])
    const acme = odoo.store.partners().find(({ externalId }) => externalId?.endsWith(`customer_company-${companyId}`))
    const below = odoo.store.partners().filter(({ parentId }) => parentId === acme?.id)
    expect(below.map(({ name, type, email }) => [name, type, email])).toEqual([
      ['Ada King', 'contact', 'ada@acme.test'],
      ['Ben Low', 'contact', 'ben@acme.test'],
      ['Acme, Dock 4', 'other', null],
    ])
  })

  test('an address that cannot be told is a problem before anything is made', async () => {
    const { win, opened, odoo, problems } = await beginOdoo()
    win({ shipTo: { ...kiel, country: 'Utopia' } })
    await settle(opened)
    expect(await problems()).toEqual([expect.stringContaining('Utopia')])
    expect([odoo.store.orders(), odoo.store.partners().filter(({ name }) => name === 'Acme')]).toEqual([[], []])
  })

  test('a preview shows the address and why, and writes nothing', async () => {
    const { win, opened, odoo } = await beginOdoo()
    const deal = win({ shipTo: kiel })
    const dry = await opened.crosswalk.preview(deal, { record: 'deal' })
    expect(dry).toMatchObject({
      action: 'create',
      below: [{ link: 'shipTo', id: null, label: 'Acme, Dock 4, Kai 1, Kiel' }],
    })
    expect(dry.below[0]?.fields).toContainEqual(expect.objectContaining({ field: 'street', value: 'Kai 1' }))
    expect(odoo.store.partners().some(({ name }) => name.startsWith('Acme'))).toBe(false)
    await settle(opened)
    const again = await opened.crosswalk.preview(win({ shipTo: kiel }), { record: 'deal' })
    expect(again.below).toMatchObject([{ link: 'shipTo', id: odoo.store.orders()[0]?.shippingId, fields: [] }])
  })
})
