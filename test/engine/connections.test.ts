import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startHubspotSimulator } from '../../connectors/hubspot/simulator/index.ts'
import { openCrosswalk } from '../../src/app/open.ts'
import type { Publication } from '../../src/app/project/projects.ts'
import type { ConnectionCheck, Tried } from '../../src/app/project/workshop.ts'
import { openProcess } from '../../src/main/process.ts'
import { type RunningServer, startServer } from '../../src/main/server.ts'
import { type Api, apiOf } from '../api.ts'
import { dealOf, stock, until } from '../faults/proof.ts'
import { seedHome } from '../ledger/cluster.ts'
import { openRig, type Rig } from '../rig.ts'

/*
 * A project that begins with nothing on disk: connections are made, changed and taken away by program while two servers run.
 */

let rig: Rig
let root: string
let first: RunningServer
let second: RunningServer
let api: Api
const log: string[] = []
const started = (home: string, role: 'all' | 'worker') =>
  startServer({
    ...{ config: join(root, 'config', 'crosswalk.yaml'), home, environment: {}, role, begins: true, port: 0 },
    log: (line) => void log.push(line),
  })

beforeAll(async () => {
  rig = await openRig()
  root = await mkdtemp(join(tmpdir(), 'crosswalk-'))
  const home = join(root, 'home')
  await seedHome(home)
  first = await started(home, 'all')
  second = await started(home, 'worker')
  api = apiOf(home, first.url)
}, 60_000)

afterAll(async () => {
  await second?.close()
  await first?.close()
  await rig?.close()
  await rm(root, { recursive: true, force: true, maxRetries: 5 })
})

const settingsOf = ({ settings }: { readonly settings: Readonly<Record<string, unknown>> }) => ({ ...settings })
const connect = (name: string, system: string, settings: object) =>
  api<Publication>('POST', `/connections/${name}`, { system, settings })
const status = () => api<{ syncs: { lookedAt: string | null }[] }>('GET', '/status')
const check = (name: string) => api<ConnectionCheck>('POST', `/connections/${name}/check`)
const configured = (name: string) =>
  api<{ settings: Record<string, unknown>; secrets: string[] }>('GET', `/connections/${name}`)
/** What is said of a request that is refused. */
async function refusedBy(path: string, body: object): Promise<string> {
  const token = (await readFile(join(root, 'home', 'api-token'), 'utf8')).trim()
  const answer = await fetch(`${first.url}/api/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  })
  expect(answer.status).toBeGreaterThanOrEqual(400)
  return answer.text()
}
const bothHave = (names: readonly string[]) =>
  until(
    () =>
      [first, second].every(
        ({ opened }) => [...opened.projects.current().endpoints.keys()].sort().join() === [...names].sort().join(),
      ),
    `${names.join(', ')} in both processes`,
  )
const files = async () => (await first.opened.deps.ledger.revisions.files())?.files ?? {}
const config = async () => (await files())['config/crosswalk.yaml']?.text ?? ''

test('begins with nothing', async () => {
  expect(await api('GET', '/status')).toMatchObject({ connections: [], syncs: [] })
  const { systems } = await api<{ systems: { name: string; role: string; settings: { name: string }[] }[] }>(
    'GET',
    '/systems',
  )
  expect(systems.map(({ name, role }) => `${name} ${role}`)).toEqual([
    'hubspot crm',
    'salesforce crm',
    'odoo erp',
    'netsuite erp',
  ])
  const odoo = systems.find(({ name }) => name === 'odoo')
  expect(odoo?.settings).toContainEqual(
    expect.objectContaining({ name: 'password', secret: true, required: true, asked: true, kind: 'text' }),
  )
  expect(odoo?.settings).toContainEqual(expect.objectContaining({ name: 'companyId', kind: 'number', asked: false }))
})

test('a connection is tried before it is there, and its account is told', async () => {
  const settings = settingsOf(rig.odoo)
  const right = await api<Tried>('POST', '/systems/odoo/try', { connection: 'erp', settings })
  expect(right).toMatchObject({ check: { connection: 'erp', failure: null }, sets: false })
  expect(right.check.report?.findings.every(({ level }) => level === 'ok')).toBe(true)
  const wrong = await api<Tried>('POST', '/systems/odoo/try', {
    connection: 'erp',
    settings: { ...settings, password: 'no-such-password' },
  })
  expect(wrong).toMatchObject({ check: { report: null, failure: { problem: { kind: 'auth_rejected' } } }, choices: [] })
  expect(await api('GET', '/status')).toMatchObject({ connections: [] })
  expect(await config()).toBe('')
})

test('what cannot be is refused, and no value is told', async () => {
  const text = await refusedBy('/connections/erp', {
    system: 'odoo',
    settings: { url: 'no address', password: 'hush' },
  })
  expect(text).toContain('url: ')
  expect(text).not.toContain('hush')
  expect(await refusedBy('/connections/erp', { system: 'abacus', settings: {} })).toContain('no system')
  expect(await refusedBy('/syncs', { crm: 'crm', erp: 'erp' })).toContain('no system')
})

test('two systems are connected, and deals become orders, without a restart and without a file', async () => {
  const made = await connect('crm', 'hubspot', {
    ...settingsOf(rig.hubspot),
    indexDelaySeconds: 0,
    lineItemsMinutes: 0,
  })
  expect(made).toMatchObject({ findings: [], revision: { number: 1, note: 'Connection crm', actor: 'API token' } })
  expect(await connect('erp', 'odoo', settingsOf(rig.odoo))).toMatchObject({ findings: [], revision: { number: 2 } })
  expect((await first.opened.deps.ledger.connections.get('erp')).account).not.toBeNull()
  await bothHave(['crm', 'erp'])
  const { steps } = await api<{ steps: { outcome: string }[] }>('POST', '/connections/crm/setup')
  expect(steps.some(({ outcome }) => outcome === 'created')).toBe(true)
  expect(await api('POST', '/syncs', { crm: 'crm', erp: 'erp', timeZone: 'Europe/Berlin' })).toMatchObject({
    findings: [],
    revision: { number: 3 },
  })
  expect(await api('GET', '/status')).toMatchObject({
    syncs: [{ sync: 'deals', mode: 'shadow' }, { sync: 'fulfilment' }],
  })

  const live = (await config()).replace('mode: shadow', 'mode: live')
  expect(await api('POST', '/project/publish', { files: { 'config/crosswalk.yaml': live } })).toMatchObject({
    findings: [],
  })
  // It delivers what is won from its first look on.
  await until(async () => (await status()).syncs.every(({ lookedAt }) => lookedAt !== null), 'a first look')
  const [deal = ''] = stock(rig).win(1)
  await api('POST', '/syncs/deals/run')
  await until(() => rig.odoo.store.orders().some(({ externalId }) => dealOf(externalId) === deal), 'the order')
  expect(existsSync(join(root, 'config'))).toBe(false)
}, 60_000)

test('secrets stand in no file, reply, log and audit', async () => {
  const secrets = [String(rig.hubspot.settings.accessToken), 'no-such-password', 'hush']
  expect(await configured('crm')).toMatchObject({
    secrets: ['accessToken', 'webhookSecret'],
    settings: { indexDelaySeconds: 0 },
  })
  expect(await configured('erp')).toMatchObject({ secrets: ['password'] })
  const told = [
    JSON.stringify(await files()),
    JSON.stringify([await configured('crm'), await configured('erp'), await api('GET', '/audit?max=500')]),
    log.join('\n'),
  ]
  for (const secret of secrets) for (const text of told) expect(text).not.toContain(secret)
})

test('another secret counts at once in every process, and nothing is published for it', async () => {
  const before = await config()
  rig.odoo.changePassword('changed-over-there')
  expect(await check('erp')).toMatchObject({ failure: { problem: { kind: 'auth_rejected' } } })
  const { ledger } = first.opened.deps
  expect((await ledger.connections.get('erp')).pausedBecause).toMatchObject({ problem: { kind: 'auth_rejected' } })
  expect(await connect('erp', 'odoo', { password: 'changed-over-there' })).toMatchObject({ findings: [], changes: [] })
  expect((await ledger.connections.get('erp')).pausedBecause).toBeNull()
  expect(await check('erp')).toMatchObject({ failure: null })
  const other = openCrosswalk(second.opened.projects, second.opened.deps)
  expect(await other.check(['erp'])).toMatchObject([{ failure: null }])
  expect(await config()).toBe(before)
})

describe('a connection that is there', () => {
  test('keeps its secrets where a number changes', async () => {
    expect(await connect('erp', 'odoo', { loadOrders: 200 })).toMatchObject({
      findings: [],
      changes: [{ path: 'config/crosswalk.yaml' }],
    })
    expect(await check('erp')).toMatchObject({ failure: null })
    expect(await configured('erp')).toMatchObject({ settings: { loadOrders: 200 }, secrets: ['password'] })
  })

  test.each([
    ['address', { url: 'http://127.0.0.1:9' }],
    ['login', { username: 'eve' }],
  ])('never sends its secrets to another %s: they are entered again', async (_what, settings) => {
    const before = await config()
    expect(await refusedBy('/connections/erp', { system: 'odoo', settings })).toContain('entered again')
    expect(await refusedBy('/systems/odoo/try', { connection: 'erp', settings })).toContain('entered again')
    expect(await config()).toBe(before)
    expect(await check('erp')).toMatchObject({ failure: null })
  })

  test('goes on with its login where another one does not work, and is not paused for it', async () => {
    const { ledger } = first.opened.deps
    const before = await ledger.connections.secrets('erp')
    const settings = { username: 'eve', password: 'no-such-password' }
    expect(await refusedBy('/connections/erp', { system: 'odoo', settings })).toContain('auth_rejected')
    expect(await ledger.connections.secrets('erp')).toEqual(before)
    expect(await ledger.connections.get('erp')).toMatchObject({ pausedBecause: null, failures: 0 })
    expect(await check('erp')).toMatchObject({ failure: null })
  })

  test('has the secrets that it had when what would be published is refused', async () => {
    const { ledger } = first.opened.deps
    const before = await ledger.connections.secrets('crm')
    const other = await startHubspotSimulator({ accessToken: 'of-another-account' })
    try {
      // Nobody has set it up: the mappings find no fields to write back to.
      const { revision, findings } = await connect('crm', 'hubspot', settingsOf(other))
      expect({ revision, kinds: [...new Set(findings.map(({ kind }) => kind))] }).toEqual({
        revision: null,
        kinds: ['unknown_field'],
      })
    } finally {
      await other.close()
    }
    expect(await ledger.connections.secrets('crm')).toEqual(before)
    expect(await check('crm')).toMatchObject({ failure: null })
  })

  test('cannot go while a sync needs it', async () => {
    expect(await api('POST', '/connections/erp/remove', {})).toMatchObject({
      revision: null,
      findings: expect.arrayContaining([expect.objectContaining({ kind: 'configuration' })]),
    })
    expect(await check('erp')).toMatchObject({ failure: null })
  })

  test('goes with its secrets when nothing needs it', async () => {
    await connect('spare', 'odoo', { ...settingsOf(rig.odoo), password: 'changed-over-there' })
    await bothHave(['crm', 'erp', 'spare'])
    const { ledger } = first.opened.deps
    expect(await ledger.connections.secrets('spare')).not.toBeNull()
    expect(await api('POST', '/connections/spare/remove', {})).toMatchObject({ findings: [] })
    await bothHave(['crm', 'erp'])
    expect(await ledger.connections.secrets('spare')).toBeNull()
  })
})

test('a process that starts later works with what was published; one with neither file nor ledger says so', async () => {
  const config = join(root, 'config', 'crosswalk.yaml')
  const later = await openProcess({ config, home: join(root, 'home'), environment: {}, log: () => undefined })
  expect(Object.keys(later.loaded.config.syncs)).toEqual(['deals', 'fulfilment'])
  const crosswalk = openCrosswalk(later.projects, later.deps)
  expect(await crosswalk.check(['crm', 'erp'])).toMatchObject([{ failure: null }, { failure: null }])
  await later.close()
  const nowhere = openProcess({ config, home: join(root, 'nowhere'), environment: {} })
  await expect(nowhere).rejects.toThrow('cannot be read')
  expect(existsSync(join(root, 'nowhere'))).toBe(false)
})
