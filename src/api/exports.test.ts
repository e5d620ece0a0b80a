import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { parse } from 'csv-parse/sync'
import { until } from '../../test/faults/proof.ts'
import { type FreshDatabase, freshLedger, silentLog } from '../../test/ledger/fresh-ledger.ts'
import { openAccounts } from '../app/accounts/accounts.ts'
import { pageOfProblems } from '../app/problems/problems.ts'
import { todayIn } from '../app/problems/state.ts'
import type { Decimal } from '../core/decimal.ts'
import type { Instant } from '../core/time.ts'
import type { Ledger } from '../ports/ledger/ledger.ts'
import type { Link } from '../ports/ledger/links.ts'
import { createApi } from './api.ts'
import { unreached, unwatched } from './fake.ts'
import type { UseCases } from './use-cases.ts'

const token = 'correct-horse-battery-staple'
const notAsked = new Error('only lists are read')
const at = '2026-11-24T09:30:00.000Z' as Instant

let ledger: Ledger
let database: FreshDatabase
let close: () => Promise<void>
beforeAll(async () => {
  ;({ ledger, database, close } = await freshLedger())
  await database.query(`
    insert into crosswalk.links (sync, kind, source_connection, source_object, source_id, key, state, scope,
      target_connection, target_object, target_id, source_label, target_label, stage, created_at, updated_at)
    select 'orders', 'order', 'crm', 'deals', n::text, 'k' || n, 'linked', '', 'erp', 'sale.order', n::text,
      'Deal ' || n, 'S' || n, case when n % 10 = 0 then 'paid' end, now(), now()
    from generate_series(1, 1203) n`)
  await database.query(`
    insert into crosswalk.runs (sync, kind, state, started_at, counts)
    select 'orders', 'manual', 'done', now(), '{"found": 3, "later": 1}' from generate_series(1, 501)`)
})
afterAll(() => close())

const servers: Server[] = []
afterEach(() => {
  for (const one of servers.splice(0)) {
    one.close()
    one.closeAllConnections()
  }
})

async function open(some: Partial<UseCases> = {}) {
  const lines: string[] = []
  const app = createApi({
    crosswalk: unreached(notAsked, {
      pageOfDeals: (filter) => ledger.links.page(filter),
      pageOfProblems: (filter) => pageOfProblems(filter, todayIn('UTC', at), ledger),
      runs: (filter) => ledger.runs.list(filter),
      worth: async () => new Map([['1', { held: [{ currency: 'EUR', amount: '12.50' as Decimal }], unknown: 1 }]]),
      ...some,
    }),
    accounts: openAccounts(ledger),
    live: unwatched(notAsked),
    runSync: () => Promise.reject(notAsked),
    console: null,
    singleSignOn: null,
    webhooks: { knows: () => false, receive: async () => ({ status: 404 }) },
    metrics: { text: async () => '', refused: () => undefined },
    log: { ...silentLog, error: (event) => void lines.push(event) },
    token,
    publicUrl: null,
    metricsOpen: false,
    hosts: [],
    ready: async () => true,
  })
  const server = createServer(app)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const get = (path: string, secret = token) =>
    fetch(`http://127.0.0.1:${port}/api/v1/exports/${path}`, { headers: { authorization: `Bearer ${secret}` } })
  return { get, port, lines, server }
}

const rowsOf = (text: string): readonly Record<string, string>[] => parse(text, { bom: true, columns: true })
const link = (label: string | null, worth: Link['worth'] = null): Link => ({
  ...{ id: '1', sync: 'orders', kind: 'order', key: 'k', state: 'linked', origin: 'created', stage: null, worth },
  source: { ref: { connection: 'crm', object: 'deals', id: '901' }, label, written: { note: 'internal' } },
  target: { connection: 'erp', object: 'sale.order', id: '42', label: 'S42', written: null },
  ...{ decisions: null, suspect: false, erasedAt: null, createdAt: at, updatedAt: at },
})

describe('an export', () => {
  test('has all rows that match, each once, however many pages', async () => {
    const { get } = await open()
    const all = rowsOf(await (await get('deals')).text())
    expect(all).toHaveLength(1203)
    expect(new Set(all.map(({ dealId }) => dealId)).size).toBe(1203)
    expect(rowsOf(await (await get('deals?stage=paid')).text())).toHaveLength(120)
    const found = (await (await get('deals?text=Deal 12&format=json')).json()) as readonly object[]
    expect(found).toHaveLength(15)
    expect(found[0]).toMatchObject({ deal: 'Deal 1203', order: 'S1203', amount: null })
    expect(await (await get('deals?text=nothing&format=json')).json()).toEqual([])
    expect(rowsOf(await (await get('runs')).text())).toHaveLength(501)
  })

  test('says what it is, in a file with a name', async () => {
    const { headers, status } = await (await open()).get('runs')
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="crosswalk-runs-\d{4}-\d\d-\d\d\.csv"$/)
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test('has columns that stay, UTF-8 for Excel, lines and quotes by RFC 4180', async () => {
    const label = 'Größe "A", 北京\nzwei'
    const rows = [link(label, { amount: '-12.50' as Decimal, currency: 'EUR' })]
    const { get } = await open({ pageOfDeals: async () => ({ rows, next: null }) })
    const bytes = Buffer.from(await (await get('deals')).arrayBuffer())
    expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
    expect(bytes.subarray(3).toString()).toBe(
      'sync,dealConnection,dealId,deal,orderConnection,orderId,order,amount,currency,stage,state,origin,createdAt,updatedAt\r\n' +
        `orders,crm,901,"Größe ""A"", 北京\nzwei",erp,42,S42,-12.50,EUR,,linked,created,${at},${at}\r\n`,
    )
    const runs = await (await get('runs')).text()
    expect(runs.split('\r\n')[0]).toBe(
      'id,sync,kind,state,startedAt,endedAt,reason,waitsUntil,actor,found,created,updated,unchanged,cancelled,reported,left_out,planned,problems,deferred,made',
    )
    expect(rowsOf(runs)[0]).toMatchObject({ found: '3', created: '0' })
  })

  test.each(['=1+1', '+1+1', '-1+1', '@SUM(A1)', '\tx', '\rx', '＝1', '=cmd|"/c calc"!A1'])(
    'has nothing that a spreadsheet takes for a formula: %j',
    async (label) => {
      const { get } = await open({ pageOfDeals: async () => ({ rows: [link(label)], next: null }) })
      const text = await (await get('deals')).text()
      expect(rowsOf(text)).toMatchObject([{ deal: `'${label}` }])
      const json = (await (await get('deals?format=json')).json()) as readonly object[]
      expect(json).toMatchObject([{ deal: label }])
    },
  )

  test('of problems tells what they hold back', async () => {
    await ledger.problems.raise([
      {
        ...{ sync: 'orders', causeKey: 'c', records: [{ connection: 'crm', object: 'deals', id: '1' }] },
        failure: { problem: { kind: 'auth_rejected' }, message: 'No, not so.', fix: 'Enter a new key.' },
      },
    ])
    const { get } = await open()
    expect(rowsOf(await (await get('problems')).text())).toMatchObject([
      { kind: 'auth_rejected', message: 'No, not so.', waiting: '1', held: '12.50 EUR', unknown: '1' },
    ])
    expect(rowsOf(await (await get('problems?kind=unavailable')).text())).toEqual([])
  })

  test('is noted in the audit, which admins alone may take along', async () => {
    await database.query('truncate crosswalk.audit')
    const { secret } = await openAccounts(ledger).addToken({ name: 'r', role: 'viewer', createdBy: 'ida' }, 1)
    const { get } = await open()
    expect((await get('audit', secret)).status).toBe(403)
    await (await get('deals?text=Deal 7', secret)).text()
    const [deals, audit] = rowsOf(await (await get('audit')).text())
    expect(deals).toMatchObject({
      action: 'exportDeals',
      actor: 'token r',
      outcome: 'done',
      subject: '{"text":"Deal 7"}',
    })
    expect(audit).toMatchObject({ action: 'exportAudit', actor: 'token r', outcome: 'refused' })
  })

  test('that cannot be read is a problem; one that fails midway is cut off, and told', async () => {
    const away = await open({ pageOfDeals: () => Promise.reject(notAsked) })
    const refused = await away.get('deals')
    expect([refused.status, refused.headers.get('content-type')]).toEqual([
      500,
      'application/problem+json; charset=utf-8',
    ])
    expect(refused.headers.has('content-disposition')).toBe(false)
    let pages = 0
    const midway = await open({
      async pageOfDeals() {
        pages += 1
        if (pages > 1) throw notAsked
        return { rows: Array.from({ length: 500 }, () => link('Acme')), next: { key: '1', id: '1' } }
      },
    })
    await expect((await midway.get('deals')).text()).rejects.toThrow('terminated')
    await until(() => midway.lines.length > 0, 'a line of the log')
    expect(midway.lines).toEqual(['reply_broken_off'])
  })

  test('reads no further than it is taken, and stops when nobody waits for it', async () => {
    let pages = 0
    const rows = Array.from({ length: 500 }, () => link('Acme'.repeat(500)))
    const endless = await open({
      async pageOfDeals() {
        pages += 1
        return { rows, next: { key: '1', id: '1' } }
      },
    })
    const socket = connect(endless.port, '127.0.0.1', () =>
      socket
        .pause()
        .write(`GET /api/v1/exports/deals HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${token}\r\n\r\n`),
    )
    let before = 0
    await until(async () => {
      before = pages
      for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate)
      return pages > 1 && before === pages
    }, 'a reader that is waited for')
    // A page is a megabyte; all that is held are the buffers of the sockets.
    expect(pages).toBeLessThan(40)
    socket.destroy()
    await until(
      () => new Promise<boolean>((resolve) => endless.server.getConnections((_error, count) => resolve(count === 0))),
      'the end of the reply',
    )
    expect(endless.lines).toEqual([])
  })

  test('is one of two of a caller at once', async () => {
    const waits = Promise.withResolvers<never>()
    const { get } = await open({ pageOfDeals: () => waits.promise })
    const first = [get('deals'), get('deals')]
    await until(async () => (await get('runs')).status === 429, 'two exports under way')
    waits.reject(notAsked)
    for (const one of first) expect((await one).status).toBe(500)
  })
})
