import { expect, test } from '@jest/globals'
import { shift } from '../../core/time.ts'
import type { SharedOrder } from '../../ports/ledger/shared-orders.ts'
import { cli, now, text } from '../fake.ts'

const shared: SharedOrder = {
  ...{ id: '5', sync: 'deals', ref: { connection: 'hubspot', object: 'deals', id: '901' }, createdBy: 'ida@host' },
  ...{ createdAt: now, endsAt: shift(now, 86_400_000), usedAt: null },
}

test('makes a link, which is all of the answer', async () => {
  const asked: unknown[] = []
  const share = async (...given: unknown[]) => {
    asked.push(given)
    return { shared, secret: 'abc' }
  }
  const { code, out, err } = await cli('share add 901 --sync deals --days 7', { share })
  expect([code, out, asked]).toEqual([0, '/share#abc\n', [['901', { sync: 'deals', days: 7 }]]])
  expect(err).toContain('until 2026-11-25 10:30:00')
  expect(err).toContain('crosswalk share end 5')
  await cli('share add 901', { share })
  expect(asked.at(-1)).toEqual(['901', { days: 30 }])
  expect(JSON.parse((await cli('share add 901 --json', { share })).out)).toEqual({ shared, path: '/share#abc' })
})

test.each(['0', '366', 'x'])('refuses a link that lasts %s days', async (days) => {
  const { code, err } = await cli(`share add 901 --days ${days}`)
  expect([code, err]).toEqual([2, expect.stringMatching(/1 to 365 days|whole number/)])
})

test('lists links with who made them, of one deal or of all', async () => {
  const asked: unknown[] = []
  const shares = async (filter: unknown) => {
    asked.push(filter)
    return [shared, { ...shared, id: '4', createdBy: null, usedAt: shift(now, -120_000) }]
  }
  const { out } = await cli('share list 901', { shares })
  expect(asked).toEqual([{ deal: '901', max: 50 }])
  expect(out).toBe(text`
    ID  DEAL  MADE BY   ENDS                 LAST OPENED
    5   901   ida@host  2026-11-25 10:30:00  never
    4   901   –         2026-11-25 10:30:00  2 min ago
  `)
  expect((await cli('share list', { shares: async () => [] })).out).toBe('No links.\n')
})

test('ends a link, and says when there is none', async () => {
  expect(await cli('share end 5', { endShare: async () => shared })).toMatchObject({
    ...{ code: 0, out: 'Nobody sees the order of deal 901 by link 5 any more.\n' },
  })
  expect(await cli('share end 6', { endShare: async () => null })).toMatchObject({
    ...{ code: 1, out: 'There is no link 6.\n' },
  })
  expect((await cli('share end five')).code).toBe(2)
})
