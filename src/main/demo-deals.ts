import type { startHubspotSimulator } from '../../connectors/hubspot/simulator.ts'
import type { startOdooSimulator } from '../../connectors/odoo/simulator.ts'

type Hubspot = Awaited<ReturnType<typeof startHubspotSimulator>>
type Odoo = Awaited<ReturnType<typeof startOdooSimulator>>
type Line = Readonly<Record<string, string>>

const products = [
  { sku: 'DESK-01', name: 'Desk, made to order', price: '420', route: 'make' },
  { sku: 'CHAIR-03', name: 'Office chair', price: '189.5', route: 'buy' },
  { sku: 'LAMP-02', name: 'Desk lamp', price: '39.9', route: 'stock' },
  { sku: 'CABLE-04', name: 'Cable tray', price: '12.75', route: 'stock' },
  { sku: 'SETUP-10', name: 'Setup on site', price: '95', route: 'service' },
] as const

const screws = 120

/** What `demo` sells: a few dozen won deals of all kinds, with the mistakes that real ones have. */
export function seedDemo(hubspot: Hubspot, odoo: Odoo): { readonly won: number; readonly storyDeal: string } {
  for (const product of products) odoo.store.addProduct(product)
  for (let size = 1; size <= screws; size += 1) {
    odoo.store.addProduct({
      sku: `SCREW-${size}`,
      name: `Screw M${size}`,
      price: (size / 100).toFixed(2),
      route: 'stock',
    })
  }
  const { store } = hubspot
  const line = (sku: string, quantity: string, price: string, more: Line = {}): Line => {
    const name = products.find((product) => product.sku === sku)?.name ?? sku
    return { hs_sku: sku, name, quantity, price, ...more }
  }
  const desk = line('DESK-01', '2', '420')
  const chair = line('CHAIR-03', '4', '189.50')
  const lamp = line('LAMP-02', '6', '39.90')
  const cable = line('CABLE-04', '10', '12.75')
  const setup = line('SETUP-10', '3', '95')
  const company = (name: string, domain: string, country = 'Germany') =>
    store.addCompany({ name, domain, address: 'Hafenstr. 3', city: 'Kiel', zip: '24103', country })
  let won = 0
  const win = (name: string, lines: readonly Line[], more: Parameters<typeof store.addDeal>[0] = {}): string => {
    won += 1
    const id = store.addDeal({ name, stage: 'closedwon', lines, ...more })
    return id
  }

  const nordlicht = company('Nordlicht Energie GmbH', 'nordlicht.example')
  const storyDeal = win('New office, Kiel', [desk, chair, lamp, setup], { companyId: nordlicht })
  const chain = company('Hanse Hotels AG', 'hanse-hotels.example')
  for (const town of ['Hamburg', 'Bremen', 'Lübeck', 'Rostock', 'Stralsund', 'Wismar']) {
    win(`Rooms in ${town}`, [lamp, cable], { companyId: chain })
  }
  const small = [
    'Atelier Wolf',
    'Backhaus Petersen',
    'Café Morgenrot',
    'Druckerei Lang',
    'Elbkontor',
    'Fjord Reisen',
    'Garten & Co',
    'Hof Lindau',
  ]
  for (const [index, name] of small.entries()) {
    const id = company(name, `${name.toLowerCase().replace(/[^a-z]/g, '')}.example`)
    win(`Order of ${name}`, [[lamp], [chair, cable], [desk], [setup]][index % 4] ?? [lamp], { companyId: id })
  }
  const usd = { properties: { deal_currency_code: 'USD' } }
  const gbp = { properties: { deal_currency_code: 'GBP' } }
  const boston = company('Beacon Labs Inc.', 'beacon.example', 'United States')
  for (const floor of ['first', 'second', 'third'])
    win(`Beacon, ${floor} floor`, [lamp, chair], { companyId: boston, ...usd })
  const leeds = company('Aire Textiles Ltd', 'aire.example', 'United Kingdom')
  win('Aire showroom', [lamp], { companyId: leeds, ...gbp })
  win('Aire warehouse', [cable], { companyId: leeds, ...gbp })

  const saver = company('Sparfuchs KG', 'sparfuchs.example')
  win('Ten percent off', [line('LAMP-02', '10', '39.90', { hs_discount_percentage: '10' })], { companyId: saver })
  win('A quarter off the chairs', [line('CHAIR-03', '4', '189.50', { hs_discount_percentage: '25' }), cable], {
    companyId: saver,
  })
  win('Five euros off each lamp', [line('LAMP-02', '3', '39.90', { discount: '5' })], { companyId: saver })

  const person = store.addContact({ firstname: 'Ida', lastname: 'Brandt', email: 'ida@brandt.example', city: 'Husum' })
  win('Home office of Ida Brandt', [lamp, cable], { contactId: person })
  win('Twin one', [lamp], { companyId: company('Müller GmbH', 'mueller-nord.example') })
  win('Twin two', [cable], { companyId: company('Müller GmbH', 'mueller-sued.example') })
  const builder = company('Werft Bau 🚢', 'werft.example')
  win(
    'A hundred and twenty kinds of screws',
    Array.from({ length: screws }, (_one, index) => line(`SCREW-${index + 1}`, '100', ((index + 1) / 100).toFixed(2))),
    { companyId: builder },
  )
  win('Nothing on it', [], { companyId: builder, properties: { amount: '500' } })
  win('A product the ERP does not have', [line('SOFA-99', '1', '900')], { companyId: builder })
  win('Amount and lines differ', [lamp], { companyId: builder, properties: { amount: '200' } })
  store.addDeal({ name: 'Still being negotiated', stage: 'contractsent', lines: [desk], companyId: builder })
  return { won, storyDeal }
}
