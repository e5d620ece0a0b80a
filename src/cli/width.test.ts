import { describe, expect, test } from '@jest/globals'
import type { Crosswalk, Status } from '../app/crosswalk.ts'
import type { Preview } from '../app/engine/preview.ts'
import type { ConnectionCheck } from '../app/project/workshop.ts'
import { decimal } from '../core/decimal.ts'
import { aLink, aProblem, aRun, aSync, cli, now } from './fake.ts'
import { widthOf } from './text.ts'

/*
 * Every command answers people who look at a terminal of any width with names that may be long, Chinese, or emoji. No line may be
 * wider than the terminal, or than 100 columns where there is none; what is cut says so.
 */

const long =
  '上海精密机械制造有限公司 🚢 Werft und Maschinenbau Gesellschaft für Schiffsausrüstung, Ersatzteile und Wartung mbH & Co. KG, Kiel'
const ref = { connection: 'hubspot', object: 'deals', id: '98765432101' }
const failure = {
  problem: { kind: 'unavailable' },
  message: `${long} does not answer at https://a-very-long-host-name.of-a-very-long-company.example/with/a/path/that/does/not/end.`,
  fix: 'Once it answers, run `crosswalk retry --sync deals 98765432101 98765432102 98765432103 98765432104 98765432105`.',
} as const
const link = { ...aLink, source: { ...aLink.source, label: long }, target: { ...aLink.target, label: 'S00042' } }
const account = { id: '12345', name: long, timeZone: 'Europe/Berlin', currency: 'EUR', apiVersion: '2026-09' }
const checks: ConnectionCheck[] = [
  {
    connection: 'hubspot',
    system: 'hubspot',
    failure: null,
    report: { account, findings: [{ level: 'warning', subject: 'key expiry', message: long, fix: failure.fix }] },
  },
  { connection: 'odoo', system: 'odoo', report: null, failure },
]
const waits = [{ sync: 'deals', lane: 'backfill', connection: 'hubspot', until: now, records: 12_345 }] as const
const status: Status = {
  waits,
  alerts: [],
  connections: [
    {
      connection: 'hubspot',
      system: 'hubspot',
      account,
      pausedBecause: failure,
      pausedUntil: now,
      failures: 1,
      quotas: [{ name: 'day of the app', limit: 1_000_000, remaining: 999_999, windowMs: 86_400_000, endsAt: now }],
      parallel: { calls: 4, most: 10, held: 3 },
    },
  ],
  syncs: [
    {
      sync: 'deals',
      from: 'hubspot',
      to: 'odoo',
      document: 'deal',
      schedule: '*/2 * * * *',
      lookedAt: null,
      enabledAt: now,
      mode: 'live',
      mappings: null,
      heldBecause: long,
      extraOrders: 0,
      cursors: {},
      inbox: null,
      problems: 2,
      mutedProblems: 1,
      lastRun: { ...aRun, state: 'stopped', reason: long },
    },
  ],
  orders: (['draft', 'in_production', 'partly_shipped', 'partly_paid', 'paid'] as const).map((stage) => ({
    state: 'linked',
    stage,
    count: 12_345,
  })),
}
const field = { field: 'a_custom_field_with_a_long_name', rule: `${long} else ${long}`, source: long, value: long }
const preview: Preview = {
  sync: 'deals',
  recordId: ref.id,
  action: 'create',
  label: long,
  order: null,
  fields: [{ ...field, name: long, changed: true, note: long }],
  lines: [
    {
      key: `line-${long}`,
      fields: { name: long, product_id: '7' },
      names: { product_id: long },
      changed: ['name'],
      now: { name: long },
    },
  ],
  gone: [{ key: long, now: { name: long } }],
  differences: [{ place: long, text: `${long} 4 → 5`, expected: '4', actual: '5' }],
  customer: { id: '7', label: long, by: long, fields: [] },
  below: [
    { link: 'shipTo', id: null, label: long, by: null, fields: [{ ...field, name: long, changed: true, note: long }] },
  ],
  totals: { source: { net: decimal(420), tax: null, total: null, currency: 'EUR' }, target: null },
  failures: [failure],
}
const entries = [
  { event: 'problem', details: { fix: failure.fix }, text: failure.message },
  {
    event: 'created',
    details: { fields: { name: long, note: long }, lines: [{ name: long, price: '1' }] },
    text: long,
  },
].map((one) => ({ ...one, sync: 'deals', at: now, actor: 'ida@host', ref }))
const answers: Partial<Crosswalk> = {
  check: async () => checks,
  status: async () => status,
  deals: async () => [link],
  sync: async () => ({ ...aSync, heldBecause: long, where: { [long]: long } }),
  runs: async () => [{ ...aRun, reason: long, state: 'stopped' }],
  problems: async () => [{ ...aProblem, message: failure.message, fix: failure.fix }],
  preview: async () => preview,
  timeline: async () => entries,
  setup: async () => [{ subject: 'erp_order_number', outcome: 'differs', message: long }],
  reconcile: async () => ({
    won: 9,
    linked: 0,
    missing: Array.from({ length: 40 }, () => ref.id),
    extra: [],
    mended: 0,
  }),
  run: async () => ({
    syncs: [{ sync: 'deals', found: 9, counts: { created: 3, unchanged: 4, left_out: 5 }, stopped: failure }],
    problems: 1,
    waits,
    waiting: 2,
    elsewhere: 3,
  }),
  lint: async () => [
    {
      ...{ file: 'mappings/odoo/order.yaml', line: 12, column: 3, kind: 'unknown_field', level: 'error' },
      ...{ message: long, fix: failure.fix },
    },
  ],
  describe: async () => ({
    object: 'deals',
    fields: {
      a: { label: long, type: 'text', writable: true, required: false, options: [long, long] },
    },
  }),
}
const lines = [
  'check',
  'status',
  'sync deals',
  'deals',
  'runs',
  'problems',
  `preview deal ${ref.id}`,
  `timeline deal ${ref.id}`,
  'setup hubspot',
  'reconcile deals',
  'run',
  'describe hubspot deals',
]

describe.each([20, 40, 60, 80, 100, 160])('on a terminal of %d columns', (columns) => {
  test.each([...lines, 'lint'])('%s is no wider', async (line) => {
    const { out, err } = await cli(line, answers, { outColumns: columns, errColumns: columns })
    expect(out).not.toBe('')
    for (const one of `${out}${err}`.replaceAll('\r\u001b[2K', '\n').split('\n'))
      expect([one, widthOf(one) <= columns]).toEqual([one, true])
  })
})

test.each(lines)('%s has 100 columns where there is no terminal', async (line) => {
  const { out, err } = await cli(line, answers, { outColumns: null, errColumns: null })
  for (const one of `${out}${err}`.split('\n')) expect([one, widthOf(one) <= 100]).toEqual([one, true])
})

test('findings are on one line each where a program reads them', async () => {
  const { out } = await cli('lint', answers, { outColumns: null })
  expect(out).toBe(`mappings/odoo/order.yaml:12:3 unknown_field: ${long} ${failure.fix}\n`)
})

test('a command that a hint names is on one line where it fits on one', async () => {
  const problems = async () => [{ ...aProblem, message: long, fix: `${long}: \`crosswalk retry --sync deals 98765\`` }]
  for (const columns of [40, 60, 80, 100]) {
    const { out } = await cli('problems', { problems }, { outColumns: columns })
    expect(out).toContain('`crosswalk retry --sync deals 98765`')
  }
})

test('what is cut in a table ends in an ellipsis', async () => {
  const { out } = await cli('deals', answers, { outColumns: 60 })
  const [, row = ''] = out.split('\n')
  expect(row).toMatch(/^901 {3}上海\S*… /)
})
