import { afterEach, describe, expect, test } from '@jest/globals'
import { openAlerts } from '../../src/app/alerts/alerts.ts'
import { allPairs } from '../extent.ts'
import { settle } from '../faults/proof.ts'
import type { OpenProject } from '../project-folder.ts'
import { type MailServer, openMailServer } from '../receivers.ts'
import { openPairOf, type Pair, type Timed } from '../rig.ts'

/* Who owns a deal in the CRM is told by mail what holds it up: at a real SMTP server, from every CRM. */

const minute = 60_000
const crms = [...new Set(allPairs.map(({ crm }) => crm))]

let pair: Pair & Timed
let mail: MailServer
let opened: OpenProject[]
let project: OpenProject
let companyId: string

async function begin(crm: string, channel: Readonly<Record<string, unknown>> = {}): Promise<void> {
  mail = await openMailServer()
  const office = {
    ...{ kind: 'email', host: '127.0.0.1', port: mail.port, encryption: 'none' },
    ...{ from: 'crosswalk@acme.test', to: ['admin@acme.test'], owners: true, owner_domains: ['acme.test'], ...channel },
  }
  pair = await openPairOf({ crm, erp: 'odoo' }, {}, { alerts: { channels: { office }, name: 'Acme' } })
  opened = []
  project = await open()
  await project.crosswalk.setup(crm)
  companyId = pair.crm.crm.addCompany({ name: 'Nordlicht GmbH', domain: 'nordlicht.example', country: 'Germany' })
  await settle(project)
}
async function open(): Promise<OpenProject> {
  const one = await pair.open()
  opened.push(one)
  return one
}
afterEach(async () => {
  for (const one of opened) await one.close()
  await mail.close()
  await pair.close()
})

const alertsOf = (one: OpenProject) => openAlerts(one.projects, { ...one.deps, metrics: one.metrics })
/** Notices what changed, and tells it once that is due. */
async function tellAfter(ms: number, alerts = alertsOf(project)): Promise<void> {
  await alerts.tell()
  pair.pass(ms)
  await alerts.tell()
}
const owner = (firstName: string, email: string) => pair.crm.crm.addOwner({ firstName, lastName: 'Li', email })
/** A deal of a product that the ERP does not have. */
const win = (name: string, ownerId: string, sku = 'NEW-1') =>
  pair.crm.crm.addDeal({ name, companyId, ownerId, lines: [{ sku, quantity: '1', price: '10' }] })
const toOwners = () => mail.mails.filter((one) => !one.to.includes('admin@acme.test'))
const told = () => toOwners().map(({ to, subject }) => [to.join(), subject])
async function mend(): Promise<void> {
  pair.erp.erp.addProduct({ sku: 'NEW-1', name: 'A new thing', price: '10', route: 'stock' })
  for (const { id } of await project.crosswalk.problems({ max: 10 })) await project.crosswalk.retry({ problem: id })
  await settle(project, pair)
}

describe.each(crms)('owners of deals of %s', (crm) => {
  test('are told of their own deals alone, again when it stays, and once when it is over', async () => {
    await begin(crm)
    const [ana, ben] = [owner('Ana', 'ana@acme.test'), owner('Ben', 'Ben@Acme.test')]
    const ids = [win('Desks', ana), win('Chairs', ana), win('Lamps', ben)]
    await settle(project)
    await tellAfter(minute)
    expect(told()).toEqual([
      ['ana@acme.test', '[Acme] Needs you: 2 of your deals'],
      ['ben@acme.test', '[Acme] Needs you: Lamps'],
    ])
    const [first, second] = toOwners()
    for (const text of ['Waits: Desks', 'Waits: Chairs', 'Referenced record not found', 'NEW-1', ids[0], ids[1]])
      expect(first?.text).toContain(text)
    expect(first?.text).toMatch(/What to do: Check the product or code on the deal\./)
    expect(first?.text).toMatch(/Deal: https?:\/\/\S+/)
    expect(first?.text).not.toContain('Lamps')
    expect(second?.text).not.toMatch(/Desks|Chairs/)
    // Nothing of that is for who sells.
    for (const one of toOwners()) expect(one.text).not.toMatch(/crosswalk (problems|retry|preview|link|timeline)/)

    await tellAfter(60 * minute)
    await tellAfter(minute, alertsOf(await open()))
    expect(told()).toHaveLength(2)
    await tellAfter(4 * 60 * minute)
    await tellAfter(minute)
    expect(told().slice(2)).toHaveLength(2)
    expect(toOwners()[2]?.text).toContain('Still waits: Desks')

    await mend()
    await tellAfter(16 * minute)
    expect(told().slice(4)).toEqual([
      ['ana@acme.test', '[Acme] Solved: 2 of your deals'],
      ['ben@acme.test', '[Acme] Solved: Lamps'],
    ])
    await tellAfter(100 * 60 * minute)
    expect(told()).toHaveLength(6)
  })

  test('hear nothing of what somebody muted, and of it when that is over', async () => {
    await begin(crm)
    win('Desks', owner('Ana', 'ana@acme.test'))
    await settle(project)
    const [{ id = '' } = {}] = await project.crosswalk.problems({ max: 1 })
    await project.crosswalk.muteProblem(id, { because: 'The article comes next week' })
    await tellAfter(60 * minute)
    expect(mail.mails).toEqual([])
    await project.crosswalk.unmuteProblem(id)
    await tellAfter(minute)
    expect(told()).toEqual([['ana@acme.test', '[Acme] Needs you: Desks']])
  })

  test('hear nothing of what only an administrator can mend', async () => {
    await begin(crm)
    const id = win('Desks', owner('Ana', 'ana@acme.test'))
    const failure = { problem: { kind: 'unavailable' } as const, message: 'It is down.', fix: 'Start it.' }
    const records = [{ connection: crm, object: pair.crm.words.deal, id }]
    await project.deps.ledger.problems.raise([{ sync: 'orders', causeKey: 'unavailable', failure, records }])
    await tellAfter(minute)
    expect(mail.mails.map((one) => one.to)).toEqual([['admin@acme.test']])
  })

  test('are told once by several processes at once, and by one that starts anew not at all', async () => {
    await begin(crm)
    win('Desks', owner('Ana', 'ana@acme.test'))
    await settle(project)
    const others = [project, await open()].map(alertsOf)
    for (const ms of [0, minute, minute, 0, minute]) {
      pair.pass(ms)
      await Promise.all([...others, ...others].map((one) => one.tell()))
    }
    await tellAfter(20 * minute, alertsOf(await open()))
    expect(told()).toEqual([['ana@acme.test', '[Acme] Needs you: Desks']])
    await mend()
    for (const ms of [0, minute, 16 * minute]) {
      pair.pass(ms)
      await Promise.all([...others, alertsOf(await open())].map((one) => one.tell()))
    }
    expect(told().slice(1)).toEqual([['ana@acme.test', '[Acme] Solved: Desks']])
  })

  test('who left, has no address or a foreign one are not written to, and a hostile address reaches nobody', async () => {
    await begin(crm)
    const hostile = [
      'eve@evil.test',
      'ana@acme.test.evil.test',
      'ana@acme.test,eve@evil.test',
      'eve@evil.test;ana@acme.test',
      'ana@acme.test\r\nBcc: eve@evil.test',
      '"eve@evil.test" <ana@acme.test>',
    ]
    // Salesforce takes none but an address; HubSpot's documentation does not say that it looks.
    for (const [index, email] of hostile.slice(0, crm === 'salesforce' ? 2 : 6).entries()) {
      const id = owner('Eve', `eve-${index}@acme.test`)
      pair.crm.crm.changeOwner(id, { email })
      win(`Deal ${index}`, id)
    }
    const gone = owner('Gus', 'gus@acme.test')
    pair.crm.crm.changeOwner(gone, { active: false })
    win('Of somebody who left', gone)
    win('A good one', owner('Ana', 'ana@acme.test'))
    await settle(project)
    await tellAfter(minute)
    await tellAfter(5 * 60 * minute)
    await tellAfter(minute)
    const receivers = new Set(mail.mails.flatMap((one) => one.to))
    expect([...receivers].sort()).toEqual(['admin@acme.test', 'ana@acme.test'])
    expect(toOwners().map((one) => one.text.match(/(Waits|Still waits): .*/)?.[0])).toEqual([
      'Waits: A good one',
      'Still waits: A good one',
    ])
  })

  test('a deal that goes to somebody else is told to them, and to nobody else any more', async () => {
    await begin(crm)
    const [ana, ben] = [owner('Ana', 'ana@acme.test'), owner('Ben', 'ben@acme.test')]
    const id = win('Desks', ana)
    await settle(project)
    await tellAfter(minute)
    pair.crm.crm.changeDeal(id, { ownerId: ben })
    await settle(project)
    for (const ms of [4 * 60 * minute, minute, minute]) await tellAfter(ms)
    expect(told()).toEqual([
      ['ana@acme.test', '[Acme] Needs you: Desks'],
      ['ben@acme.test', '[Acme] Needs you: Desks'],
    ])
    pair.crm.crm.changeOwner(ben, { active: false })
    await mend()
    await tellAfter(16 * minute)
    expect(told()).toHaveLength(2)
  })

  test('their address is kept nowhere, and one that is refused is told to the administrator without it', async () => {
    await begin(crm)
    const { port } = mail
    await mail.close()
    mail = await openMailServer({
      port,
      onRcptTo({ address }, _session, done) {
        if (address === 'ana@acme.test')
          done(Object.assign(new Error(`no such user ${address}`), { responseCode: 550 }))
        else done()
      },
    })
    win('Desks', owner('Ana', 'ana@acme.test'))
    win('Lamps', owner('Ben', 'ben@acme.test'))
    await settle(project)
    for (let tried = 0; tried < 20; tried += 1) await tellAfter(minute)
    expect(told()).toEqual([['ben@acme.test', '[Acme] Needs you: Lamps']])
    const admin = mail.mails.filter((one) => one.to.includes('admin@acme.test'))
    expect(admin.map((one) => one.text).join()).toContain('does not arrive at their owner')
    const stored = JSON.stringify([
      await project.deps.ledger.problems.list({ max: 100 }),
      await project.deps.ledger.alerts.channels(),
      await project.deps.ledger.alerts.toldOwners('office'),
      admin.map((one) => one.text),
      pair.log,
    ])
    expect(stored).not.toMatch(/(ana|ben)@acme\.test/)
    await mend()
    await tellAfter(31 * minute)
    expect(await project.crosswalk.problems({ max: 10 })).toEqual([])
  })
})

test('a CRM that may not say whose deals are is worked with all the same', async () => {
  await begin('hubspot')
  win('Desks', owner('Ana', 'ana@acme.test'))
  await settle(project)
  const body = { status: 'error', category: 'MISSING_SCOPES', message: 'no scope for owners' }
  pair.crm.fault({ match: { path: 'owners' }, kind: 'status', status: 403, body, times: 1000 })
  await tellAfter(minute)
  expect(mail.mails.map((one) => one.to)).toEqual([['admin@acme.test']])
  expect(pair.log.join('')).toContain('owners not told')
  expect(await project.projects.current().endpoint('hubspot').paused()).toBeNull()
  pair.crm.clearFaults()
  await tellAfter(2 * minute)
  await tellAfter(minute)
  expect(told()).toEqual([['ana@acme.test', '[Acme] Needs you: Desks']])
})

test('nobody is written to without `owners`', async () => {
  await begin('hubspot', { owners: false })
  win('Desks', owner('Ana', 'ana@acme.test'))
  await settle(project)
  await tellAfter(minute)
  expect(mail.mails.map((one) => one.to)).toEqual([['admin@acme.test']])
})
