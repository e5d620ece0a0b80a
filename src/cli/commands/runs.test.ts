import { expect, test } from '@jest/globals'
import { aRun, cli, text } from '../fake.ts'

test('lists runs with their outcome', async () => {
  const runs = async () => [
    aRun,
    { ...aRun, state: 'stopped' as const, counts: {}, reason: 'Odoo is not reachable' },
    { ...aRun, kind: 'manual' as const, state: 'running' as const, endedAt: null, counts: {}, actor: 'ida@host' },
  ]
  const { code, out } = await cli('runs', { runs })
  expect(code).toBe(0)
  expect(out).toBe(text`
    STARTED (Europe/Berlin)  SYNC   KIND       STATE    BY         TOOK  OUTCOME
    2026-11-24 10:27:57      deals  scheduled  done     –         3.0 s  11 delivered, 1 problem
    2026-11-24 10:27:57      deals  scheduled  stopped  –         3.0 s  – · Odoo is not reachable
    2026-11-24 10:27:57      deals  manual     running  ida@host         –
  `)
})

test('filters, and says when there are none', async () => {
  const asked: unknown[] = []
  const { out } = await cli('runs --sync deals --max 5', {
    async runs(filter) {
      asked.push(filter)
      return []
    },
  })
  expect(asked).toEqual([{ sync: 'deals', max: 5 }])
  expect(out).toBe('No runs yet.\n')
})

test('--json gives the runs', async () => {
  expect(JSON.parse((await cli('runs --json', { runs: async () => [aRun] })).out)).toEqual([aRun])
})
