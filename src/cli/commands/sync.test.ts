import { expect, test } from '@jest/globals'
import type { Publication } from '../../app/project/projects.ts'
import { shift } from '../../core/time.ts'
import { aSync, cli, now, text } from '../fake.ts'

test('shows all that is in force, and what else a policy could be', async () => {
  const { code, out } = await cli('sync deals', { sync: async () => aSync })
  expect(code).toBe(0)
  expect(out).toBe(text`
    deals
      way         hubspot → odoo, deal
      mode        shadow: it plans, and writes nothing
      since       2026-11-24 10:30:00
      where       properties.pipeline: ["default"]
      schedule    0 6 * * * Europe/Berlin
      next times  2026-11-25 10:30:00, 2026-11-26 10:30:00
      guard       3 of 1,000 new orders in the last hour
      batch       1,000 records
      waiting     backfill: 7 due, 0 later, 0 in work
      problems    1: \`crosswalk problems --sync deals\`
      last run    2 min ago, scheduled, 11 delivered, 1 problem
      backfill    2 min ago, 5 of 12 deals done, 7 to go
      mappings    mappings/odoo/order.yaml

    Policies
      confirm           automatic (or leave_as_draft)
      totals.tolerance  0

    In shadow it would have
      4 planned
      2 min ago: Shadow mode: an order for 20 pumps would be created
  `)
})

function publishing(answer: Partial<Publication> = {}) {
  const asked: unknown[] = []
  const revision = { number: 4, at: now, actor: 'ida@host', note: 'deals: mode live', changes: [] }
  const changeSync = async (...given: unknown[]): Promise<Publication> => {
    asked.push(given)
    return { revision, findings: [], changes: [], ...answer }
  }
  return { asked, changeSync }
}

test('changes what is named, and says who takes it over', async () => {
  const { asked, changeSync } = publishing()
  const line = 'sync deals --mode live --per-hour 5 --policy confirm=leave_as_draft --policy undated=ask --note agreed'
  const { code, out, err } = await cli(line, { changeSync })
  expect(asked).toEqual([
    ['deals', { mode: 'live', perHour: 5, policies: { confirm: 'leave_as_draft', undated: 'ask' }, note: 'agreed' }],
  ])
  expect({ code, out }).toEqual({ code: 0, out: '✓ Revision 4 is in force: deals: mode live\n' })
  expect(err).toContain('The file on disk stays as it was.')
  expect(err).toContain('`crosswalk run deals`')
})

test('takes a schedule with its zone, or none', async () => {
  const { asked, changeSync } = publishing()
  await cli('sync deals --cron @daily --zone Europe/Berlin', { changeSync })
  await cli('sync deals --no-schedule', { changeSync })
  expect(asked).toEqual([
    ['deals', { schedule: { cron: '@daily', timeZone: 'Europe/Berlin' } }],
    ['deals', { schedule: null }],
  ])
})

test('tells what keeps a change from being published', async () => {
  const file = 'config/crosswalk.yaml'
  const finding = { file, line: 3, column: 5, kind: 'configuration', message: 'not a cron expression' } as const
  const { changeSync } = publishing({ revision: null, findings: [finding] })
  const { code, out, err } = await cli('sync deals --cron never', { changeSync })
  expect(code).toBe(1)
  expect(out).toContain('config/crosswalk.yaml:3:5')
  expect(err).toBe('1 finding. Nothing was changed.\n')
})

test.each([
  ['sync deals --zone UTC', /Give the --cron as well/],
  ['sync deals --cron @daily --no-schedule', /either --cron or --no-schedule/],
  ['sync deals --policy confirm', /It takes a name=choice/],
  ['sync deals --mode loud', /live, shadow/],
])('refuses %s', async (line, fix) => {
  const { code, err } = await cli(line)
  expect(code).toBe(2)
  expect(err).toMatch(fix)
})

test('shows no policies, guard or plans where there are none', async () => {
  const bare = { ...aSync, guard: null, policies: [], shadow: null, schedule: null, backfill: null, where: null }
  const { out } = await cli('sync deals', { sync: async () => ({ ...bare, since: shift(now, -1) }) })
  expect(out).not.toMatch(/Policies|guard|shadow it|backfill {2}|where/)
})
