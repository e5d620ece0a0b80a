import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { simulatedCrms, simulatedErps } from '../../connectors/simulators.ts'
import type { Instant } from '../../src/core/time.ts'
import { coveringPairs } from '../extent.ts'
import { dealOf, settle, settleUntil } from '../faults/proof.ts'
import type { OpenProject } from '../project-folder.ts'
import { openPairOf, openRig, type Rig } from '../rig.ts'

/*
 * A person asks to be forgotten. Everything that the ledger has of it is planted with these words, in every place that may
 * hold them, and the whole database is searched for them afterwards.
 */
const planted = ['Testfrau', 'ida@example.org', 'Rosenweg']

let rig: Rig
let project: OpenProject
let database: pg.Client
let customer = ''
let paid = ''
let other = ''

/** Tables with rows that have a planted word in them. */
async function places(database: pg.Client): Promise<readonly string[]> {
  const { rows } = await database.query(
    `select tablename as name from pg_tables where schemaname = 'crosswalk' order by 1`,
  )
  const found: string[] = []
  for (const { name } of rows) {
    const { rowCount } = await database.query(`select 1 from crosswalk.${name} row where row::text ~* $1`, [
      planted.join('|'),
    ])
    if ((rowCount ?? 0) > 0) found.push(name)
  }
  return found
}
const orders = () => rig.erp.erp.orders()
const ordersOf = (deal: string) => orders().filter((order) => dealOf(order.key) === deal)
const link = async (deal: string) => (await project.crosswalk.deals({ text: deal, max: 1 }))[0]
const whom = () => ({ customers: [customer], contacts: [], deals: [] })

beforeAll(async () => {
  rig = await openRig({ crm: { indexDelaySeconds: 0, lineItemsMinutes: 0 } })
  project = await rig.open()
  const { ledger } = project.deps
  await project.crosswalk.setup('hubspot')
  database = new pg.Client(project.database)
  await database.connect()
  rig.erp.erp.addProduct({ sku: 'LAMP', name: 'Lamp', price: '39.9', route: 'stock' })
  const { store } = rig.hubspot
  const contactId = store.addContact({
    ...{ firstname: 'Ida', lastname: 'Testfrau', email: 'ida@example.org' },
    ...{ address: 'Rosenweg 1', city: 'Bonn', zip: '53111', country: 'Germany' },
  })
  const lines = [{ hs_sku: 'LAMP', name: 'Lamp', quantity: '1', price: '39.9' }]
  paid = store.addDeal({ name: 'Lamps for Ida Testfrau', contactId, lines })
  other = rig.crm.crm.addDeal({
    name: 'Of a company',
    companyId: rig.crm.crm.addCompany({ name: 'Alpha GmbH' }),
    lines: [{ sku: 'LAMP', quantity: '1', price: '39.9' }],
  })
  await settle(project)
  while (rig.erp.erp.tick() > 0) await settle(project)
  await settleUntil(project, rig, () => rig.crm.crm.deal(paid)?.shown.status === 'paid')
  await database.query(`update crosswalk.links set updated_at = '2020-01-01' where kind = 'order' and source_id = $1`, [
    paid,
  ])
  expect(await ledger.retention.archive({ links: 90 }, new Date().toISOString() as Instant)).toBe(1)
  customer = (await ledger.links.list({ kind: 'customer', text: 'Testfrau', max: 1 }))[0]?.source.ref.id ?? ''

  const now = new Date().toISOString() as Instant
  const ref = { connection: 'hubspot', object: 'deals', id: paid }
  const failure = {
    problem: { kind: 'customer_missing', value: 'Ida Testfrau' } as const,
    message: `Customer "Ida Testfrau" (${customer}) is not in the ERP.`,
    fix: 'Add it.',
  }
  const told = { sync: 'orders', at: now, event: 'note', details: null, actor: null }
  const foreign = { ...ref, id: other }
  await ledger.timeline.add([{ ...told, ref: foreign, text: 'The match already belongs to "Ida Testfrau"' }])
  await ledger.problems.raise([{ sync: 'orders', causeKey: 'customer_missing Ida Testfrau', failure, records: [ref] }])
  const shared = { ...failure, problem: { kind: 'busy' } as const }
  const plain = { ...shared, message: 'Busy with something else.' }
  await ledger.problems.raise([{ sync: 'fulfilment', causeKey: 'busy', failure: plain, records: [foreign] }])
  await ledger.problems.raise([{ sync: 'fulfilment', causeKey: 'busy', failure: shared, records: [ref] }])
  for (const { id } of await ledger.problems.list({ sync: 'fulfilment', max: 1 }))
    await ledger.problems.mute(id, { by: 'ida', because: 'Ida Testfrau calls back', until: null })
  await ledger.events.store('hubspot', [{ id: 'hers', hint: { object: 'deals', id: paid } }], '[{"objectId":1}]')
  await ledger.events.store('hubspot', [{ id: 'name', hint: null }], '[{"propertyValue":"Lamps for Ida Testfrau"}]')
  await ledger.events.store('hubspot', [{ id: 'foreign', hint: { object: 'deals', id: other } }], '[{"objectId":2}]')
  const condition = {
    ...({
      subject: 's',
      about: 'orders',
      severity: 'warning',
      kind: 'customer_missing',
      title: 't',
      fix: 'f',
    } as const),
    ...{ message: failure.message, command: 'c', since: now, waiting: 1, record: 'deal', problem: '1' },
  }
  await ledger.alerts.setTold('office', [{ subject: condition.subject, condition, step: 0, toldAt: now }], [])
  const named = [
    { id: paid, label: `Lamps for Ida Testfrau (${paid})` },
    { id: other, label: 'Of a company' },
  ]
  const none = { count: 0, named: [] }
  const certificate = { sync: 'orders', at: now, since: now, won: 2, orders: 2, missing: none, extra: none }
  await ledger.certificates.add({ ...certificate, waiting: { count: 2, named } })
  await ledger.certificates.add({ ...certificate, waiting: { count: 1, named: named.slice(0, 1) } })
  await database.query(`update crosswalk.certificates set text = replace(text, '"won":2', '"won":3') where id = 2`)
  const run = await ledger.runs.start('orders', 'manual', now)
  await ledger.runs.finish(run, { state: 'stopped', reason: failure.message, now })
}, 120_000)
afterAll(async () => {
  await database.end()
  await project.close()
  await rig.close()
})

describe('a person who asks to be forgotten', () => {
  let keys: readonly unknown[] = []
  const links = async () =>
    (await database.query('select id, key, source_id, target_id, state, stage from crosswalk.links order by id')).rows

  test('is in these places before', async () => {
    expect(await places(database)).toEqual([
      ...['alerts', 'certificates', 'links', 'problem_deeds', 'problem_records', 'problems', 'requests', 'runs'],
      'timeline',
    ])
    keys = await links()
  })

  test('is shown by a dry run, which changes nothing', async () => {
    const found = await project.crosswalk.erase({ ...whom(), dryRun: true })
    expect(found).toMatchObject({ connection: 'hubspot', deals: 1, open: 0 })
    expect(found.elsewhere).toEqual(expect.arrayContaining(['hubspot', 'odoo', 'backups of the database']))
    expect(await places(database)).toHaveLength(9)
    const rows = await rig.cli('erase', customer).done
    expect(rows).toMatchObject({ code: 0, out: expect.stringContaining('Would be erased, of 1 deal: ') })
    expect(await places(database)).toHaveLength(9)
  })

  test('is in none of them afterwards, and all keys and numbers are as they were', async () => {
    const shown = await project.crosswalk.erase({ ...whom(), dryRun: true })
    const { erased } = await project.crosswalk.as('ada').erase({ ...whom(), dryRun: false })
    expect(erased).toEqual(shown.erased)
    expect(erased).toMatchObject({ problems: 2, webhooks: 2, alerts: 1, certificates: 2, runs: 1 })
    expect(await places(database)).toEqual([])
    expect(await links()).toEqual(keys)
    // Nothing is left that only we can read.
    expect((await database.query('select 1 from crosswalk.links where archived is not null')).rowCount).toBe(0)
    expect(await project.crosswalk.timeline({ id: paid })).toMatchObject([{ event: 'erased', actor: 'ada' }])
    const number = ordersOf(paid)[0]?.number ?? 'none'
    expect((await project.crosswalk.deals({ text: number, max: 5 })).map((one) => one.source.ref.id)).toEqual([paid])
    expect(rig.log.filter((line) => planted.some((word) => line.includes(word)))).toEqual([])
  })

  test('takes nothing of others along', async () => {
    expect((await link(other))?.source).toMatchObject({ label: expect.stringContaining('Of a company') })
    const told = await project.crosswalk.timeline({ id: other })
    expect(told.map((one) => one.event)).toEqual(expect.arrayContaining(['created', 'confirmed', 'note']))
    expect(told.find((one) => one.event === 'note')?.text).toBe('Erased on request')
    const { rows } = await database.query('select id from crosswalk.events order by id')
    expect(rows.map((row) => row.id)).toEqual(['foreign', 'name'])
    expect(await project.crosswalk.problems({ sync: 'fulfilment', max: 5 })).toMatchObject([
      { message: 'Busy with something else.', waiting: 1 },
    ])
  })

  test('leaves certificates that say so: signed anew where they were genuine, and not where they were not', async () => {
    expect(await project.crosswalk.certificates({ max: 5 })).toMatchObject([
      { genuine: false, certificate: { won: 3, erased: 1 } },
      {
        genuine: true,
        certificate: {
          ...{ won: 2, erased: 1 },
          waiting: {
            count: 2,
            named: [
              { id: paid, label: null },
              { id: other, label: 'Of a company' },
            ],
          },
        },
      },
    ])
  })

  test('gets no second order, and nothing of it is stored again, whatever changes on the finished deal', async () => {
    const before = orders().length
    rig.crm.crm.changeDeal(paid, { name: 'Lamps for Ida Testfrau, edited' })
    await settle(project)
    await project.crosswalk.retry({ sync: 'orders', records: [paid] })
    await project.crosswalk.reconcile('orders', { mend: true })
    await settle(project)
    await project.deps.ledger.inbox.add('fulfilment', [{ connection: 'hubspot', object: 'deals', id: paid }], {
      lane: 'retry',
    })
    await settle(project)
    expect(orders()).toHaveLength(before)
    expect(await places(database)).toEqual([])
    expect((await link(paid))?.source).toMatchObject({ label: null, written: {} })
    expect(rig.crm.crm.deal(paid)?.shown).toMatchObject({ status: 'paid', problem: null })
  })

  test('is found in vain a second time', async () => {
    expect(
      await project.crosswalk.erase({ customers: ['nobody'], contacts: [], deals: [], dryRun: false }),
    ).toMatchObject({
      ...{ connection: null, deals: 0, elsewhere: [] },
    })
  })

  test('who buys again gets one order more, and the old one stays forgotten', async () => {
    const contactId = customer.replace(/^\D+/, '')
    const lines = [{ hs_sku: 'LAMP', name: 'Lamp', quantity: '2', price: '39.9' }]
    const again = rig.hubspot.store.addDeal({ name: 'More lamps', contactId, lines })
    await settle(project)
    expect(ordersOf(again)).toHaveLength(1)
    expect(rig.erp.erp.customers().filter((one) => one.key?.endsWith(`_customer_${customer}`))).toHaveLength(1)
    const found = await project.crosswalk.erase({ ...whom(), dryRun: false })
    // It is not finished: a delivery needs what it says, and goes on from there.
    expect(found).toMatchObject({ deals: 1, open: 1 })
    await project.crosswalk.retry({ sync: 'orders', records: [again] })
    await settle(project)
    expect(ordersOf(again)).toHaveLength(1)
    expect(await project.crosswalk.problems({ sync: 'orders', max: 5 })).toEqual([])
  })
})

describe.each(coveringPairs(Object.keys(simulatedCrms), Object.keys(simulatedErps)))('$crm and $erp', (names) => {
  test('a company goes with the persons below it and its deals, which are found by what was written to their orders', async () => {
    const pair = await openPairOf(names)
    const opened = await pair.open()
    const { crm } = pair.crm
    await opened.crosswalk.setup(names.crm)
    pair.erp.erp.addProduct({ sku: 'LAMP', name: 'Lamp', price: '39.9', route: 'stock' })
    const lines = [{ sku: 'LAMP', name: 'Lamp', quantity: '1', price: '39.9' }]
    const companyId = crm.addCompany({ name: 'Testfrau AG', street: 'Rosenweg 1', city: 'Bonn', country: 'Germany' })
    const contactId = crm.addContact({ firstName: 'Ida', lastName: 'Testfrau', email: 'ida@example.org' })
    const deal = crm.addDeal({ name: 'For the Testfrau AG', companyId, contactId, lines })
    // Of another company with the same name, and none of this one's.
    const same = crm.addCompany({ name: 'Testfrau AG', domain: 'other.example', city: 'Ulm', country: 'Germany' })
    const foreign = crm.addDeal({ name: 'Of the others', companyId: same, lines })
    await settleUntil(opened, pair, () => (crm.deal(deal)?.shown.orderNumber ?? null) !== null)
    const { ledger } = opened.deps
    const customers = (await ledger.links.list({ kind: 'customer', max: 9 })).filter((one) =>
      one.source.ref.id.endsWith(companyId),
    )
    expect(customers).toHaveLength(1)
    const whose = { customers: customers.map((one) => one.source.ref.id), contacts: [], deals: [] }
    await ledger.links.intend([
      {
        ...{ sync: 'orders', kind: 'contact', key: `c_${contactId}`, scope: 'orders' },
        source: {
          ref: { connection: names.crm, object: 'contact', id: `${whose.customers[0]}-1-${contactId}` },
          label: 'Ida Testfrau',
        },
        target: { connection: names.erp, object: 'contact' },
      },
    ])
    const person = { customers: [], contacts: [contactId], deals: [], dryRun: true }
    expect(await opened.crosswalk.erase(person)).toMatchObject({ connection: names.crm, erased: { links: 1 } })
    expect(await opened.crosswalk.erase({ ...whose, dryRun: false })).toMatchObject({ connection: names.crm, deals: 1 })
    const links = await ledger.links.list({ max: 99 })
    const left = links.filter((one) => planted.some((word) => JSON.stringify(one).includes(word)))
    // What is left is the others': their customer, and their order, which may have said its name.
    const ofOthers = (id: string) => id === foreign || id.includes(same)
    expect(left.filter((one) => !ofOthers(one.source.ref.id))).toEqual([])
    expect(left.map((one) => one.kind)).toContain('customer')
    expect(links.find((one) => one.source.ref.id === deal)).toMatchObject({
      ...{ state: 'linked', source: { label: null, written: {} }, target: { written: null } },
    })
    expect(links.find((one) => one.source.ref.id === foreign)?.source.label).toContain('Of the others')
    await opened.close()
    await pair.close()
  })
})
