import { expect, test } from '@jest/globals'
import { cli, text } from '../fake.ts'

const agrees = { won: 120, linked: 120, missing: [], extra: [], mended: 0 }

test('says that all agree', async () => {
  const { code, out, err } = await cli('reconcile deals', { reconcile: async () => agrees })
  expect({ code, out, err }).toEqual({ code: 0, out: '✓ 120 won deals, 120 with an order\n', err: '' })
})

test('lists what is missing and what is too many', async () => {
  const reconcile = async () => ({ won: 120, linked: 118, missing: ['901', '902'], extra: ['7'], mended: 0 })
  const { code, out, err } = await cli('reconcile deals', { reconcile })
  expect(code).toBe(1)
  expect(out).toBe(text`
    ! 120 won deals, 118 with an order

    Won, but neither an order nor a problem: 2
      901 902

    Orders whose deal is no longer won: 1
      7
  `)
  expect(err).toBe('To have the missing ones delivered: crosswalk reconcile deals --mend\n')
})

test('--mend has them delivered', async () => {
  const asked: unknown[] = []
  const { out } = await cli('reconcile deals --mend', {
    async reconcile(...given) {
      asked.push(given)
      return { won: 2, linked: 1, missing: ['901'], extra: [], mended: 1 }
    },
  })
  expect(asked).toEqual([['deals', { mend: true }]])
  expect(out).toContain('1 record queued: crosswalk run deals\n')
})

test('--json gives the comparison', async () => {
  const { out } = await cli('reconcile deals --json', { reconcile: async () => agrees })
  expect(JSON.parse(out)).toEqual(agrees)
})
