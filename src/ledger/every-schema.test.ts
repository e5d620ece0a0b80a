import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import { type FreshDatabase, oldDatabase, silentLog, someKeys } from '../../test/ledger/fresh-ledger.ts'
import type { Instant } from '../core/time.ts'
import type { Ledger } from '../ports/ledger/ledger.ts'
import { openLedger } from './ledger.ts'
import { readMigrations } from './migrations.ts'
import { published, server } from './revisions.ts'
import { openVault } from './vault.ts'

/*
 * A ledger of every schema that was released, with rows in every table as that release wrote them, is brought to the present
 * one and works. Each migration has its rows in test/ledger/rows/<its name>: they come on top of those of the migrations
 * before it, or in their place where the first line is `-- anew`.
 */

const folder = join(import.meta.dirname, '../../test/ledger/rows')
const names = (await readMigrations()).map(({ name }) => name)

const vaultKeys = someKeys()
const vault = openVault(vaultKeys.keys)
const nobody = { count: 0, named: [] }
const certificate = JSON.stringify({
  sync: 'orders',
  at: '2026-01-03T00:00:00.000Z',
  since: '2026-01-01T00:00:00.000Z',
  ...{
    won: 1,
    orders: 0,
    waiting: { count: 1, named: [{ id: 'rejected', label: null }] },
    missing: nobody,
    extra: nobody,
  },
})
const files = { 'config/tables/terms.yaml': { text: 'a: b\n', replaces: null } }
const values: Readonly<Record<string, string>> = {
  secrets: vault.seal({ password: 'renewed' }, 'crm'),
  files: vault.seal(files, published),
  started: vault.seal({ kept: 'so' }, server),
  certificate,
  signature: vault.sign(certificate),
}

function rowsOf(name: string): string {
  const path = join(folder, name)
  if (!existsSync(path)) throw new Error(`${name} has no rows: write those that its release leaves into ${path}`)
  return readFileSync(path, 'utf8')
}

/** What a ledger of this schema holds. */
function fill(last: string): string {
  const texts = names.slice(0, names.indexOf(last) + 1).map(rowsOf)
  const from = texts.findLastIndex((text) => text.startsWith('-- anew\n'))
  return texts
    .slice(from)
    .join('\n')
    .replace(/:(secrets|files|started|certificate|signature)\b/g, (_all, name: string) => `'${values[name] ?? ''}'`)
}

let database: FreshDatabase | null = null
let ledger: Ledger | null = null
afterEach(async () => {
  await ledger?.close()
  await database?.drop()
  ledger = null
  database = null
})

const ref = (id: string) => ({ connection: 'crm', object: 'deals', id })
const at = (text: string) => `2026-01-03T${text}.000Z` as Instant
const now = at('10:30:00')
const target = { connection: 'erp', object: 'sale.order' }
const failure = { problem: { kind: 'auth_rejected' }, message: 'No.', fix: 'Enter a new key.' } as const
const wanted = (id: string) => ({
  ...{ sync: 'orders', kind: 'order', key: `k_${id}`, scope: '', target },
  source: { ref: ref(id), label: null },
})

/** Notes which functions were called. */
function noting<T extends object>(value: T, called: Set<string>, path = ''): T {
  return new Proxy(value, {
    get(from, name) {
      const found: unknown = Reflect.get(from, name)
      const place = `${path}${String(name)}`
      if (typeof found === 'function') called.add(place)
      return typeof found === 'object' && found !== null ? noting(found, called, `${place}.`) : found
    },
  })
}
const functionsOf = (value: object, path = ''): string[] =>
  Object.entries(value).flatMap(([name, one]) =>
    typeof one === 'function' ? [`${path}${name}`] : functionsOf(one as object, `${path}${name}.`),
  )

/** Asks everything that can be asked. */
async function useAll(all: Ledger): Promise<void> {
  const { inbox, links, problems, timeline, runs, revisions, syncs, connections } = all
  const { events, streams, sealed, alerts, certificates, quotas, retention, erasure, accounts, sharedOrders } = all
  const { ready, inTransaction } = all
  const [link] = await links.bySource('orders', 'order', [ref('linked')])
  await links.byTarget('order', [{ ...target, id: '10' }])
  await links.decide([{ id: link?.id ?? '', accepted: { net: '3' }, ignored: {}, overwrite: false }])
  expect(await links.known('orders', 'order', 'source', [{ ref: ref('linked'), version: 'd 1' }])).toEqual([
    ref('linked'),
  ])
  expect(await links.list({ text: 'S010', open: true, max: 10 })).toHaveLength(1)
  expect((await links.page({ sort: 'amount', direction: 'asc', max: 1 })).rows).toHaveLength(1)
  await links.counts()
  await links.made('order', 'Europe/Berlin', 30)
  await links.newest('order')
  await inbox.add('orders', [ref('new')], { lane: 'live' })
  const claims = await inbox.claim('orders', { max: 10, worker: 'w', leaseMs: 60_000 })
  expect(claims.map((claim) => claim.ref)).toEqual([ref('new')])
  expect(await inbox.renew(claims, 60_000)).toBe(true)
  await inbox.defer(claims, 0)
  await inbox.counts()
  const lanes = await inbox.lanes('orders')
  expect(lanes.reduce((sum, { due, later }) => sum + due + later, 0)).toBeGreaterThan(0)
  await problems.raise([{ sync: 'orders', causeKey: 'new', failure, records: [ref('new')] }])
  await problems.ofRecords('orders', [ref('new')])
  await problems.ofId('new')
  expect(await problems.missingEntries()).toEqual([])
  const open = await problems.list({ sync: 'orders', max: 10 })
  for (const { id } of open) await problems.waiting(id, 10)
  await problems.page({ sort: 'opened', direction: 'asc', max: 10 })
  await alerts.held(
    open.map(({ id }) => id),
    { syncs: ['orders'], kinds: ['order'] },
    10,
  )
  await problems.tried('orders', [ref('new')], { how: 'retried', by: 'ida' })
  for (const { id } of open) {
    expect(await problems.assign(id, 'ida', null)).toBe(true)
    expect(await problems.mute(id, { by: 'ida', because: 'Next week', until: null })).toBe(true)
    expect(await problems.unmute(id, 'ida')).toBe(true)
    expect((await problems.deeds(id, 1)).map(({ deed }) => deed)).toEqual(['unmuted'])
  }
  await problems.clear('orders', [ref('new')])
  expect((await problems.list({ which: 'closed', max: 1 }))[0]).toMatchObject({ closedHow: 'retried', closedBy: 'ida' })
  await problems.close('connection erp', ['unavailable'])
  await timeline.add([
    { sync: 'orders', ref: ref('linked'), at: now, event: 'updated', text: 'later', details: null, actor: null },
  ])
  expect((await timeline.of(ref('linked'))).map(({ text }) => text)).toEqual(['An order was made', 'later'])
  const run = await runs.start('orders', 'manual', now)
  await runs.join('orders', 'webhook', now, 60_000)
  expect(await runs.list({ sync: 'orders', kind: 'manual', max: 10 })).toMatchObject([{ id: run }])
  expect(await inbox.leftOf('orders', run)).toBe(0)
  await runs.count(run, { found: 1 })
  await runs.finish(run, { state: 'done', reason: null, now })
  expect((await runs.list({ max: 10 })).length).toBeGreaterThan(1)
  const newest = await revisions.newest()
  const revision = { number: newest + 1, at: now, actor: null, note: null, changes: [] }
  expect(await revisions.publish(revision, files)).toBe(true)
  expect((await revisions.files())?.files).toEqual(files)
  expect((await revisions.files(revision.number))?.files).toEqual(files)
  expect((await revisions.list(10))[0]).toEqual({ ...revision, kept: true })
  await revisions.setStarted({ kept: 'anew' })
  expect(await revisions.started()).toEqual({ kept: 'anew' })
  await syncs.get('orders', now)
  await syncs.set('orders', { heldBecause: null })
  await syncs.setCursor('orders', 'deals', { from: '2026-01-04' })
  expect(await syncs.peek('orders', now)).toMatchObject({
    heldBecause: null,
    cursors: { deals: { from: '2026-01-04' } },
  })
  await syncs.forgetCursors('orders')
  await syncs.used('orders', now)
  await timeline.planned('orders', now, 10)
  await connections.get('crm')
  await connections.setAccount('crm', { id: '4712', name: 'B' } as Parameters<typeof connections.setAccount>[1])
  await connections.setPaused('crm', { because: failure, until: now })
  await connections.setExpiry('crm', now)
  await connections.expiring(at('11:00:00'))
  expect(await connections.secrets('crm')).toEqual({ password: 'renewed' })
  await connections.setSecrets('crm', { password: 'again' })
  expect(await sealed.reseal()).toEqual({ done: expect.arrayContaining(['crm']), lost: [] })
  await sealed.forget('crm')
  const hints = ['e1', 'e2'].map((id) => ({ id, hint: { object: 'deals', id: 'linked' } }))
  expect(await events.store('crm', hints, '[]')).toEqual(['e2'])
  expect(await streams.take('crm', { worker: 'w', leaseMs: 60_000 })).toEqual({ place: { replayId: 7 } })
  await streams.move('crm', 'w', { replayId: 8 })
  await streams.leave('crm', 'w')
  expect(await alerts.take('w', 60_000)).toBe(true)
  await alerts.leave('w')
  await alerts.channels()
  const channel = { waitingSince: null, toldAt: now, failures: 0, failingSince: null, nextTryAt: null, failure: null }
  await alerts.setChannel('office', { ...channel, certified: '0' })
  await alerts.setTold('office', await alerts.told('office'), [])
  await alerts.keepChannels(['office'])
  const counts = { won: 1, orders: 1, waiting: nobody, missing: nobody, extra: nobody }
  await certificates.add({ sync: 'orders', at: now, since: now, ...counts })
  expect((await certificates.list({ max: 10 })).every(({ genuine }) => genuine)).toBe(true)
  await quotas.wait('orders', 'backfill', { connection: 'crm', afterMs: 60_000 })
  expect(await quotas.waits()).toMatchObject([{ sync: 'orders', lane: 'backfill', connection: 'crm' }])
  await quotas.usage()
  await runs.wait([run], { reason: 'quota', until: at('11:00:00'), now })
  await inbox.add('orders', [ref('postponed')], { lane: 'live' })
  await inbox.postpone(await inbox.claim('orders', { max: 10, worker: 'w', leaseMs: 60_000 }), 60_000)
  await inTransaction(async (tx) => tx.inbox.waiting('orders', 10))
  await inbox.waiting('orders', 10)
  await problems.whole(['orders'])
  expect(await syncs.peekAll(['orders'], now)).toHaveLength(1)
  await alerts.waiting(['orders'], ['lookup_failed'], 10)
  await alerts.toldOwners('office')
  await ready()
  const kinds = { order: 'order', customer: 'customer', below: [] }
  const traces = { sync: 'orders', connection: 'crm', kinds, object: 'deals', fields: ['partner_id'] }
  const found = await erasure.find(traces, { customers: ['nobody'], contacts: [], deals: [] })
  await inTransaction(async (tx) => tx.erasure.erase(traces, found))
  await erasure.erase(traces, found)
  expect(await retention.take('purge', 60_000)).toBe(true)
  const days = {
    timelines: 10,
    webhooks: 10,
    runs: 10,
    problems: 10,
    certificates: 10,
    unconfigured: 10,
    links: 10,
    audit: 10,
  }
  const configured = { syncs: ['orders'], connections: ['crm', 'erp'], channels: ['office'] }
  await retention.purge({ ...days, timelineEntries: 100, configured }, now)
  expect(await retention.archive(days, now)).toBe(0)

  const digest = Buffer.from('new')
  expect(await accounts.add({ name: 'new', display: 'New', role: 'viewer' })).toBe(true)
  await accounts.change('new', { role: 'operator' })
  await accounts.addLink({ digest, account: 'new', lastsMs: 60_000 })
  expect(await accounts.link(digest)).toBe('new')
  expect(await accounts.takeLink(digest)).toBe(true)
  await accounts.setPassword('new', 'hash')
  expect(await accounts.password('new')).toBe('hash')
  await accounts.addSession({ digest, account: 'new', lastsMs: 60_000 })
  expect(await accounts.session(digest, 60_000)).toMatchObject({ account: { name: 'new', role: 'operator' } })
  expect(await accounts.endSession(digest)).toBe(true)
  const token = await accounts.addToken({ digest, name: 'new', role: 'viewer', createdBy: 'new', lastsMs: 60_000 })
  expect(await accounts.token(digest)).toMatchObject({ name: 'new' })
  expect((await accounts.tokens()).map(({ name }) => name)).toEqual(['new'])
  expect(await accounts.endToken(token.id)).toBe(true)
  await accounts.addSession({ digest, account: 'new', lastsMs: 60_000 })
  expect(await accounts.endSessions('new')).toBe(1)
  const person = { issuer: 'https://login.acme.test', subject: '4712' }
  expect(await accounts.addOfIdentity(person, { names: ['new', 'new-2'], display: 'New', role: 'viewer' })).toBe(
    'new-2',
  )
  expect(await accounts.ofIdentity(person)).toMatchObject({ name: 'new-2', isReady: true, isSingleSignOn: true })
  await accounts.audit({ actor: 'new', from: null, action: 'runSync', subject: {}, outcome: 'done' })
  expect(await accounts.audited({ text: 'NEW', max: 10 })).toMatchObject([{ action: 'runSync' }])
  expect((await accounts.list()).map(({ name }) => name)).toContain('new')
  const shared = await sharedOrders.add({ digest, sync: 'orders', ref: ref('new'), createdBy: 'new', lastsMs: 60_000 })
  expect(await sharedOrders.open(digest)).toMatchObject({ id: shared.id, ref: ref('new') })
  expect((await sharedOrders.list({ deal: 'new', max: 10 })).map(({ id }) => id)).toEqual([shared.id])
  expect(await sharedOrders.end(shared.id)).toMatchObject({ id: shared.id })
  expect((await all.changes.look()).versions.accounts).toMatch(/^\d+t$/)
}

describe.each(names)('from %s', (last) => {
  test('all that the release wrote is there to be tried', async () => {
    database = await oldDatabase(last)
    await database.query(fill(last))
    const columns = await database.query(
      `select table_name, column_name from information_schema.columns
       where table_schema = 'crosswalk' and table_name <> 'migrations' order by 1, 2`,
    )
    const empty: string[] = []
    for (const { table_name: table, column_name: column } of columns) {
      const [row] = await database.query(
        `select count("${String(column)}")::integer as filled from crosswalk."${String(table)}"`,
      )
      if (row?.filled === 0) empty.push(`${String(table)}.${String(column)}`)
    }
    // The place in the changes has had another column since records are named in full.
    expect(empty).toEqual(last < '0003' ? [] : ['syncs.cursor'])
    expect(columns.length).toBeGreaterThan(50)
  })

  test('no order is lost or doubled, and every function of the ledger answers', async () => {
    database = await oldDatabase(last)
    await database.query(fill(last))
    const [before] = await database.query('select count(*)::integer as links from crosswalk.links')
    ledger = await openLedger({ connection: database.connection, vaultKeys, log: silentLog })
    const called = new Set<string>()
    const all = noting(ledger, called)
    await all.syncs.nameRecords('orders', { connection: 'crm', object: 'deals' }, 'deals', 'order')

    const ids = ['linked', 'sent', 'unknown', 'rejected']
    const found = await all.links.bySource('orders', 'order', ids.map(ref))
    expect(found.map((link) => [link.source.ref.id, link.state, link.target.id]).sort()).toEqual([
      ['linked', 'linked', '10'],
      ['rejected', 'rejected', null],
      ['sent', 'sent', null],
      ['unknown', 'unknown', null],
    ])
    // Who wants them once more gets those that are there.
    const again = await all.links.intend(ids.map(wanted))
    expect(again.map(({ id, state }) => [id, state])).toEqual(
      ids.map((id) => found.find((link) => link.source.ref.id === id)).map((link) => [link?.id, link?.state]),
    )
    const [linked, sent] = again
    const taken = await all.links.update([
      { id: linked?.id ?? '', state: 'linked', target: { id: '11' } },
      { id: sent?.id ?? '', state: 'linked', target: { id: '10' } },
    ])
    expect(taken).toEqual([sent?.id])
    expect(await all.links.bySource('orders', 'order', [ref('linked')])).toMatchObject([{ target: { id: '10' } }])
    const [after] = await database.query('select count(*)::integer as links from crosswalk.links')
    expect(after).toEqual(before)

    expect(await all.followClock()).toBeNull()
    await all.inbox.free()
    await database.query(`update crosswalk.inbox set due_at = now()`)
    // One lane after the other.
    const worked: string[] = []
    for (let left = true; left; ) {
      const claims = await all.inbox.claim('orders', { max: 10, worker: 'w', leaseMs: 60_000 })
      worked.push(...claims.map((claim) => claim.ref.id))
      await all.inbox.settle(claims)
      left = claims.length > 0
    }
    expect(worked.sort()).toEqual(['in work', 'later', 'waits'])
    expect(await all.syncs.takeAllowance('orders', 100, 10, now)).toEqual({ granted: false, used: 6 })
    expect(await all.problems.list({ sync: 'orders', max: 10 })).toMatchObject([{ kind: 'lookup_failed', waiting: 1 }])

    await useAll(all)
    await all.inTransaction(async (tx) => tx.links.counts())
    expect(functionsOf(ledger).filter((name) => name !== 'close' && !called.has(name))).toEqual([])
  })
})

test('no rows are left of a migration that is not there', () => {
  expect(readdirSync(folder).filter((name) => !names.includes(name))).toEqual([])
})
