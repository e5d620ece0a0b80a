import { describe, expect, test } from '@jest/globals'
import request from 'supertest'
import { openAccounts } from '../app/accounts/accounts.ts'
import type { SeenProblem } from '../app/problems/problems.ts'
import type { Decimal } from '../core/decimal.ts'
import { type Problem, SyncError } from '../core/problem.ts'
import { StoreAway } from '../core/store-away.ts'
import type { Instant, PlainDate } from '../core/time.ts'
import type { WebhookRequest } from '../ports/connector.ts'
import type { Ledger } from '../ports/ledger/ledger.ts'
import type { Link } from '../ports/ledger/links.ts'
import { type ApiDeps, createApi } from './api.ts'
import { contract, type Route } from './contract.ts'
import { unwatched } from './fake.ts'
import type { UseCases } from './use-cases.ts'

const token = 'correct-horse-battery-staple'
const bearer = `Bearer ${token}`
const at = '2026-11-24T09:30:00.000Z' as Instant

const problem: SeenProblem = {
  id: '7',
  sync: 'orders',
  kind: 'lookup_failed',
  causeKey: 'sku DESK-01',
  message: 'Product "DESK-01" is not in Odoo',
  fix: 'Create it.',
  field: 'product_id',
  firstSeen: at,
  lastSeen: at,
  waiting: 2,
  records: ['901', '902'].map((id) => ({ connection: 'hubspot', object: 'deals', id })),
  isOpen: true,
  cameBack: 0,
  waited: 2,
  touchedAt: null,
  assignee: null,
  mute: { at, by: 'ida', because: 'Later', until: '2026-12-01' as PlainDate, waiting: 2, kind: 'lookup_failed' },
  closedAt: null,
  closedHow: null,
  closedBy: null,
  state: 'ongoing',
}
const link: Link = {
  id: '1',
  sync: 'orders',
  kind: 'order',
  key: 'hubspot-1-deal-901',
  state: 'linked',
  source: {
    ref: { connection: 'hubspot', object: 'deals', id: '901' },
    label: 'Acme desks',
    written: { erp: 'internal-report' },
  },
  target: {
    connection: 'odoo',
    object: 'sale.order',
    id: '42',
    label: 'S00042',
    written: { note: 'internal-note' },
  },
  worth: { amount: '12.50' as Decimal, currency: 'EUR' },
  origin: 'created',
  stage: 'shipped',
  decisions: null,
  suspect: false,
  erasedAt: null,
  createdAt: at,
  updatedAt: at,
}

const erasedPerson = {
  ...{ connection: 'hubspot', deals: 2, open: 1, elsewhere: ['hubspot', 'odoo'] },
  erased: { links: 3, timeline: 12, problems: 0, webhooks: 4, alerts: 0, certificates: 1, runs: 0, shares: 0 },
}

const aShare = {
  ...{ id: '5', sync: 'orders', ref: { connection: 'hubspot', object: 'deals', id: '901' } },
  ...{ createdBy: 'ida', createdAt: at, endsAt: at, usedAt: null },
}
const aPage = {
  ...{ customer: 'Acme', number: 'S00042', stage: 'shipped', seen: ['shipped'], isLookedInto: false },
  ...{ promisedDate: null, shipments: [], invoices: [], readAt: at },
}

/** People and other tokens: accounts.test.ts. Here all come with the token of the installation, or with none that is known. */
const noAccounts = openAccounts({
  accounts: new Proxy({} as Ledger['accounts'], { get: () => async () => null }),
  inTransaction: () => Promise.reject(new Error('nobody signs in')),
})

/** Use cases that remember what was asked of them. */
function fake(overrides: Partial<UseCases> = {}) {
  const asked: unknown[][] = []
  const remember = (...call: unknown[]) => void asked.push(call)
  const useCases: UseCases & { as(actor: string): UseCases } = {
    as: () => useCases,
    async home() {
      const waiting = { problems: 1, records: 2, held: [{ currency: 'EUR', amount: '12.50' as Decimal }], unknown: 1 }
      return { today: 4, newest: link, waiting, muted: waiting, stages: [], days: [], certificates: [] }
    },
    async alerts() {
      const channel = { channel: 'office', kind: 'slack', toldAt: at, waitingSince: null, certified: '0' } as const
      const works = { failures: 0, failingSince: null, nextTryAt: null, failure: null }
      const told = [{ channel: 'office', at }]
      const alert = {
        about: 'orders',
        kind: 'guard_tripped',
        severity: 'urgent',
        title: 'Held',
        message: 'm',
        fix: 'f',
        since: at,
      } as const
      return {
        channels: [{ ...channel, ...works, severities: ['urgent'], daily: false }],
        open: [{ ...alert, waiting: 2, problem: null, told }],
      }
    },
    async testAlerts(names) {
      remember('testAlerts', names)
      return names.map((channel) => ({ channel, kind: 'slack', answer: 'ok', failure: null }))
    },
    async backfill(sync, how) {
      remember('backfill', sync, how)
      return { found: 4 }
    },
    async reconcile(sync, how) {
      remember('reconcile', sync, how)
      return { won: 3, linked: 3, missing: ['901'], extra: ['902'], mended: 0 }
    },
    async dealNames() {
      return new Map([['901', 'Acme desks']])
    },
    async certificates(filter) {
      remember('certificates', filter)
      const none = { count: 0, named: [] }
      const missing = { count: 1, named: [{ id: '901', label: 'Acme desks' }] }
      const counts = { won: 3, orders: 2, waiting: none, missing, extra: none }
      return [{ id: '5', certificate: { sync: 'orders', at, since: at, ...counts }, genuine: true }]
    },
    async changeSync(name, change) {
      remember('changeSync', name, change)
      return { findings: [], revision: { number: 3, at, actor: null, note: null, changes: [] }, changes: [] }
    },
    async sync(name) {
      const run = { id: '8', sync: name, kind: 'backfill', state: 'done', startedAt: at, endedAt: at } as const
      const ended = { ...run, counts: { found: 10 }, reason: null, waitsUntil: null, actor: 'ida' }
      return {
        ...{ sync: name, document: 'deal', from: 'hubspot', to: 'odoo', mode: 'shadow', batch: 1000, hasDeals: true },
        ...{ heldBecause: null, enabledAt: at, since: at, where: null, extraOrders: 7, lookedAt: at, revision: null },
        schedule: { cron: '*/2 * * * *', timeZone: 'UTC', next: [at] },
        guard: { perHour: 100, used: 3 },
        policies: [{ name: 'confirm', path: ['hidden-path'], value: 'automatic', choices: ['automatic'] }],
        mappings: [{ path: 'mappings/odoo/order.yaml', origin: 'shipped' }],
        lanes: [{ lane: 'backfill', due: 3, later: 0, inWork: 0 }],
        problems: { count: 1, first: [problem] },
        runs: [ended],
        backfill: { run: ended, found: 10, left: 3, doneAt: null },
        shadow: { counts: { planned: 2 }, planned: [] },
      }
    },
    async worth() {
      return new Map([[problem.id, { held: [{ currency: 'EUR', amount: '12.50' as Decimal }], unknown: 1 }]])
    },
    systems: async () => [],
    connection: async () => null,
    async tryConnection(name, change) {
      remember('tryConnection', name, change)
      const account = { id: '1', name: 'Acme', timeZone: 'UTC', currency: null, apiVersion: '14.0' }
      const report = { account, findings: [] }
      return { check: { connection: name, system: change.system, report, failure: null }, choices: [], sets: false }
    },
    async connect(name, change, options) {
      remember('connect', name, change, options)
      return { findings: [], revision: null, changes: [] }
    },
    async disconnect(name, options) {
      remember('disconnect', name, options)
      return { findings: [], revision: null, changes: [] }
    },
    async beginSyncs(what, options) {
      remember('beginSyncs', what, options)
      return { findings: [], revision: null, changes: [] }
    },
    async setup(name) {
      remember('setup', name)
      return [{ subject: 'crosswalk_order', outcome: 'created', message: 'Order number' }]
    },
    async missingEntries() {
      return [{ problem: problem.id, sync: 'orders', table: 'terms', key: 'west' }]
    },
    async addTableEntry(table, entry) {
      remember('addTableEntry', table, entry)
      return { findings: [], revision: { number: 3, at, actor: 'API token', note: null, changes: [] }, changes: [] }
    },
    async waitingOn() {
      return problem.records.map((one) => ({ ...one, label: 'Acme desks', amount: null, currency: null }))
    },
    async deal({ id }) {
      const isKnown = id === link.source.ref.id
      return { deals: isKnown ? [link] : [], failures: [] }
    },
    async projectFiles() {
      return [{ path: 'config/tables/terms.yaml', kind: 'table', origin: 'disk', syncs: [], text: 'west: 1\n' }]
    },
    async checkDraft(draft) {
      remember('checkDraft', draft)
      return { changes: [], findings: [], warnings: [], tests: [] }
    },
    async tryDraft(draft, of) {
      remember('tryDraft', draft, of)
      return { findings: [], tried: 1, same: 1, fields: [], ends: [] }
    },
    async revisions() {
      return [{ number: 3, at, actor: 'API token', note: null, changes: [], kept: true }]
    },
    async revision(number) {
      if (number !== 3) return null
      const paths = ['config/crosswalk.yaml', 'mappings/odoo/order.yaml']
      const revision = { number, at, actor: null, note: null, changes: [] }
      return { revision, files: paths.map((path) => ({ path, before: null, after: 'host: hidden' })) }
    },
    async revert(number, { only, ...options }) {
      remember('revert', number, options)
      only?.(['config/crosswalk.yaml'])
      return { findings: [], revision: { number: 4, at, actor: null, note: null, changes: [] }, changes: [] }
    },
    async check(names) {
      remember('check', names)
      const failure = { problem: { kind: 'auth_rejected' }, message: 'Odoo refused the key', fix: 'Enter it.' } as const
      return names.map((connection) => ({ connection, system: 'odoo', report: null, failure }))
    },
    async pageOfDeals(filter) {
      remember('deals', filter)
      return { rows: [link], next: null }
    },
    async hold(sync, because) {
      remember('hold', sync, because)
    },
    async preview(recordId, options) {
      remember('preview', recordId, options)
      const field = {
        field: 'partner_id',
        rule: 'link: customer',
        source: 'Acme',
        value: '7',
        name: null,
        changed: null,
        note: null,
      }
      const { label } = link.source
      const lines = [{ key: 'k', fields: { price_unit: '10' }, names: {}, changed: null, now: null }]
      const more = {
        lines,
        failures: [],
        order: null,
        customer: null,
        below: [],
        totals: null,
        gone: [],
        differences: [],
      }
      return { sync: 'orders', recordId, action: 'create', label: label ?? '', fields: [field], ...more }
    },
    async problem(id) {
      const deeds = [{ at, deed: 'muted', actor: 'ida', about: 'It comes next week' }] as const
      if (id === '9') return { problem: { ...problem, id, isOpen: false, state: 'closed' }, waiting: [], deeds }
      return id === problem.id ? { problem, waiting: problem.records, deeds } : null
    },
    async assignProblem(id, assignee) {
      remember('assignProblem', id, assignee)
    },
    async assignees() {
      return [{ name: 'ida', display: 'Ida' }]
    },
    async muteProblem(id, how) {
      remember('muteProblem', id, how)
    },
    async unmuteProblem(id) {
      remember('unmuteProblem', id)
    },
    async pageOfProblems(filter) {
      remember('problems', filter)
      return { rows: [problem], next: null }
    },
    async project() {
      return { revision: null, files: ['config/crosswalk.yaml'] }
    },
    async publish(draft, options) {
      remember('publish', draft, options)
      const change = { path: 'config/tables/terms.yaml', change: 'changed' } as const
      const revision = { number: 3, at, actor: 'API token', note: null, changes: [change] }
      return { findings: [], revision, changes: [change] }
    },
    async resume(sync, options) {
      remember('resume', sync, options)
    },
    async linkCustomer(what) {
      remember('linkCustomer', what)
      return { sync: 'orders', customer: what.customer, target: what.target, movedFrom: null, records: 3 }
    },
    async erase(whom) {
      remember('erase', whom)
      return erasedPerson
    },
    async decide(what) {
      remember('decide', what)
      return { sync: 'orders', deal: what.deal, decided: ['Chair 4 → 7'] }
    },
    async retry(what) {
      remember('retry', what)
      return 2
    },
    async documents(deal, options) {
      if (deal !== link.source.ref.id) return null
      remember('documents', deal, options)
      const invoice = { kind: 'invoice', state: 'posted', paid: 'partly', date: null, due: null } as const
      const amounts = { total: '119' as Decimal, outstanding: '19' as Decimal }
      return {
        ...{
          sync: 'orders',
          stage: 'invoiced' as const,
          number: 'S00042',
          url: null,
          promisedDate: null,
          currency: 'EUR',
          readAt: at,
        },
        ...{ shipments: [], payments: [], productionOrders: [], purchaseOrders: [] },
        invoices: [{ number: 'INV/1', ...invoice, ...amounts }],
      }
    },
    async share(deal, options) {
      remember('share', deal, options)
      return { shared: aShare, secret: 'shown-once' }
    },
    async shares(filter) {
      remember('shares', filter)
      return [aShare]
    },
    async endShare(id) {
      return id === aShare.id ? aShare : null
    },
    async sharedOrder(secret) {
      return secret === 'shown-once' ? { order: aPage, endsAt: at } : null
    },
    async runs(filter) {
      remember('runs', filter)
      const run = {
        id: '1',
        sync: 'orders',
        startedAt: at,
        endedAt: null,
        counts: { found: 3 },
        reason: null,
        waitsUntil: null,
        actor: null,
      }
      return [{ ...run, kind: 'manual', state: 'running' }]
    },
    async status() {
      const sync = { sync: 'orders', enabledAt: at, mode: 'live', mappings: null, heldBecause: null } as const
      const ends = { from: 'hubspot', to: 'odoo', document: 'deal', schedule: null, inbox: null, lastRun: null }
      const account = {
        id: 'db',
        name: 'Acme',
        timeZone: 'UTC',
        currency: null,
        apiVersion: '19',
        apiKey: 'hidden-key',
      }
      const health = { pausedBecause: null, pausedUntil: null, failures: 0, settings: { password: 'hidden-pw' } }
      return {
        connections: [{ connection: 'odoo', system: 'odoo', account, ...health, quotas: [], parallel: null }],
        waits: [],
        syncs: [
          {
            ...sync,
            ...ends,
            extraOrders: 0,
            lookedAt: at,
            cursors: { deals: { secret: 'hidden-cursor' } },
            problems: 1,
            mutedProblems: 0,
          },
        ],
        alerts: [],
        orders: [{ state: 'linked', stage: 'shipped', count: 5 }],
      }
    },
    async timeline(record) {
      remember('timeline', record)
      const ref = { connection: 'hubspot', object: 'deals', id: record.id }
      return [{ sync: 'orders', ref, at, event: 'won', text: 'Won', details: { amount: '10' }, actor: null }]
    },
    ...overrides,
  }
  return { asked, useCases }
}

function open(overrides: Partial<ApiDeps> = {}, useCases: Partial<UseCases> = {}) {
  const lines: string[] = []
  const refused: string[] = []
  const audited: unknown[] = []
  const write = (event: string, details?: unknown) => void lines.push(`${event} ${JSON.stringify(details)}`)
  const faked = fake(useCases)
  const app = createApi({
    crosswalk: faked.useCases,
    accounts: { ...noAccounts, audit: async (entry) => void audited.push(entry) },
    live: unwatched(new Error('nobody looks on')),
    runSync: async (sync) => void faked.asked.push(['runSync', sync]),
    console: null,
    singleSignOn: null,
    webhooks: { knows: known, receive: async () => ({ status: 204 }) },
    metrics: { text: async () => 'crosswalk_orders_created_total 5\n', refused: (door) => void refused.push(door) },
    log: { debug: write, info: write, warn: write, error: write },
    token,
    publicUrl: 'https://hooks.example.com/crosswalk/',
    metricsOpen: false,
    hosts: ['metrics.acme.test'],
    ready: async () => true,
    ...overrides,
  })
  const call = (method: 'get' | 'post', path: string, body?: object | string) => {
    const sending = request(app)[method](path).set('authorization', bearer)
    return body === undefined ? sending : sending.set('content-type', 'application/json').send(body)
  }
  return { app, call, lines, refused, audited, asked: faked.asked }
}
const known = () => true

describe('the contract', () => {
  test.each<[keyof typeof contract, string, object | undefined, unknown[] | null, object]>([
    [
      'listOperations',
      '/operations',
      undefined,
      null,
      {
        operations: expect.arrayContaining([
          expect.objectContaining({
            ...{ name: 'muteProblem', method: 'post', path: '/api/v1/problems/{id}/mute', role: 'operator' },
            parameters: [{ name: 'id', in: 'path', required: true, description: null, schema: expect.any(String) }],
            body: expect.stringContaining('"because"'),
          }),
          ...Object.keys(contract).map((name) => expect.objectContaining({ name })),
        ]),
      },
    ],
    ['status', '/status', undefined, null, { orders: [{ count: 5 }] }],
    ['listConnections', '/connections', undefined, null, { connections: [{ connection: 'odoo' }] }],
    ['checkConnection', '/connections/odoo/check', {}, ['check', ['odoo']], { failure: { fix: 'Enter it.' } }],
    ['listSyncs', '/syncs', undefined, null, { syncs: [{ sync: 'orders', problems: 1 }] }],
    [
      'getSync',
      '/syncs/orders',
      undefined,
      null,
      {
        guard: { perHour: 100, used: 3, extra: 7 },
        problems: { count: 1, first: [{ id: '7', held: [{ amount: '12.50' }] }] },
        backfill: { found: 10, left: 3, done: 7, doneAt: null },
      },
    ],
    [
      'changeSync',
      '/syncs/orders',
      { schedule: null, policies: { confirm: 'leave_as_draft' }, note: 'for now' },
      ['changeSync', 'orders', { schedule: null, policies: { confirm: 'leave_as_draft' }, note: 'for now' }],
      { revision: { number: 3 }, findings: [] },
    ],
    [
      'backfillSync',
      '/syncs/orders/backfill',
      { from: '2026-11-01T00:00:00+01:00' },
      ['backfill', 'orders', { from: '2026-10-31T23:00:00.000Z', dryRun: true }],
      { isDone: true, found: 4 },
    ],
    [
      'reconcileSync',
      '/syncs/orders/reconcile',
      { mend: true },
      ['reconcile', 'orders', { mend: true }],
      {
        isDone: true,
        comparison: {
          missing: { count: 1, named: [{ id: '901', label: 'Acme desks' }] },
          extra: { count: 1, named: [{ id: '902', label: null }] },
        },
      },
    ],
    [
      'listCertificates',
      '/certificates?sync=orders&max=3',
      undefined,
      ['certificates', { sync: 'orders', max: 3 }],
      { certificates: [{ id: '5', won: 3, genuine: true, missing: { count: 1, named: [{ label: 'Acme desks' }] } }] },
    ],
    [
      'listAlerts',
      '/alerts',
      undefined,
      null,
      { channels: [{ channel: 'office', daily: false }], open: [{ title: 'Held', told: [{ channel: 'office' }] }] },
    ],
    ['testAlert', '/alerts/office/test', undefined, ['testAlerts', ['office']], { channel: 'office', answer: 'ok' }],
    ['runSync', '/syncs/orders/run', undefined, ['runSync', 'orders'], { sync: 'orders' }],
    ['pauseSync', '/syncs/orders/pause', { because: 'audit' }, ['hold', 'orders', 'audit'], { heldBecause: 'audit' }],
    ['resumeSync', '/syncs/orders/resume', { allow: 5 }, ['resume', 'orders', { allow: 5 }], { heldBecause: null }],
    ['listRuns', '/runs?sync=orders&max=3', undefined, ['runs', { sync: 'orders', max: 4 }], { runs: [{ id: '1' }] }],
    [
      'listProblems',
      '/problems?kind=lookup_failed',
      undefined,
      ['problems', { kind: 'lookup_failed', sort: 'seen', direction: 'desc', max: 50 }],
      { problems: [{ id: '7', waiting: 2 }] },
    ],
    [
      'listProblems',
      '/problems?state=muted&assignee=Ida',
      undefined,
      ['problems', { state: 'muted', assignee: 'ida', sort: 'seen', direction: 'desc', max: 50 }],
      { problems: [{ id: '7', state: 'ongoing', mutedBy: 'ida', mutedBecause: 'Later', mutedUntil: '2026-12-01' }] },
    ],
    [
      'getProblem',
      '/problems/7',
      undefined,
      null,
      { problem: { id: '7' }, waiting: problem.records, deeds: [{ deed: 'muted', actor: 'ida' }] },
    ],
    ['getProblem', '/problems/9', undefined, null, { problem: { id: '9', state: 'closed' } }],
    ['listAssignees', '/assignees', undefined, null, { people: [{ name: 'ida', display: 'Ida' }] }],
    [
      'assignProblem',
      '/problems/7/assign',
      { assignee: 'Ida' },
      ['assignProblem', '7', 'ida'],
      { id: '7', assignee: 'ida' },
    ],
    [
      'assignProblem',
      '/problems/7/assign',
      { assignee: null },
      ['assignProblem', '7', null],
      { id: '7', assignee: null },
    ],
    [
      'muteProblem',
      '/problems/7/mute',
      { because: 'Later' },
      ['muteProblem', '7', { because: 'Later' }],
      { mutedBecause: 'Later', mutedUntil: null },
    ],
    [
      'muteProblem',
      '/problems/7/mute',
      { because: 'Later', until: '2026-12-01' },
      ['muteProblem', '7', { because: 'Later', until: '2026-12-01' }],
      { mutedUntil: '2026-12-01' },
    ],
    ['unmuteProblem', '/problems/7/unmute', undefined, ['unmuteProblem', '7'], { id: '7' }],
    ['retryProblem', '/problems/7/retry', undefined, ['retry', { problem: '7' }], { records: 2 }],
    [
      'retryRecords',
      '/records/retry',
      { sync: 'orders', records: ['901'] },
      ['retry', { sync: 'orders', records: ['901'] }],
      { records: 2 },
    ],
    [
      'linkCustomer',
      '/syncs/orders/customers/company-55/link',
      { target: '42' },
      ['linkCustomer', { sync: 'orders', customer: 'company-55', target: '42', move: false }],
      { records: 3, movedFrom: null },
    ],
    [
      'erasePerson',
      '/persons/erase',
      { customers: ['company-77'] },
      ['erase', { customers: ['company-77'], contacts: [], deals: [], dryRun: true }],
      erasedPerson,
    ],
    [
      'acceptDeal',
      '/deals/901/accept',
      { only: 'price' },
      ['decide', { deal: '901', decision: 'accept', only: 'price' }],
      { sync: 'orders', deal: '901', decided: ['Chair 4 → 7'] },
    ],
    [
      'ignoreDeal',
      '/deals/901/ignore',
      { only: 'price' },
      ['decide', { deal: '901', decision: 'ignore', only: 'price' }],
      { sync: 'orders', deal: '901', decided: ['Chair 4 → 7'] },
    ],
    [
      'overwriteDeal',
      '/deals/901/overwrite',
      { sync: 'orders' },
      ['decide', { deal: '901', decision: 'overwrite', sync: 'orders' }],
      { deal: '901' },
    ],
    [
      'listDeals',
      '/deals?text=acme',
      undefined,
      ['deals', { text: 'acme', sort: 'created', direction: 'desc', max: 50 }],
      { deals: [{ source: { ref: { id: '901' } } }], next: null },
    ],
    ['getDeal', '/deals/901', undefined, null, { deals: [{ target: { label: 'S00042' } }], failures: [] }],
    ['home', '/home?zone=Asia/Tokyo', undefined, null, { today: 4, newest: { deal: { id: '901' } } }],
    ['dealTimeline', '/deals/901/timeline', undefined, ['timeline', { id: '901' }], { entries: [{ event: 'won' }] }],
    [
      'dealDocuments',
      '/deals/901/documents?sync=orders',
      undefined,
      ['documents', '901', { sync: 'orders' }],
      { number: 'S00042', invoices: [{ number: 'INV/1', total: '119', paid: 'partly' }] },
    ],
    [
      'shareDeal',
      '/deals/901/share',
      { days: 7 },
      ['share', '901', { days: 7 }],
      { shared: { id: '5', createdBy: 'ida' }, link: '/share#shown-once' },
    ],
    ['listShares', '/shares?deal=901', undefined, ['shares', { deal: '901', max: 50 }], { shares: [{ id: '5' }] }],
    ['endShare', '/shares/5/end', undefined, null, { ended: true }],
    ['getProject', '/project', undefined, null, { revision: null, files: ['config/crosswalk.yaml'] }],
    [
      'publishProject',
      '/project/publish',
      { files: { 'config/tables/terms.yaml': 'a: b', 'mappings/odoo/old.yaml': null }, note: 'terms' },
      ['publish', { 'config/tables/terms.yaml': 'a: b', 'mappings/odoo/old.yaml': null }, { note: 'terms' }],
      { revision: { number: 3, actor: 'API token' }, findings: [], changes: [{ change: 'changed' }] },
    ],
    [
      'addTableEntry',
      '/tables/terms/entries',
      { key: 'west', value: 'W' },
      ['addTableEntry', 'terms', { key: 'west', value: 'W' }],
      { revision: { number: 3 }, findings: [] },
    ],
    ['previewDeal', '/deals/901/preview', {}, ['preview', '901', {}], { action: 'create', fields: [{ value: '7' }] }],
  ])('serves %s', async (name, path, body, asked, reply) => {
    const api = open()
    const route: Route = contract[name]
    const response = await api.call(route.method, `/api/v1${path}`, body)
    expect(response.body).toMatchObject(reply)
    expect(response.status).toBe(route.status)
    expect(response.headers['cache-control']).toBe('no-store')
    if (asked !== null) expect(api.asked).toContainEqual(asked)
  })

  test('documents every route, with its parameters, in OpenAPI', async () => {
    const { body } = await open().call('get', '/api/v1/openapi.json')
    expect(body).toMatchObject({ openapi: '3.1.0' })
    const paths = body.paths as Record<string, Record<string, { operationId: string; parameters: { name: string }[] }>>
    const documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => `${operation.operationId} ${method} ${path}`),
    )
    const served = Object.entries<Route>(contract).map(
      ([name, route]) => `${name} ${route.method} ${route.path.replaceAll(/:(\w+)/g, '{$1}')}`,
    )
    expect(documented.sort()).toEqual(served.sort())
    expect(paths['/problems']?.get?.parameters.map(({ name }) => name)).toEqual([
      ...['sync', 'kind', 'state', 'assignee', 'sort', 'order', 'after', 'max'],
    ])
    expect(body.paths['/exports/runs'].get.responses['200'].content).toMatchObject({
      'text/csv': { schema: { type: 'string', description: expect.stringContaining('Columns: id, sync, kind') } },
      'application/json': { schema: { type: 'array', items: { type: 'object' } } },
    })
    expect(body.paths['/events'].get.responses['200'].content).toHaveProperty(['text/event-stream'])
    expect(paths['/problems/{id}']?.get?.parameters).toMatchObject([{ name: 'id', in: 'path', required: true }])
    expect(JSON.stringify(body)).not.toMatch(/\$schema|\$id/)
  })

  test('sends nothing that the contract does not name', async () => {
    const api = open()
    for (const path of ['/status', '/connections', '/syncs', '/syncs/orders', '/deals']) {
      const { text, status } = await api.call('get', `/api/v1${path}`)
      expect(status).toBe(200)
      expect(text).not.toMatch(/hidden|internal/)
    }
  })

  test.each([
    ['get', '/problems/8', undefined, /no problem "8"/],
    ['post', '/problems/8/retry', undefined, /no open problem "8"/],
    // It is closed.
    ['post', '/problems/9/retry', undefined, /no open problem "9"/],
    ['post', '/problems/9/assign', { assignee: null }, /no open problem "9"/],
    ['post', '/problems/9/mute', { because: 'x' }, /no open problem "9"/],
    ['post', '/problems/9/unmute', undefined, /no open problem "9"/],
    ['post', '/syncs/nope/run', undefined, /no (sync|connection) "nope"/],
    ['post', '/syncs/nope/pause', {}, /no (sync|connection) "nope"/],
    ['post', '/syncs/nope/resume', {}, /no (sync|connection) "nope"/],
    ['get', '/syncs/nope', undefined, /no sync "nope"/],
    ['post', '/syncs/nope', { mode: 'live' }, /no sync "nope"/],
    ['post', '/syncs/nope/backfill', { deals: ['1'] }, /no sync "nope"/],
    ['post', '/syncs/nope/reconcile', {}, /no sync "nope"/],
    ['post', '/alerts/nope/test', {}, /no channel "nope"/],
    ['post', '/syncs/__proto__/run', undefined, /no sync "__proto__"/],
    ['post', '/syncs/nope/customers/company-55/link', { target: '42' }, /no sync "nope"/],
    ['post', '/connections/nope/check', undefined, /no (sync|connection) "nope"/],
    ['post', '/records/retry', { sync: 'nope', records: ['1'] }, /no sync "nope"/],
    ['post', '/deals/901/preview', { sync: 'nope' }, /no sync "nope"/],
    ['get', '/deals/902/documents', undefined, /no order of deal "902"/],
    ['get', '/deals/901/documents?sync=nope', undefined, /no sync "nope"/],
    ['post', '/deals/901/share', { sync: 'nope' }, /no sync "nope"/],
    ['post', '/shares/6/end', undefined, /no link "6"/],
    ['get', '/nope', undefined, /no GET/],
    ['post', '/status', undefined, /no POST/],
  ] as const)('answers 404 and does nothing for %s %s', async (method, path, body, detail) => {
    const api = open()
    const response = await api.call(method, `/api/v1${path}`, body)
    expect(response.status).toBe(404)
    expect(response.headers['content-type']).toContain('application/problem+json')
    expect(response.body).toMatchObject({
      title: 'Not found',
      detail: expect.stringMatching(detail),
      fix: expect.any(String),
    })
    expect(api.asked).toEqual([])
  })
})

describe('the token', () => {
  test.each([
    ['none', undefined],
    ['a wrong one', 'Bearer correct-horse-battery-stapl3'],
    ['a longer one', `${bearer}x`],
    ['another scheme', `Basic ${token}`],
    ['the bare token', token],
    ['an empty one', 'Bearer '],
  ])('is asked for everywhere below /api and at /metrics: %s', async (_what, authorization) => {
    const api = open()
    for (const path of ['/api/v1/status', '/api/v1/openapi.json', '/api/nope', '/metrics']) {
      const sending = request(api.app).get(path)
      const response = await (authorization === undefined ? sending : sending.set('authorization', authorization))
      expect(response.status).toBe(401)
      expect(response.headers['www-authenticate']).toBe('Bearer')
      expect(response.body).toMatchObject({ status: 401, fix: expect.stringContaining('Bearer <token>') })
      expect(response.text).not.toContain(token)
    }
    const posted = request(api.app).post('/api/v1/syncs/orders/run')
    expect((await (authorization === undefined ? posted : posted.set('authorization', authorization))).status).toBe(401)
    expect(api.asked).toEqual([])
  })

  test('may have its scheme in small letters', async () => {
    const { app } = open()
    expect((await request(app).get('/api/v1/syncs').set('authorization', `bearer ${token}`)).status).toBe(200)
  })

  test('must be long enough to be worth guarding', () => {
    expect(() => open({ token: 'short' })).toThrow(/24 characters/)
  })
})

describe('a malformed request', () => {
  test.each([
    ['cut JSON', '{"because": "my-secret', /not valid JSON/],
    ['JSON that is no object', '"my-secret"', /not valid JSON/],
    ['a list', '["my-secret"]', /expected object/],
    ['an unknown name', '{"why": "x"}', /why/],
    ['a wrong type', '{"because": 7}', /body\.because/],
    ['an empty reason', '{"because": ""}', /body\.because/],
  ])('is answered 400 without repeating its values: %s', async (_what, body, detail) => {
    const api = open()
    const response = await api.call('post', '/api/v1/syncs/orders/pause', body)
    expect(response.status).toBe(400)
    expect(response.body).toMatchObject({ title: 'Request malformed', detail: expect.stringMatching(detail) })
    expect(response.text).not.toContain('my-secret')
    expect(api.asked).toEqual([])
  })

  test.each([
    '/problems?kind=nope',
    '/problems/abc',
    '/problems?max=0',
    '/problems?max=501',
    '/problems?max=many',
    '/problems?sync=a&sync=b',
    '/problems?sinc=orders',
    '/problems?state=over',
    '/deals?text=',
    '/deals/%E0%A4%A/timeline',
  ])('is answered 400: %s', async (path) => {
    const api = open()
    const response = await api.call('get', `/api/v1${path}`)
    expect(response.status).toBe(400)
    expect(response.body).toMatchObject({ status: 400, fix: expect.any(String) })
    expect(api.asked).toEqual([])
  })

  test('reads a body as JSON whatever its content type says', async () => {
    const api = open()
    await request(api.app)
      .post('/api/v1/syncs/orders/pause')
      .set('authorization', bearer)
      .type('form')
      .send('{"because":"audit"}')
      .expect(200)
    expect(api.asked).toEqual([['hold', 'orders', 'audit']])
  })

  test('of more than 1 MB is answered 413', async () => {
    const api = open()
    const response = await api.call('post', '/api/v1/records/retry', {
      sync: 'orders',
      records: ['x'.repeat(1_100_000)],
    })
    expect(response.status).toBe(413)
    expect(response.body).toMatchObject({ title: 'Request too large', fix: expect.any(String) })
  })

  test('in an unknown charset is answered 415', async () => {
    const response = await request(open().app)
      .post('/api/v1/records/retry')
      .set('authorization', bearer)
      .set('content-type', 'application/json; charset=x-unknown')
      .send('{}')
    expect(response.status).toBe(415)
  })
})

describe('a link to an order', () => {
  const look = (app: ReturnType<typeof open>['app'], secret = 'shown-once') =>
    request(app).get('/api/v1/shared').set('authorization', `Bearer ${secret}`)

  test('shows that order to somebody without an account, and opens nothing else', async () => {
    const { app } = open()
    const { body, status, headers } = await look(app)
    expect([status, body.order.number, body.order.customer]).toEqual([200, 'S00042', 'Acme'])
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-robots-tag': 'noindex, nofollow',
    })
    for (const path of ['/deals', '/deals/901', '/deals/901/documents', '/shares', '/status']) {
      const other = await request(app).get(`/api/v1${path}`).set('authorization', 'Bearer shown-once')
      expect([path, other.status]).toEqual([path, 401])
    }
  })

  test('that is over or was never made says so, and nobody tries many', async () => {
    const { app } = open()
    const none = await request(app).get('/api/v1/shared')
    expect([none.status, none.body.type]).toEqual([404, 'urn:crosswalk:link_over'])
    for (let nth = 0; nth < 31; nth += 1) await look(app)
    for (let nth = 1; nth < 30; nth += 1) expect((await look(app, `wrong-${nth}`)).status).toBe(404)
    expect((await look(app, 'wrong-30')).status).toBe(429)
  })

  test('is in no log and no audit, which have who made it and who ended it', async () => {
    const api = open()
    await api.call('post', '/api/v1/deals/901/share', {})
    await api.call('post', '/api/v1/shares/5/end', {})
    await look(api.app)
    await look(api.app, 'wrong-one')
    expect(api.audited).toMatchObject([
      { actor: 'API token', action: 'shareDeal', subject: { id: '901' }, outcome: 'done' },
      { actor: 'API token', action: 'endShare', subject: { id: '5' }, outcome: 'done' },
    ])
    expect(JSON.stringify([api.lines, api.audited])).not.toMatch(/shown-once|wrong-one/)
  })
})

describe('what was published', () => {
  test('is shown without the text of the configuration', async () => {
    const { body, text } = await open().call('get', '/api/v1/revisions/3')
    const paths = body.files.map((one: { path: string; after: string | null }) => [one.path, one.after])
    expect(paths).toEqual([
      ['config/crosswalk.yaml', null],
      ['mappings/odoo/order.yaml', 'host: hidden'],
    ])
    expect(text).toContain('config/crosswalk.yaml')
    expect((await open().call('get', '/api/v1/revisions/2')).status).toBe(404)
  })

  test('is taken back, and who may not change all of it is stopped before anything is', async () => {
    const api = open()
    const { status, body } = await api.call('post', '/api/v1/revisions/3/revert', { note: 'oops' })
    expect([status, body.revision.number]).toEqual([200, 4])
    expect(api.asked).toEqual([['revert', 3, { note: 'oops' }]])
  })
})

describe('a failure', () => {
  test('of the database is answered 503, and is no fault of the program', async () => {
    const api = open(
      {},
      {
        preview: async () => {
          throw new StoreAway('The database "crosswalk" at hidden-host failed: it crashed.')
        },
      },
    )
    const response = await api.call('post', '/api/v1/deals/901/preview')
    expect(response.status).toBe(503)
    expect(response.body).toMatchObject({ title: 'Not ready', fix: expect.any(String) })
    expect(response.text).not.toContain('hidden-host')
    expect(api.lines.join()).toContain('not_ready')
    expect(api.lines.join()).not.toContain('api_fault')
  })

  test.each<[Problem, number]>([
    [{ kind: 'unavailable' }, 503],
    [{ kind: 'rate_limited', retryAfterMs: 1500 }, 503],
    [{ kind: 'auth_rejected' }, 502],
    [{ kind: 'record_gone', object: 'deals', id: '901' }, 404],
    [{ kind: 'mapping_failed', rule: 'to_money', path: 'amount' }, 422],
  ])('of a use case is shown with its text and fix: %j', async (cause, status) => {
    const { call, lines } = open(
      {},
      {
        preview: async () => {
          throw new SyncError('Deal 901: it failed', { problem: cause, fix: 'Mend it.' })
        },
      },
    )
    const response = await call('post', '/api/v1/deals/901/preview')
    expect(response.status).toBe(status)
    expect(response.headers['content-type']).toContain('application/problem+json')
    expect(response.body).toMatchObject({
      status,
      type: `urn:crosswalk:${cause.kind}`,
      detail: 'Deal 901: it failed',
      fix: 'Mend it.',
    })
    expect(response.headers['retry-after']).toBe(cause.kind === 'rate_limited' ? '2' : undefined)
    expect(lines).toEqual([
      expect.stringMatching(/^api_call .*"operation":"previewDeal".*"from":".+","outcome":"failed"/),
    ])
  })

  test.each<[string, Partial<UseCases>]>([
    ['an error of ours', { status: () => Promise.reject(new Error('connect postgres://me:hidden@db')) }],
    ['a reply that breaks the contract', { status: async () => ({ connections: 'hidden' }) as never }],
  ])('of our own shows nothing but a reference to the log: %s', async (_what, useCases) => {
    const { call, lines } = open({}, useCases)
    const response = await call('get', '/api/v1/status')
    expect(response.status).toBe(500)
    expect(response.text).not.toMatch(/hidden|stack|\.ts/)
    const reference = /reference ([0-9a-f-]{36})/.exec(response.body.detail as string)?.[1]
    expect(lines.join()).toContain(reference)
  })
})

describe('webhooks', () => {
  const path = '/hooks/hubspot/tok%2Fen?x=1'

  test('hands over the raw request under the configured public address', async () => {
    const received: [string, string, WebhookRequest][] = []
    const { app } = open({
      webhooks: {
        knows: known,
        receive: async (...call) => {
          received.push(call)
          return { status: 204 }
        },
      },
    })
    const body = '[ {"b":1,  "a":"ä"} ]'
    const response = await request(app)
      .post(path)
      .set('content-type', 'application/json')
      .set('x-signature', 'abc')
      .send(body)
    expect([response.status, response.text]).toEqual([204, ''])
    const [[connection, given, handed] = []] = received
    expect([connection, given]).toEqual(['hubspot', 'tok/en'])
    expect(handed).toMatchObject({
      method: 'POST',
      url: 'https://hooks.example.com/crosswalk/hooks/hubspot/tok%2Fen?x=1',
      headers: { 'x-signature': 'abc' },
    })
    expect(Buffer.from(handed?.body ?? []).toString()).toBe(body)
  })

  test('hands over the address that the request shows when no public one is configured', async () => {
    const urls: string[] = []
    const receive = async (_connection: string, _token: string, { url }: WebhookRequest) => {
      urls.push(url)
      return { status: 204 }
    }
    await request(open({ publicUrl: null, webhooks: { knows: known, receive } }).app)
      .post(path)
      .set('host', 'cw.example.com:8787')
    expect(urls).toEqual([`http://cw.example.com:8787${path}`])
  })

  test('answers in the words that the sender wants to hear', async () => {
    const reply = { contentType: 'text/xml', body: '<Ack>true</Ack>' }
    const { app } = open({ webhooks: { knows: known, receive: async () => ({ status: 200, reply }) } })
    const response = await request(app).post(path).send('<a/>')
    expect([response.status, response.type, response.text]).toEqual([200, 'text/xml', '<Ack>true</Ack>'])
  })

  test.each([400, 401, 404])('answers a forged or unknown one with a bare %i', async (status) => {
    const { app, asked } = open({ webhooks: { knows: known, receive: async () => ({ status }) } })
    const response = await request(app).post(path).send({ secret: 'my-secret' })
    expect([response.status, response.text]).toEqual([status, ''])
    expect(asked).toEqual([])
  })

  test('asks the sender to send again what could not be stored, without telling why', async () => {
    const { app, lines } = open({ webhooks: { knows: known, receive: () => Promise.reject(new Error('disk full')) } })
    const response = await request(app).post(path).send({ a: 1 })
    expect([response.status, response.text]).toEqual([503, ''])
    expect(lines.join()).toContain('disk full')
  })

  test('takes an empty body and refuses one above 2 MB', async () => {
    const { app } = open()
    expect((await request(app).post(path)).status).toBe(204)
    const large = await request(app).post(path).type('json').send(Buffer.alloc(2_200_000, 'x').toString())
    expect(large.status).toBe(413)
    expect(large.text).not.toContain('xxx')
  })

  test.each(['get', 'put', 'delete'] as const)('takes no %s', async (method) => {
    expect((await request(open().app)[method](path)).status).toBe(404)
  })
})

describe('health and metrics', () => {
  test('tells that the process lives, without a token', async () => {
    const response = await request(open({ ready: async () => false }).app).get('/healthz')
    expect([response.status, response.body]).toEqual([200, { status: 'ok' }])
  })

  test.each<[string, () => Promise<boolean>, number]>([
    ['ready', async () => true, 200],
    ['draining', async () => false, 503],
    ['without a ledger', () => Promise.reject(new Error('no ledger at hidden-host')), 503],
  ])('tells whether it can serve when it is %s', async (_state, ready, code) => {
    const status = code === 200 ? 'ready' : 'not ready'
    const response = await request(open({ ready }).app).get('/readyz')
    expect([response.status, response.body]).toEqual([code, { status }])
  })

  test('serves metrics with the token, or to all when so configured', async () => {
    const guarded = await open().call('get', '/metrics')
    expect([guarded.status, guarded.text]).toEqual([200, 'crosswalk_orders_created_total 5\n'])
    expect((await request(open({ metricsOpen: true }).app).get('/metrics')).status).toBe(200)
  })

  test.each([
    ['127.0.0.1:8787', 200],
    ['[::1]:8787', 200],
    ['10.1.2.3', 200],
    ['localhost:8787', 200],
    ['api:8787', 200],
    ['HOOKS.example.com', 200],
    ['hooks.example.com.:443', 200],
    ['metrics.acme.test', 200],
    ['rebound.attacker.test', 421],
    ['rebound.attacker.test:8787', 421],
    ['127.0.0.1.attacker.test', 421],
    ['hooks.example.com.attacker.test', 421],
    ['', 421],
  ])('serves open metrics to a browser that takes it for %j: %d', async (host, status) => {
    const { app } = open({ metricsOpen: true })
    const response = await request(app).get('/metrics').set('host', host)
    expect(response.status).toBe(status)
    if (status === 421) expect(response.text).not.toContain('crosswalk_orders')
  })
})

test('answers an unknown address with 404 in JSON and safe headers', async () => {
  const response = await request(open().app).get('/nope/%3Cscript%3E?token=my-secret')
  expect(response.status).toBe(404)
  expect(response.headers).toMatchObject({
    'content-type': expect.stringContaining('application/problem+json'),
    'content-security-policy': expect.stringContaining("script-src 'self'"),
    'x-content-type-options': 'nosniff',
  })
  // Said by plain http it is worth nothing, and it would speak for every name below the domain.
  expect(response.headers['strict-transport-security']).toBeUndefined()
  expect(response.headers['x-powered-by']).toBeUndefined()
  expect(response.text).not.toContain('my-secret')
})

/** As many requests as that, twenty at a time. @returns how many were answered with which status */
async function many(requests: number, send: () => request.Test): Promise<Readonly<Record<string, number>>> {
  const statuses = new Map<number, number>()
  for (let done = 0; done < requests; done += 20) {
    const replies = await Promise.all(Array.from({ length: 20 }, send))
    for (const { status } of replies) statuses.set(status, (statuses.get(status) ?? 0) + 1)
  }
  return Object.fromEntries(statuses)
}

test('answers 429 to more than 600 requests a minute with the token', async () => {
  const { app, call } = open()
  expect(await many(620, () => call('get', '/api/v1/nope'))).toEqual({ 404: 600, 429: 20 })
  expect((await request(app).get('/healthz')).status).toBe(200)
})

test('who has no token uses up nothing of those who have it, and is counted', async () => {
  const { app, call, lines, refused } = open()
  expect(await many(620, () => request(app).get('/api/v1/status'))).toEqual({ 401: 600, 429: 20 })
  expect((await call('get', '/api/v1/status')).status).toBe(200)
  expect(refused).toEqual(Array.from({ length: 620 }, () => 'api'))
  expect(lines.filter((line) => line.startsWith('requests_refused'))).toEqual([
    expect.stringMatching(/"requests":1,"door":"api","from":"[^"]*127\.0\.0\.1"/),
  ])
})

test('who does not know the address of a webhook uses up nothing of those who do, and no body of theirs is read', async () => {
  const knows = (_connection: string, secret: string) => secret === 'right'
  const { app, refused } = open({ webhooks: { knows, receive: async () => ({ status: 204 }) } })
  const big = 'x'.repeat(3_000_000)
  expect((await request(app).post('/hooks/hubspot/wrong').send(big)).status).toBe(404)
  expect(await many(620, () => request(app).post('/hooks/hubspot/wrong'))).toEqual({ 404: 599, 429: 21 })
  expect((await request(app).post('/hooks/hubspot/right')).status).toBe(204)
  expect(refused).toHaveLength(621)
})

describe('a text that nothing can store', () => {
  const odd = ['a\u0000b', 'a\u001bb', 'a\ud800b']

  test.each([
    '/deals/%00/timeline',
    '/deals/a%0Ab/timeline',
    '/deals?text=a%00b',
    '/problems?sync=%00',
    '/runs?sync=%1B',
  ])('is refused in an address: %s', async (path) => {
    const { call, asked } = open()
    expect((await call('get', `/api/v1${path}`)).status).toBe(400)
    expect(asked).toEqual([])
  })

  test.each<[string, (text: string) => object]>([
    ['/records/retry', (text) => ({ sync: 'orders', records: ['901', text] })],
    ['/records/retry', (text) => ({ sync: text, records: ['901'] })],
    ['/syncs/orders/pause', (text) => ({ because: text })],
    ['/syncs/orders/customers/company-55/link', (text) => ({ target: text })],
    ['/deals/901/accept', (text) => ({ only: text })],
    ['/deals/901/ignore', (text) => ({ sync: text })],
    ['/deals/901/preview', (text) => ({ sync: text })],
    ['/project/publish', (text) => ({ files: { 'config/tables/terms.yaml': text } })],
    ['/project/publish', (text) => ({ files: { [text]: 'a: b' } })],
    ['/project/publish', (text) => ({ files: { 'config/tables/terms.yaml': 'a: b' }, note: text })],
  ])('is refused in the body of %s', async (path, body) => {
    for (const text of odd) {
      const { call, asked } = open()
      expect((await call('post', `/api/v1${path}`, body(text))).status).toBe(400)
      expect(asked).toEqual([])
    }
  })

  test('is not one with several lines', async () => {
    const { call, asked } = open()
    await call('post', '/api/v1/syncs/orders/pause', { because: 'audit,\r\n\tuntil Monday \u{1f600}' })
    expect(asked).toEqual([['hold', 'orders', 'audit,\r\n\tuntil Monday \u{1f600}']])
  })
})

test('asks once a second whether it is ready, however many ask', async () => {
  let asked = 0
  const ready = async () => {
    asked += 1
    return true
  }
  const { app } = open({ ready })
  expect(await many(100, () => request(app).get('/readyz'))).toEqual({ 200: 100 })
  expect(asked).toBeLessThan(20)
})
