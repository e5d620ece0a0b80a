import { expect, test } from '@jest/globals'
import type { Trial } from '../../app/engine/trial.ts'
import { cli, text } from '../fake.ts'

const nothing: Trial = { tried: 2, same: 2, fields: [], ends: [] }

test('tries what is on disk on the newest records, and says that all come out the same', async () => {
  const asked: unknown[] = []
  const { code, out, err } = await cli('replay --last 2 --sync orders', {
    async tryDraft(...given) {
      asked.push(given)
      return { findings: [], ...nothing }
    },
  })
  expect({ code, out, err }).toEqual({
    code: 0,
    out: '✓ 2 of 2 records come out the same\n',
    err: 'Nothing was written.\n',
  })
  expect(asked).toEqual([[null, { records: [], last: 2, sync: 'orders' }]])
})

test('shows what would differ, by field, and of which records something else would become', async () => {
  const failure = {
    problem: { kind: 'mapping_failed', rule: 'terms', path: 'order.yaml' },
    message: 'terms: no entry "west"',
    fix: 'Add it.',
  } as const
  const tried: Trial = {
    tried: 3,
    same: 0,
    fields: [
      {
        of: 'record',
        field: 'payment_term_id',
        records: 2,
        examples: [
          {
            ...{ record: '901', label: 'Acme desks', line: null },
            before: { value: 1, name: 'Immediate' },
            after: { value: 3, name: '30 days' },
          },
        ],
      },
      {
        of: 'line',
        field: 'discount',
        records: 1,
        examples: [{ record: '902', label: 'Chairs', line: '7', before: null, after: { value: '5', name: null } }],
      },
    ],
    ends: [
      {
        ...{ record: '903', label: 'Lamps' },
        before: { action: 'nothing', failure: null },
        after: { action: 'problem', failure },
      },
    ],
  }
  const { code, out } = await cli('replay 901 902 903', { tryDraft: async () => ({ findings: [], ...tried }) })
  expect(code).toBe(0)
  expect(out).toBe(text`
    ~ 0 of 3 records come out the same

    FIELD            RECORDS  FIRST       BEFORE       AFTER
    payment_term_id        2  Acme desks  1 Immediate  3 30 days
    line discount          1  Chairs      –            5

    RECORD  LABEL  NOW      THEN     WHY
    903     Lamps  nothing  problem  terms: no entry "west"
  `)
})

test('tries nothing where there are findings, and ends with 1', async () => {
  const finding = {
    ...{ file: 'mappings/acme/order.yaml', line: 4, column: 9 },
    ...{ kind: 'unknown_path' as const, message: 'deal has no "numbr".' },
  }
  const { code, out, err } = await cli('replay', {
    tryDraft: async () => ({ findings: [finding], tried: 0, same: 0, fields: [], ends: [] }),
  })
  expect({ code, out, err }).toEqual({
    code: 1,
    out: 'mappings/acme/order.yaml:4:9 unknown_path: deal has no "numbr".\n',
    err: '1 finding. Nothing was tried.\n',
  })
})
