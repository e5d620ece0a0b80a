import type { CrmWorld, ErpWorld } from '../simulator/world.ts'

type Deal = Parameters<CrmWorld['addDeal']>[0]
type Line = NonNullable<Deal['lines']>[number]

const products = [
  { sku: 'DESK-01', name: 'Desk, made to order', price: '420', route: 'make' },
  { sku: 'CHAIR-03', name: 'Office chair', price: '189.5', route: 'buy' },
  { sku: 'LAMP-02', name: 'Desk lamp', price: '39.9', route: 'stock' },
  { sku: 'CABLE-04', name: 'Cable tray', price: '12.75', route: 'stock' },
  { sku: 'SETUP-10', name: 'Setup on site', price: '95', route: 'service' },
] as const

const screws = 120

/** What `demo` sells: a few dozen won deals of all kinds, with the mistakes that real ones have. */
export function seedDemo(crm: CrmWorld, erp: ErpWorld): { readonly won: number; readonly storyDeal: string } {
  for (const product of products) erp.addProduct(product)
  for (let size = 1; size <= screws; size += 1) {
    erp.addProduct({
      sku: `SCREW-${size}`,
      name: `Screw M${size}`,
      price: (size / 100).toFixed(2),
      route: 'stock',
    })
  }
  const line = (sku: string, quantity: string, price: string, more: Partial<Line> = {}): Line => {
    const name = products.find((product) => product.sku === sku)?.name ?? sku
    return { sku, name, quantity, price, ...more }
  }
  const desk = line('DESK-01', '2', '420')
  const chair = line('CHAIR-03', '4', '189.50')
  const lamp = line('LAMP-02', '6', '39.90')
  const cable = line('CABLE-04', '10', '12.75')
  const setup = line('SETUP-10', '3', '95')
  const company = (name: string, domain: string, country = 'Germany') =>
    crm.addCompany({ name, domain, street: 'Hafenstr. 3', city: 'Kiel', zip: '24103', country })
  let won = 0
  const win = (name: string, lines: readonly Line[], more: Omit<Deal, 'name' | 'lines'> = {}): string => {
    won += 1
    return crm.addDeal({ name, lines, ...more })
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
  const usd = { currency: 'USD' }
  const gbp = { currency: 'GBP' }
  const boston = company('Beacon Labs Inc.', 'beacon.example', 'United States')
  for (const floor of ['first', 'second', 'third'])
    win(`Beacon, ${floor} floor`, [lamp, chair], { companyId: boston, ...usd })
  const leeds = company('Aire Textiles Ltd', 'aire.example', 'United Kingdom')
  win('Aire showroom', [lamp], { companyId: leeds, ...gbp })
  win('Aire warehouse', [cable], { companyId: leeds, ...gbp })

  const saver = company('Sparfuchs KG', 'sparfuchs.example')
  win('Ten percent off', [line('LAMP-02', '10', '39.90', { discountPercent: '10' })], { companyId: saver })
  win('A quarter off the chairs', [line('CHAIR-03', '4', '189.50', { discountPercent: '25' }), cable], {
    companyId: saver,
  })
  win('Five euros off each lamp', [line('LAMP-02', '3', '39.90', { discountEach: '5' })], { companyId: saver })

  const person = crm.addContact({ firstName: 'Ida', lastName: 'Brandt', email: 'ida@brandt.example', city: 'Husum' })
  win('Home office of Ida Brandt', [lamp, cable], { contactId: person })
  win('Twin one', [lamp], { companyId: company('Müller GmbH', 'mueller-nord.example') })
  win('Twin two', [cable], { companyId: company('Müller GmbH', 'mueller-sued.example') })
  const builder = company('Werft Bau 🚢', 'werft.example')
  win(
    'A hundred and twenty kinds of screws',
    Array.from({ length: screws }, (_one, index) => line(`SCREW-${index + 1}`, '100', ((index + 1) / 100).toFixed(2))),
    { companyId: builder },
  )
  win('Nothing on it', [], { companyId: builder, amount: '500' })
  win('A product the ERP does not have', [line('SOFA-99', '1', '900')], { companyId: builder })
  // Not every CRM lets people write an amount beside lines.
  if (crm.amountIsFree) win('Amount and lines differ', [lamp], { companyId: builder, amount: '200' })
  crm.addDeal({ name: 'Still being negotiated', state: 'open', lines: [desk], companyId: builder })
  return { won, storyDeal }
}
