import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openCrosswalk } from '../../src/app/open.ts'
import type { Publication } from '../../src/app/project/projects.ts'
import type { SyncDetails } from '../../src/app/sync-details.ts'
import { type RunningServer, startServer } from '../../src/main/server.ts'
import { type Api, apiOf } from '../api.ts'
import { dealOf, stock, until } from '../faults/proof.ts'
import { openRig, type Rig } from '../rig.ts'

/* One sync as the API shows and changes it: from shadow to live, with its schedule, its guard and its policies. */

let rig: Rig
let server: RunningServer
let shop: ReturnType<typeof stock>
const remark = '# Ours, and to stay\n'

beforeAll(async () => {
  const orders = { mode: 'shadow', where: { 'properties.dealname': { present: true } }, since: '2026-11-01T00:00:00Z' }
  rig = await openRig({ crm: { indexDelaySeconds: 0, lineItemsMinutes: 0 }, orders })
  await writeFile(rig.config, `${remark}${await readFile(rig.config, 'utf8')}`)
  const project = await rig.open()
  shop = stock(rig)
  await project.crosswalk.setup('hubspot')
  await project.close()
  server = await startServer({ config: rig.config, home: rig.home, environment: {}, role: 'all', log: () => undefined })
}, 60_000)
afterAll(async () => {
  await server.close()
  await rig.close()
})

const api: Api = (...asked) => apiOf(rig.home, server.url)(...asked)
const details = (name = 'orders') =>
  api<SyncDetails & { backfill: { done: number } | null; guard: { extra: number } | null }>('GET', `/syncs/${name}`)
const change = (body: object) => api<Publication>('POST', '/syncs/orders', body)
/** As the routes would, without a limit to how often. */
const crosswalk = () => openCrosswalk(server.opened.projects, server.opened.deps)
const orderOf = (id: string) => rig.odoo.store.orders().find((one) => dealOf(one.externalId ?? '') === id)

test('in shadow it tells what it would have done, and everything that is in force', async () => {
  const [deal = ''] = shop.win(1)
  await api('POST', '/syncs/orders/run')
  await until(async () => (await crosswalk().sync('orders')).shadow?.planned.length === 1, 'the planned order')
  const shown = await details()
  expect(shown).toMatchObject({
    ...{ from: 'hubspot', to: 'odoo', mode: 'shadow', since: '2026-11-01T00:00:00.000Z', schedule: null },
    ...{
      where: { 'properties.dealname': { present: true } },
      guard: { perHour: 1_000_000, used: 0, extra: 0 },
      hasDeals: true,
    },
    shadow: { counts: { found: 1, planned: 1 }, planned: [{ ref: { id: deal }, event: 'would_create' }] },
    problems: { count: 0, first: [] },
  })
  expect(shown.policies).toContainEqual({ name: 'amended.confirmed', value: 'apply', choices: ['apply', 'problem'] })
  expect(shown.policies).toContainEqual({ name: 'totals.tolerance', value: '0', choices: [] })
  expect(shown.mappings).toContainEqual({ path: 'mappings/odoo/order.yaml', origin: 'shipped' })
  expect(orderOf(deal)).toBeUndefined()
  expect(await details('fulfilment')).toMatchObject({ policies: [], guard: null, hasDeals: false, shadow: null })
})

test('live, it makes what it planned; the configuration changes where it stands, and the note says why', async () => {
  const { findings, revision } = await change({ mode: 'live', note: 'Checked with sales' })
  expect(findings).toEqual([])
  expect(revision).toMatchObject({ note: 'Checked with sales', changes: [{ path: 'config/crosswalk.yaml' }] })
  await until(async () => (await crosswalk().sync('orders')).mode === 'live', 'the live sync')
  await until(() => rig.odoo.store.orders().length === 1, 'the order that was planned')
  expect(await details()).toMatchObject({ shadow: null, guard: { used: 1 }, revision: { number: revision?.number } })
  const files = (await server.opened.deps.ledger.revisions.files())?.files
  expect(files?.['config/crosswalk.yaml']?.text).toMatch(new RegExp(`^${remark}`))
})

test('a schedule, the guard and a policy are changed at once, and the next five times are told', async () => {
  const schedule = { cron: '0 6 * * 1-5', timeZone: 'Europe/Berlin' }
  const policies = { confirm: 'leave_as_draft', 'amended.confirmed': 'problem' }
  const { revision } = await change({ schedule, perHour: 7, policies })
  expect(revision?.note).toBe(
    'orders: schedule 0 6 * * 1-5 Europe/Berlin, guard 7 an hour, confirm leave_as_draft, amended.confirmed problem',
  )
  const shown = await details()
  expect(shown).toMatchObject({ schedule, guard: { perHour: 7 } })
  expect(shown.policies).toContainEqual(expect.objectContaining({ name: 'confirm', value: 'leave_as_draft' }))
  const berlin = new Intl.DateTimeFormat('en-GB', {
    timeZone: 'Europe/Berlin',
    weekday: 'short',
    timeStyle: undefined,
    hour: '2-digit',
  })
  const times = shown.schedule?.next ?? []
  expect(times.map((time) => berlin.format(new Date(time)))).toEqual(
    Array.from({ length: 5 }, () => expect.stringMatching(/^(Mon|Tue|Wed|Thu|Fri).*06$/)),
  )
  expect([...times].sort()).toEqual(times)
  await change({ schedule: { ...schedule, cron: '*/5 * * * *' } })
  expect((await details()).schedule).toMatchObject({ cron: '*/5 * * * *', timeZone: 'Europe/Berlin' })
  await change({ schedule: null, policies: { confirm: 'automatic' } })
  expect((await details()).schedule).toBeNull()
})

test('what is wrong with a change is told, and nothing changes', async () => {
  const before = await server.opened.deps.ledger.revisions.newest()
  const { findings, revision } = await change({ schedule: { cron: 'now and then', timeZone: 'UTC' } })
  expect(findings).toMatchObject([{ file: 'config/crosswalk.yaml', kind: 'configuration' }])
  expect(revision).toBeNull()
  const refused = (policies: Record<string, string>) => crosswalk().changeSync('orders', { policies })
  await expect(refused({ nonsense: 'x' })).rejects.toThrow(/no policy "nonsense"/)
  await expect(refused({ confirm: 'perhaps' })).rejects.toThrow(/cannot be "perhaps"/)
  await expect(crosswalk().changeSync('fulfilment', { perHour: 3 })).rejects.toThrow(/has no guard/)
  expect(await server.opened.deps.ledger.revisions.newest()).toBe(before)
})

test('a backfill is counted, queued and told until its orders are there', async () => {
  const [deal = ''] = shop.win(1)
  const deals = [deal]
  expect(await api('POST', '/syncs/orders/backfill', { deals })).toEqual({ isDone: true, found: 1 })
  expect(orderOf(deal)).toBeUndefined()
  expect((await details()).backfill).toBeNull()
  await api('POST', '/syncs/orders/pause', { because: 'to look at it' })
  expect(await api('POST', '/syncs/orders/backfill', { deals, dryRun: false })).toEqual({ isDone: true, found: 1 })
  const queued = await details()
  expect(queued.backfill).toMatchObject({ found: 1, left: 1, done: 0, doneAt: null, run: { kind: 'backfill' } })
  expect(queued.lanes).toEqual([{ lane: 'backfill', due: 1, later: 0, inWork: 0 }])
  await api('POST', '/syncs/orders/resume', {})
  await until(() => orderOf(deal) !== undefined, 'the order')
  await until(async () => (await crosswalk().sync('orders')).backfill?.left === 0, 'the end of the backfill')
  expect(await details()).toMatchObject({ backfill: { left: 0, doneAt: null }, lanes: [] })
})

test('a comparison names what has no order, and has it made where that is asked for', async () => {
  const [deal = ''] = shop.win(1)
  const compare = (mend: boolean) =>
    api<{ isDone: boolean; comparison: object }>('POST', '/syncs/orders/reconcile', { mend })
  const found = {
    won: 3,
    orders: 2,
    extra: { count: 0 },
    missing: { count: 1, named: [{ id: deal, label: expect.stringMatching(/^Deal/) }] },
  }
  expect(await compare(false)).toMatchObject({ isDone: true, comparison: { ...found, mended: 0 } })
  expect(orderOf(deal)).toBeUndefined()
  expect(await compare(true)).toMatchObject({ isDone: true, comparison: { ...found, mended: 1 } })
  await until(() => orderOf(deal) !== undefined, 'the order')
})

test('a backfill that the CRM refuses is a run that stopped, with the reason', async () => {
  const deals = shop.win(1)
  rig.hubspot.fault({ match: { method: 'POST' }, kind: 'status', status: 403, times: 100 })
  await expect(crosswalk().backfill('orders', { ids: deals, dryRun: false })).rejects.toThrow()
  const { backfill } = await crosswalk().sync('orders')
  expect(backfill).toMatchObject({ found: 0, left: 0, run: { state: 'stopped', reason: expect.any(String) } })
})
