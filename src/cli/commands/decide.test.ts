import { expect, test } from '@jest/globals'
import type { Crosswalk } from '../../app/crosswalk.ts'
import { cli } from '../fake.ts'

type Asked = Parameters<Crosswalk['decide']>[0]
const answering = () => {
  const asked: Asked[] = []
  const decide = async (what: Asked) => {
    asked.push(what)
    return { sync: 'deals', deal: what.deal, decided: ['Chair 4 → 7', 'net 40 EUR → 70 EUR'] }
  }
  return { asked, decide }
}

test.each([
  ['accept 901', 'Accepted', { deal: '901', decision: 'accept' }],
  [
    'ignore 901 --only price --sync deals',
    'Not watched any more',
    { deal: '901', decision: 'ignore', only: 'price', sync: 'deals' },
  ],
  ['overwrite 901', 'To be overwritten', { deal: '901', decision: 'overwrite' }],
])('%s says what it is about', async (line, done, what) => {
  const { asked, decide } = answering()
  const { code, out } = await cli(line, { decide })
  expect(code).toBe(0)
  expect(out).toBe(`${done}:\n  Chair 4 → 7\n  net 40 EUR → 70 EUR\nThe deal will be looked at again: crosswalk run\n`)
  expect(asked).toEqual([what])
})

test('an order is overwritten as a whole', async () => {
  expect((await cli('overwrite 901 --only price', { decide: answering().decide })).code).toBe(2)
})
