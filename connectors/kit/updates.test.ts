import { expect, test } from '@jest/globals'
import type { JsonObject } from '../../src/core/json.ts'
import type { Failure } from '../../src/core/problem.ts'
import type { Write, WriteOutcome } from '../../src/ports/connector.ts'
import { type Update, writeUpdates } from './updates.ts'

const update = (object: string, id: string, fields: JsonObject): Write => ({
  do: 'update',
  object,
  id,
  key: null,
  fields,
  lines: null,
})
const failure = (message: string): Failure => ({ problem: { kind: 'bad_reply' }, message, fix: '' })

async function write(...writes: readonly Write[]) {
  const calls: [string, readonly Update<unknown>[]][] = []
  const outcomes = await writeUpdates<unknown>(writes, {
    async encode(one) {
      if (one.do !== 'update') return { ok: false, failure: failure('not an update') }
      return { ok: true, id: one.id, fields: one.fields }
    },
    async send(object, updates) {
      calls.push([object, updates])
      return new Map(
        updates.flatMap(({ id }): [string, WriteOutcome][] => (id === '9' ? [] : [[id, { ok: true, id }]])),
      )
    },
    lost: (object, id) => failure(`${object} ${id} is lost`),
  })
  return { calls, outcomes }
}

test('writes of one record become one update, and the later value stays', async () => {
  const { calls, outcomes } = await write(
    update('deals', '1', { a: 1, b: 1 }),
    update('deals', '2', { a: 2 }),
    update('deals', '1', { b: 3 }),
  )
  const updates = [
    { id: '1', fields: { a: 1, b: 3 } },
    { id: '2', fields: { a: 2 } },
  ]
  expect(calls).toEqual([['deals', updates]])
  expect(outcomes.map((one) => one.ok && one.id)).toEqual(['1', '2', '1'])
})

test('objects are sent apart, and what cannot be encoded or is not answered is a failure in its place', async () => {
  const { calls, outcomes } = await write(
    update('deals', '9', { a: 1 }),
    { do: 'confirm', object: 'deals', id: '1' },
    update('companies', '1', { a: 1 }),
  )
  expect(calls.map(([object]) => object)).toEqual(['deals', 'companies'])
  expect(outcomes.map((one) => (one.ok ? one.id : one.failure.message))).toEqual([
    'deals 9 is lost',
    'not an update',
    '1',
  ])
})

test('a record with nothing to set is done without a call', async () => {
  expect(await write(update('deals', '1', {}))).toEqual({ calls: [], outcomes: [{ ok: true, id: '1' }] })
})
