import { add, decimal, multiply } from '../core/decimal.ts'
import type { CrmWorld, ErpWorld } from '../simulator/world.ts'
import { systemClock } from './clock.ts'

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

const lineOf = (sku: string, quantity: string, price: string, more: Partial<Line> = {}): Line => {
  const name = products.find((product) => product.sku === sku)?.name ?? sku
  return { sku, name, quantity, price, ...more }
}

/** What people do while it runs. */
export interface Shop {
  /** A deal is won. */
  win(): Done
  /** A deal gets one more line. @param id  the newest one of which nothing was shipped, unless given; null where there is none */
  amend(id?: string): Done | null
  /** Corrects what a problem is about, where it is one of the mistakes that were made on purpose; null where it is none. */
  correct(deal: string): Done | null
}
interface Done {
  readonly deal: string
  /** What happened, as a sentence. */
  readonly text: string
}

/** Sells to a handful of companies, in turn. */
export function openShop(crm: CrmWorld, erp: ErpWorld): Shop {
  const customers = [
    'Kontor Nord',
    'Bäckerei Sommer',
    'Praxis Dr. Winter',
    '上海办公用品有限公司',
    'Studio Kranich 🪶',
    'Hotel Seeblick',
  ]
  const baskets: readonly (readonly [sku: string, quantity: string, price: string])[] = [
    ['LAMP-02', '3', '39.90'],
    ['CHAIR-03', '2', '189.50'],
    ['CABLE-04', '20', '12.75'],
    ['DESK-01', '1', '420'],
  ]
  const companies = new Map<string, string>()
  const own: string[] = []
  let sold = 0

  function companyOf(name: string): string {
    const known = companies.get(name)
    if (known !== undefined) return known
    const made = crm.addCompany({
      name,
      domain: `customer-${companies.size + 1}.example`,
      city: 'Kiel',
      country: 'Germany',
    })
    companies.set(name, made)
    return made
  }

  const isUntouched = (deal: string): boolean =>
    erp
      .orders()
      .some(
        ({ key, state, lines }) =>
          key?.endsWith(`_deal_${deal}`) === true &&
          state !== 'cancelled' &&
          lines.every(({ shipped }) => Number(shipped) === 0),
      )

  return {
    win() {
      const customer = customers[sold % customers.length] ?? ''
      const [sku, quantity, price] = baskets[sold % baskets.length] ?? ['LAMP-02', '3', '39.90']
      sold += 1
      const line = lineOf(sku, quantity, price)
      const deal = crm.addDeal({ name: `${line.name} for ${customer}`, companyId: companyOf(customer), lines: [line] })
      own.push(deal)
      return { deal, text: `Deal ${deal} was won: ${quantity} × ${line.name} for ${customer}, ${price} each` }
    },
    amend(id) {
      const deal = id ?? own.findLast(isUntouched)
      const found = deal === undefined ? null : crm.deal(deal)
      if (deal === undefined || found === null) return null
      // An amount that is free does not follow the lines by itself.
      const line = lineOf('CABLE-04', '2', '12.75')
      if (crm.amountIsFree && found.amount !== null) {
        crm.changeDeal(deal, {
          amount: add(decimal(found.amount), multiply(decimal(line.quantity), decimal(line.price))),
        })
      }
      crm.addLine(deal, line)
      return { deal, text: `Deal ${deal} (${found.name}) got one more line: ${line.quantity} × ${line.name}` }
    },
    correct(deal) {
      const found = crm.deal(deal)
      if (found === null) return null
      switch (found.name) {
        case missingProduct.deal:
          erp.addProduct(missingProduct)
          return { deal, text: `The ERP has the product ${missingProduct.sku} now` }
        case wrongAmount:
          crm.changeDeal(deal, { amount: '239.40' })
          return { deal, text: `The amount of deal ${deal} is the sum of its lines now` }
        case noLines:
          crm.addLine(deal, lineOf('CHAIR-03', '2', '189.50'))
          if (crm.amountIsFree) crm.changeDeal(deal, { amount: '379' })
          return { deal, text: `Deal ${deal} has a line now` }
        default:
          return null
      }
    },
  }
}

const tickMs = 4_000
/** So many steps of the ERP's clock pass between two deals. */
const ticksEach = 5

/** Deals are won, and now and then amended, while the ERP works on. */
export async function keepLively(shop: Shop, erp: ErpWorld, signal: AbortSignal): Promise<void> {
  for (let step = 1; ; step += 1) {
    await systemClock.sleep(tickMs, signal)
    if (signal.aborted) return
    erp.tick()
    if (step % ticksEach !== 0) continue
    shop.win()
    if (step % (3 * ticksEach) === 0) shop.amend()
  }
}

const missingProduct = {
  sku: 'SOFA-99',
  name: 'Sofa',
  price: '900',
  route: 'stock',
  deal: 'A product the ERP does not have',
} as const
const wrongAmount = 'Amount and lines differ'
const noLines = 'Nothing on it'

/** Puts the products that are sold into the ERP. */
export function stockUp(erp: ErpWorld): void {
  for (const product of products) erp.addProduct(product)
}

/** What `demo` sells: a few dozen won deals of all kinds, with the mistakes that real ones have. */
export function seedDemo(crm: CrmWorld, erp: ErpWorld): { readonly won: number; readonly storyDeal: string } {
  stockUp(erp)
  for (let size = 1; size <= screws; size += 1) {
    erp.addProduct({
      sku: `SCREW-${size}`,
      name: `Screw M${size}`,
      price: (size / 100).toFixed(2),
      route: 'stock',
    })
  }
  const line = lineOf
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
  win(noLines, [], { companyId: builder, amount: '500' })
  win(missingProduct.deal, [line(missingProduct.sku, '1', missingProduct.price)], { companyId: builder })
  // Not every CRM lets people write an amount beside lines.
  if (crm.amountIsFree) win(wrongAmount, [lamp], { companyId: builder, amount: '200' })
  crm.addDeal({ name: 'Still being negotiated', state: 'open', lines: [desk], companyId: builder })
  return { won, storyDeal }
}
