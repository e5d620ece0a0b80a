import { expect, test } from '@jest/globals'
import { aLink, cli, text } from '../fake.ts'

const named = (id: string, label: string) => ({
  ...aLink,
  source: { ...aLink.source, ref: { ...aLink.source.ref, id }, label },
})

test('lists deals with their orders, whatever their script', async () => {
  const lost = {
    ...named('902', '北京泵业 20台'),
    target: { ...aLink.target, id: null, label: null },
    stage: null,
  }
  const deals = async () => [
    aLink,
    { ...lost, state: 'unknown' as const },
    { ...named('903', 'Evil \u001b]0;title\u0007\u001b[31mred\u001b[0m'), stage: 'paid' },
  ]
  const { code, out } = await cli('deals', { deals })
  expect(code).toBe(0)
  expect(out).toBe(text`
    DEAL  NAME           ORDER   PROGRESS         CHANGED
    901   20 pumps       S00042  partly shipped   2 min ago
    902   北京泵业 20台  –       outcome unknown  2 min ago
    903   Evil red       S00042  paid             2 min ago
  `)
})

test('searches and filters', async () => {
  const asked: unknown[] = []
  const deals = async (filter: object) => {
    asked.push(filter)
    return []
  }
  expect((await cli('deals pumps --state linked --open --max 5', { deals })).out).toBe('No deals.\n')
  await cli('deals', { deals })
  expect(asked).toEqual([{ text: 'pumps', state: 'linked', open: true, max: 5 }, { max: 30 }])
})

test('--json gives the links', async () => {
  expect(JSON.parse((await cli('deals --json', { deals: async () => [aLink] })).out)).toEqual([aLink])
})
