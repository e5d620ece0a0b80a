import { expect, test } from '@jest/globals'
import type { StoredCertificate } from '../../ports/ledger/certificates.ts'
import { at, cli, text } from '../fake.ts'

const none = { count: 0, named: [] }
const certificate = {
  sync: 'deals',
  at: at('2026-11-24T01:41:00Z'),
  since: at('2026-01-01T00:00:00Z'),
  won: 412,
  orders: 412,
  waiting: none,
  missing: none,
  extra: none,
}
const kept: readonly StoredCertificate[] = [
  {
    id: '2',
    genuine: false,
    certificate: {
      ...certificate,
      waiting: {
        count: 3,
        named: [
          { id: '901', label: '20 pumps (901)' },
          { id: '902', label: null },
        ],
      },
    },
  },
  { id: '1', genuine: true, certificate },
]

test('shows deals, orders and exceptions by name, and fails where one was changed', async () => {
  const asked: unknown[] = []
  const certificates = async (filter: unknown) => {
    asked.push(filter)
    return kept
  }
  expect(await cli('certificates --sync deals --max 2', { certificates })).toMatchObject({
    code: 1,
    out: text`
      ! 2026-11-24 02:41:00 deals: 412 deals won since 2026-01-01, 412 orders in all
          3 wait on a problem: 20 pumps (901), deal 902 and 1 more
        ✗ changed after it was signed, or signed with another vault key
      ✓ 2026-11-24 02:41:00 deals: 412 deals won since 2026-01-01, 412 orders in all
    `,
  })
  expect(asked).toEqual([{ sync: 'deals', max: 2 }])
  expect((await cli('certificates', { certificates: async () => kept.slice(1) })).code).toBe(0)
})

test('says when the first one comes', async () => {
  const { code, out } = await cli('certificates', { certificates: async () => [] })
  expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('at 02:41 every night') })
})
