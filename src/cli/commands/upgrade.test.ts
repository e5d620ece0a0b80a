import { expect, test } from '@jest/globals'
import type { UpgradeFinding, UpgradeReport } from '../../ports/ledger/upgrade.ts'
import { cli } from '../fake.ts'

const upToDate: UpgradeReport = {
  ready: true,
  node: '24.21.0',
  database: { place: 'DATABASE_URL', exists: true, version: '18.4', bytes: 12_345_678 },
  migrations: [],
  newer: [],
  processes: [{ host: 'worker-2', pid: 4711, schema: '0010.sql', since: '', seen: '' }],
  findings: [],
}
const tables = [
  { table: 'timeline', work: 'index', rows: 212_000, bytes: 41_000_000 },
  { table: 'links', work: 'columns', rows: 2_000, bytes: 1_000_000 },
] as const
const migration = { name: '0011-more.sql', kind: 'additive', tables } as const
const behind: UpgradeReport = { ...upToDate, migrations: [migration] }
const finding = (change: Partial<UpgradeFinding>): UpgradeFinding => ({
  level: 'error',
  about: 'database',
  message: 'It is too old.',
  fix: 'Renew it.',
  ...change,
})
const blocked = (report: UpgradeReport, change: Partial<UpgradeFinding> = {}): UpgradeReport => ({
  ...report,
  ready: false,
  findings: [finding(change)],
})

async function run(line: string, report: UpgradeReport) {
  let ran = 0
  const upgrade = {
    check: async () => report,
    run: async () => {
      ran += 1
    },
  }
  return { ...(await cli(line, {}, { upgrade })), ran }
}

test.each<[string, string, UpgradeReport, { code: number; ran: number; says: string }]>([
  ['nothing to do', 'upgrade', upToDate, { code: 0, ran: 0, says: 'Nothing to do' }],
  ['nothing to do', 'upgrade --check', upToDate, { code: 0, ran: 0, says: 'Nothing to do' }],
  ['something to do', 'upgrade', behind, { code: 0, ran: 1, says: 'up to date now' }],
  [
    'something to do',
    'upgrade --check',
    behind,
    { code: 0, ran: 0, says: 'may go on working until they are replaced' },
  ],
  [
    'a breaking one',
    'upgrade --check',
    { ...behind, migrations: [{ ...migration, kind: 'breaking' }] },
    { code: 0, ran: 0, says: 'must not run during' },
  ],
  ['something in the way', 'upgrade', blocked(behind), { code: 1, ran: 0, says: 'Nothing was done' }],
  ['something in the way', 'upgrade --check', blocked(behind), { code: 1, ran: 0, says: 'in the way' }],
  [
    'a mapping in the way of nothing',
    'upgrade',
    blocked(upToDate, { about: 'mappings' }),
    { code: 0, ran: 0, says: 'Nothing to do' },
  ],
  [
    'a mapping in the way of nothing',
    'upgrade --check',
    blocked(upToDate, { about: 'mappings' }),
    { code: 1, ran: 0, says: 'in the way' },
  ],
  ['a database of a newer release', 'upgrade', blocked(upToDate), { code: 1, ran: 0, says: 'Nothing was done' }],
  [
    'no database yet',
    'upgrade',
    { ...upToDate, database: { ...upToDate.database, exists: false } },
    { code: 0, ran: 1, says: 'up to date now' },
  ],
  [
    'no database yet',
    'upgrade --check',
    { ...upToDate, database: { ...upToDate.database, exists: false } },
    { code: 0, ran: 0, says: 'the first start makes it' },
  ],
])('with %s, `%s`', async (_what, line, report, { code, ran, says }) => {
  const done = await run(line, report)
  expect({ code: done.code, ran: done.ran }).toEqual({ code, ran })
  expect(done.err).toContain(says)
})

test('what would run is shown with the sizes of its tables, and what is in the way with what to do', async () => {
  const { out } = await run('upgrade --check', blocked(behind))
  expect(out).toContain('PostgreSQL 18.4, 12.3 MB')
  expect(out).toContain('4711 on worker-2')
  expect(out).toMatch(/0011-more\.sql +additive +timeline: an index: writing waits meanwhile +212000 +41\.0 MB/)
  expect(out).toMatch(/links: columns, a moment whatever the size +2000 +1\.0 MB/)
  expect(out).toContain('✗ database: It is too old.')
  expect(out).toContain('What to do: Renew it.')
  expect(JSON.parse((await run('upgrade --check --json', behind)).out)).toEqual(behind)
})
