import { expect, test } from '@jest/globals'
import { aProblem, cli, text } from '../fake.ts'

test('lists cause, remedy and records', async () => {
  const whole = { ...aProblem, id: '7', kind: 'guard_tripped' as const, waiting: 0, records: [], field: null }
  const { code, out, err } = await cli('problems', { problems: async () => [aProblem, whole] })
  expect({ code, err }).toEqual({ code: 0, err: '\nOnce the cause is fixed: crosswalk retry <id>\n' })
  expect(out).toBe(text`
    12  Referenced record not found
        deals · 5 records · field product_id · since 2 h ago · last seen 3 min ago
        Odoo has no product with default_code "AB-1", which line 2 of the deal names.
        What to do: Create the product in Odoo; the deals are then delivered by themselves.
        Records: 901 902 903 and 2 more

    7  More new orders than the guard allows
       deals · since 2 h ago · last seen 3 min ago
       Odoo has no product with default_code "AB-1", which line 2 of the deal names.
       What to do: Create the product in Odoo; the deals are then delivered by themselves.
  `)
})

test('says that there are none', async () => {
  expect(await cli('problems', { problems: async () => [] })).toMatchObject({
    code: 0,
    out: '✓ No problems.\n',
    err: '',
  })
})

test('filters', async () => {
  const asked: unknown[] = []
  await cli('problems --sync deals --kind lookup_failed --max 5', {
    async problems(filter) {
      asked.push(filter)
      return []
    },
  })
  expect(asked).toEqual([{ sync: 'deals', kind: 'lookup_failed', max: 5 }])
})

test('shows one with all its records', async () => {
  const waiting = ['901', '902', '903', '904', '905'].map((id) => ({ connection: 'hubspot', object: 'deals', id }))
  const found = { problem: aProblem, waiting }
  const { code, out } = await cli('problems 12', { problem: async () => found })
  expect(code).toBe(0)
  expect(out).toContain('Records: 901 902 903 904 905\n')
  expect(JSON.parse((await cli('problems 12 --json', { problem: async () => found })).out)).toEqual(found)
})

test('one that is not open is not found', async () => {
  expect(await cli('problems 99', { problem: async () => null })).toMatchObject({
    code: 1,
    out: 'There is no open problem 99.\n',
  })
  expect(await cli('problems 99 --json', { problem: async () => null })).toMatchObject({ code: 1, out: 'null\n' })
})

test('--json gives the problems', async () => {
  expect(JSON.parse((await cli('problems --json', { problems: async () => [aProblem] })).out)).toEqual([aProblem])
})
