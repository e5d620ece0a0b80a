import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { settle, stock } from '../faults/proof.ts'
import type { OpenProject } from '../project-folder.ts'
import { openRig, type Rig } from '../rig.ts'

let rig: Rig
let project: OpenProject
let shop: ReturnType<typeof stock>

beforeAll(async () => {
  rig = await openRig({ crm: { indexDelaySeconds: 0 } })
  project = await rig.open()
  shop = stock(rig)
  await project.crosswalk.setup('hubspot')
})
afterAll(async () => {
  await project.close()
  await rig.close()
})

const line = (more: Record<string, string> = {}) => ({ hs_sku: 'A-1', name: 'A', quantity: '1', price: '10', ...more })
const win = (deal: Parameters<Rig['hubspot']['store']['addDeal']>[0]) =>
  rig.hubspot.store.addDeal({ stage: 'closedwon', companyId: shop.companies[0] ?? '', lines: [line()], ...deal })
const deal = (id: string) => rig.hubspot.store.deal(id)?.properties ?? {}
const orderOf = (id: string) => rig.odoo.store.orders().find((order) => order.externalId?.endsWith(`_deal_${id}`))

describe('an odd deal', () => {
  test.each([
    ['emoji and other 4-byte characters', { name: 'Ship it 🚢 𝒳 王' }],
    ['HTML and quotes', { name: '<script>alert("x")</script> & Söhne' }],
    ['a very long name', { name: 'x'.repeat(5000) }],
    ['a line without a name', { lines: [{ hs_sku: 'A-1', quantity: '1', price: '10' }] }],
    ['a fraction of a unit', { lines: [line({ quantity: '0.5' })] }],
  ])('with %s becomes an order', async (_name, change) => {
    const id = win(change)
    await settle(project)
    expect(orderOf(id)?.state).toBe('sale')
    expect(deal(id).erp_sync_problem ?? '').toBe('')
  })

  test.each<
    [string, { companyId?: string; lines?: Record<string, string>[]; properties?: Record<string, string> }, string]
  >([
    ['without lines', { lines: [] }, 'has no line items'],
    ['without a customer', { companyId: '' }, 'neither a company nor a contact'],
    ['with a negative quantity', { lines: [line({ quantity: '-2' })] }, 'quantity -2'],
    ['with a price that is no number', { lines: [line({ price: 'ten' })] }, 'ten'],
    ['of a currency that the ERP does not have', { properties: { deal_currency_code: 'XTS' } }, 'XTS'],
  ])('%s is a problem that says so, on the deal too', async (_name, { companyId, ...change }, text) => {
    const id = rig.hubspot.store.addDeal({
      stage: 'closedwon',
      lines: [line()],
      ...(companyId === '' ? {} : { companyId: shop.companies[0] ?? '' }),
      ...change,
    })
    await settle(project)
    expect(orderOf(id)).toBeUndefined()
    expect(deal(id).erp_sync_problem).toContain(text)
    const problems = await project.crosswalk.problems({ max: 100 })
    expect(problems.flatMap((problem) => problem.records.map((record) => record.id))).toContain(id)
  })

  test('with ten thousand lines becomes one order with ten thousand lines', async () => {
    const lines = Array.from({ length: 10_000 }, (_one, index) => line({ name: `line ${index}`, price: '0.01' }))
    const id = win({ name: 'Huge', lines })
    await settle(project)
    expect(orderOf(id)?.lines).toHaveLength(10_000)
    expect(deal(id)).toMatchObject({ erp_status: 'ready' })
  })
})

describe('a customer', () => {
  test('of many deals is made once, two of one name are two, a contact alone is a person', async () => {
    const { store } = rig.hubspot
    const chain = store.addCompany({ name: 'Chain', domain: 'chain.example' })
    const one = store.addCompany({ name: 'Twin', domain: 'twin-one.example' })
    const two = store.addCompany({ name: 'Twin', domain: 'twin-two.example' })
    const person = store.addContact({ firstname: 'Ida', lastname: 'Brandt', email: 'ida@brandt.example' })
    for (let index = 0; index < 5; index += 1) win({ companyId: chain })
    win({ companyId: one })
    win({ companyId: two })
    const alone = store.addDeal({ stage: 'closedwon', contactId: person, lines: [line()] })
    await settle(project)
    const named = (name: string) => rig.odoo.store.partners().filter((partner) => partner.name === name)
    expect([named('Chain').length, named('Twin').length, named('Ida Brandt').length]).toEqual([1, 2, 1])
    expect(orderOf(alone)?.state).toBe('sale')
  })

  test('that is in the ERP already is used; two that match are a problem', async () => {
    rig.odoo.store.addCustomer({ name: 'Known AG', is_company: true })
    rig.odoo.store.addCustomer({ name: 'Double AG', is_company: true })
    rig.odoo.store.addCustomer({ name: 'Double AG', is_company: true })
    const known = win({ companyId: rig.hubspot.store.addCompany({ name: 'Known AG', domain: 'known.example' }) })
    const double = win({ companyId: rig.hubspot.store.addCompany({ name: 'Double AG', domain: 'double.example' }) })
    await settle(project)
    expect(rig.odoo.store.partners().filter((partner) => partner.name === 'Known AG')).toHaveLength(1)
    expect(orderOf(known)?.state).toBe('sale')
    expect(orderOf(double)).toBeUndefined()
    expect(deal(double).erp_sync_problem).toContain('2 customers of the ERP match')
  })

  test('of two that match is the one that a person names', async () => {
    const ids = ['one', 'two'].map(() => rig.odoo.store.addCustomer({ name: 'Either AG', is_company: true }))
    const company = rig.hubspot.store.addCompany({ name: 'Either AG', domain: 'either.example' })
    const id = win({ companyId: company })
    await settle(project)
    expect(deal(id).erp_sync_problem).toContain(`crosswalk link company-${company} `)
    const what = { customer: `company-${company}`, move: false }
    for (const target of ['999999', 'Either AG', '-1']) {
      const linking = project.crosswalk.linkCustomer({ ...what, target })
      await expect(linking).rejects.toThrow(`has no customer "${target}"`)
    }
    for (const customer of [company, `company-${company}9`, 'company-']) {
      const linking = project.crosswalk.linkCustomer({ ...what, customer, target: String(ids[1]) })
      await expect(linking).rejects.toThrow(`has brought a customer "${customer}" yet`)
    }
    const linked = await project.crosswalk.linkCustomer({ ...what, target: String(ids[1]) })
    expect(linked).toMatchObject({ movedFrom: null, sync: 'orders' })
    expect(linked.records).toBeGreaterThan(0)
    await settle(project)
    expect(orderOf(id)?.partnerId).toBe(ids[1])
    expect(deal(id).erp_sync_problem ?? '').toBe('')
  })

  test('that was merged in the CRM is handed to the one that is left', async () => {
    const { store } = rig.hubspot
    const [gone, left] = ['gone', 'left'].map(() => store.addCompany({ name: 'Merged AG', domain: 'merged.example' }))
    const before = win({ companyId: gone ?? '' })
    await settle(project)
    const partner = orderOf(before)?.partnerId
    store.merge('companies', left ?? '', gone ?? '')
    const id = win({ companyId: left ?? '' })
    await settle(project)
    const what = { customer: `company-${left}`, target: String(partner) }
    await expect(project.crosswalk.linkCustomer({ ...what, move: false })).rejects.toThrow('belongs to "Merged AG"')
    expect(await project.crosswalk.linkCustomer({ ...what, move: true })).toMatchObject({
      movedFrom: `company-${gone}`,
    })
    const next = win({ companyId: left ?? '' })
    await settle(project)
    expect(orderOf(next)?.partnerId).toBe(partner)
    expect(orderOf(id)?.state).toBe('sale')
  })
})

test('a preview shows each field with its rule and writes nothing', async () => {
  const id = win({ name: 'Preview me' })
  const before = rig.odoo.store.partners().length
  const shown = await project.crosswalk.preview(id, {})
  expect(shown).toMatchObject({ action: 'create', failures: [] })
  expect(shown.fields.find((field) => field.field === 'client_order_ref')).toMatchObject({ value: id })
  expect(orderOf(id)).toBeUndefined()
  expect(rig.odoo.store.partners()).toHaveLength(before)
  await settle(project)
  expect(await project.crosswalk.preview(id, {})).toMatchObject({ action: 'nothing' })
})

test('no secret reaches the log', () => {
  const text = rig.log.join('')
  expect(text).not.toContain('test-token')
  expect(text).not.toContain('secret-of-the-webhook-app')
  expect(text).not.toContain('"admin"')
})
