import { expect, test } from '@jest/globals'
import { type Instant, shift } from '../../core/time.ts'
import type { Connection, Match, Query } from '../../ports/connector.ts'
import { openLookups } from './lookups.ts'

const need = (code: string) => ({ object: 'product', where: { code } })

function begin() {
  let now = '2026-11-24T09:00:00.000Z' as Instant
  const asked: string[][] = []
  const shelf = new Map<string, readonly Match[]>()
  const find = async (_object: string, queries: readonly Query[]) => {
    const codes = queries.map((query) => ('fields' in query ? String(query.fields.code) : ''))
    asked.push(codes)
    return codes.map((code) => shelf.get(code) ?? [])
  }
  const lookups = openLookups(
    { name: 'erp', use: (work) => work({ find } as Partial<Connection> as Connection) },
    { now: () => now, sleep: async () => {} },
  )
  const put = (code: string, ...labels: readonly string[]) =>
    shelf.set(
      code,
      labels.map((label) => ({ id: label, key: null, label, archived: label.startsWith('old') })),
    )
  const look = async (batch = lookups.forBatch('live'), ...codes: readonly string[]) =>
    (await batch.lookup(codes.map(need))).map(({ matches }) => matches.map((match) => match.label).join('+'))
  const pass = (ms: number) => {
    now = shift(now, ms)
  }
  return { asked, lookups, put, look, pass }
}

test('batches share what was found, and ask themselves for what was not', async () => {
  const { asked, lookups, put, look } = begin()
  put('A', 'a')
  put('TWO', 'x', 'y')
  put('OLD', 'old')
  expect(await look(lookups.forBatch('live'), 'A', 'TWO', 'OLD', 'NONE')).toEqual(['a', 'x+y', 'old', ''])
  put('NONE', 'there by now')
  expect(await look(lookups.forBatch('live'), 'A', 'TWO', 'OLD', 'NONE')).toEqual(['a', 'x+y', 'old', 'there by now'])
  expect(asked).toEqual([
    ['A', 'TWO', 'OLD', 'NONE'],
    ['TWO', 'OLD', 'NONE'],
  ])
})

test('batches that ask at the same time share the question', async () => {
  const { asked, lookups, put, look } = begin()
  put('A', 'a')
  const answers = await Promise.all([
    look(lookups.forBatch('live'), 'A', 'B'),
    look(lookups.forBatch('live'), 'B', 'A'),
  ])
  expect(answers).toEqual([
    ['a', ''],
    ['', 'a'],
  ])
  expect(asked).toEqual([['A', 'B']])
})

test('a batch asks once, whatever the answer; what was found is asked for again after a minute', async () => {
  const { asked, lookups, put, look, pass } = begin()
  put('A', 'a')
  const batch = lookups.forBatch('live')
  await look(batch, 'A', 'B')
  put('A', 'another')
  pass(61_000)
  expect(await look(batch, 'A', 'B')).toEqual(['a', ''])
  expect(await look(lookups.forBatch('live'), 'A')).toEqual(['another'])
  expect(asked).toEqual([['A', 'B'], ['A']])
})

test('an answer that is missing is not taken for nothing found', async () => {
  const silent = { find: async () => [] } as Partial<Connection> as Connection
  const now = '2026-11-24T09:00:00.000Z' as Instant
  const lookups = openLookups({ name: 'erp', use: (work) => work(silent) }, { now: () => now, sleep: async () => {} })
  await expect(lookups.forBatch('live').lookup([need('A')])).rejects.toMatchObject({ problem: { kind: 'bad_reply' } })
})
