import { expect, test } from '@jest/globals'
import type { Revision } from '../../ports/ledger/revisions.ts'
import { cli, now, text } from '../fake.ts'

const revision: Revision & { kept: boolean } = {
  kept: true,
  number: 3,
  at: now,
  actor: 'ida@host',
  note: 'longer terms',
  changes: [
    { path: 'config/tables/terms.yaml', change: 'changed' },
    { path: 'mappings/acme/order.yaml', change: 'new' },
  ],
}
const published = { findings: [], revision, changes: revision.changes }

test('says what is in force now and what changed', async () => {
  const asked: unknown[] = []
  const { code, out, err } = await cli('publish --note terms', {
    async publish(...given) {
      asked.push(given)
      return published
    },
  })
  expect({ code, err, asked }).toEqual({
    code: 0,
    err: 'Running servers take it over within seconds.\n',
    asked: [[null, { note: 'terms' }]],
  })
  expect(out).toBe(text`
    ✓ Revision 3 is in force
      CHANGE   FILE
      changed  config/tables/terms.yaml
      new      mappings/acme/order.yaml
  `)
})

test('says so when nothing differs', async () => {
  const { code, out } = await cli('publish', { publish: async () => ({ ...published, changes: [] }) })
  expect({ code, out }).toEqual({
    code: 0,
    out: '✓ Revision 3 is in force\nNo file differs from the revision before.\n',
  })
})

test('prints findings as lint does, and ends with 1', async () => {
  const finding = {
    file: 'mappings/acme/order.yaml',
    line: 4,
    column: 9,
    kind: 'unknown_path',
    message: 'deal has no "numbr".',
    fix: 'Did you mean "deal.number"?',
  } as const
  const refused = { findings: [finding], revision: null, changes: [] }
  const { code, out, err } = await cli('publish', { publish: async () => refused })
  expect({ code, out, err }).toEqual({
    code: 1,
    out: 'mappings/acme/order.yaml:4:9 unknown_path: deal has no "numbr". Did you mean "deal.number"?\n',
    err: '1 finding. Nothing was published.\n',
  })
  const json = await cli('publish --json', { publish: async () => refused })
  expect({ code: json.code, out: JSON.parse(json.out) }).toEqual({ code: 1, out: refused })
})

test('--revert publishes the files of an earlier revision', async () => {
  const asked: unknown[] = []
  const { code, out } = await cli('publish --revert 2 --note oops', {
    async revert(...given) {
      asked.push(given)
      return published
    },
  })
  expect({ code, asked }).toEqual({ code: 0, asked: [[2, { note: 'oops' }]] })
  expect(out).toContain('Revision 3 is in force')
})

test('--list shows who published what', async () => {
  const path = 'config/tables/terms.yaml'
  const first = { ...revision, number: 1, actor: null, note: null, changes: [] }
  const second = {
    ...revision,
    number: 2,
    changes: Array.from({ length: 9 }, () => ({ path, change: 'new' as const })),
  }
  const revisions = async () => [revision, second, first]
  const { code, out } = await cli('publish --list', { revisions })
  expect(code).toBe(0)
  expect(out).toBe(text`
    REVISION  AT (Europe/Berlin)   BY        NOTE          CHANGES
           3  2026-11-24 10:30:00  ida@host  longer terms  config/tables/terms.yaml and 1 more
           2  2026-11-24 10:30:00  ida@host  longer terms  config/tables/terms.yaml and 8 more
           1  2026-11-24 10:30:00  –                       –
  `)
  expect(JSON.parse((await cli('publish --list --json --max 1', { revisions })).out)).toHaveLength(3)
  expect((await cli('publish --list', { revisions: async () => [] })).out).toBe('Nothing was published yet.\n')
})
