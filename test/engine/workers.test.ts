import { afterEach, expect, test } from '@jest/globals'
import { flawless, goods, prove, settle } from '../faults/proof.ts'
import { openRig, type Rig } from '../rig.ts'

/*
 * Several processes with one ledger, whose batches share their customers: what one has just linked or made is the
 * other's answer, not its rival.
 */

const deals = 3000
const batch = 20
let rig: Rig | null = null
afterEach(() => rig?.close())

test.each([2, 4])('%d processes at once hold back no deal because they share customers', async (processes) => {
  rig = await openRig({
    simulators: { hubspot: { latencyMs: 10 }, odoo: { latencyMs: 10 } },
    crm: { indexDelaySeconds: 1 },
    orders: { batch },
    fulfilment: { batch: 100 },
  })
  const first = await rig.open()
  await first.crosswalk.setup('hubspot')
  await first.close()
  win(rig, deals)

  // The database stays up between them, as under a server.
  const opened = await rig.open()
  const runs = Array.from({ length: processes }, () => rig?.cli('run', '--json').done)
  const answers = await Promise.all(runs)
  const parked = (await opened.crosswalk.problems({ max: 10_000 })).filter(({ waiting }) => waiting > 0)
  const held = parked.reduce((sum, { waiting }) => sum + waiting, 0)
  await settle(opened)
  const proof = await prove(rig, opened)
  process.stderr.write(
    `${deals} deals of ${deals / 3} customers, ${processes} processes: ${held} deals were held back\n`,
  )
  await opened.close()
  // One alone would have raced with nobody.
  expect(answers.filter((answer) => madeBy(answer?.out ?? '') > 0).length).toBeGreaterThan(1)
  expect(parked.slice(0, 3).map(({ message }) => message)).toEqual([])
  expect(proof).toMatchObject({ ...flawless, won: deals, orders: deals })
  const names = rig.erp.erp.customers().map((customer) => customer.name)
  expect(names.filter((name) => name.startsWith('Shared'))).toHaveLength(deals / 3)
})

/**
 * Deals in the order in which they are claimed: those of one batch are of different customers, and three batches that
 * follow each other are of the same. Half of the customers are in the ERP by name.
 */
function win({ crm: { crm }, erp: { erp }, odoo }: Rig, count: number): void {
  for (const [sku, price] of goods) erp.addProduct({ sku, price, route: 'stock' })
  const companies: string[] = []
  for (let index = 0; index < count / 3; index += 1) {
    const name = `Shared ${index}`
    if (index % 2 === 0) odoo.store.addCustomer({ name, is_company: true })
    companies.push(crm.addCompany({ name, domain: `shared-${index}.example`, country: 'Germany' }))
  }
  const at = Date.now() - count
  for (let index = 0; index < count; index += 1) {
    const company = Math.floor(index / (3 * batch)) * batch + (index % batch)
    crm.addDeal({
      name: `Deal ${index}`,
      companyId: companies[company] ?? '',
      modifiedAt: at + index,
      lines: [{ sku: 'A-1', name: 'A', quantity: '1', price: '10' }],
    })
  }
}

/** How many orders a process says it made. */
function madeBy(out: string): number {
  const { syncs } = JSON.parse(out) as { syncs: { counts: Record<string, number> }[] }
  return syncs.reduce((sum, { counts }) => sum + (counts.made ?? 0), 0)
}
