import { expect, test } from '@jest/globals'
import type { Problem } from '../core/problem.ts'
import type { Connection } from '../ports/connector.ts'
import { cleanConnection } from './clean-connection.ts'

/** What a connection says of one refused record, as it is passed on. */
async function passedOn(problem: Problem, message = ''): Promise<unknown> {
  const connection: Partial<Connection> = {
    write: async () => [{ ok: false, failure: { problem, message, fix: 'Wait.' } }],
  }
  const clean = cleanConnection(connection as Connection, () => ['hunter22'])
  const [outcome] = await clean.write([])
  return outcome?.ok === false ? outcome.failure : null
}

test.each([
  [5_000, 5_000],
  [60 * 366 * 86_400_000, 86_400_000],
  [Number.POSITIVE_INFINITY, 86_400_000],
  [-1, 0],
  [Number.NaN, 0],
])('a record that asks for %d ms waits a day at most', async (retryAfterMs, waits) => {
  expect(await passedOn({ kind: 'rate_limited', retryAfterMs })).toMatchObject({
    problem: { kind: 'rate_limited', retryAfterMs: waits },
  })
})

test('codes, fields and words of a refusal hold no secret and are short', async () => {
  const long = `hunter22 ${'a.'.repeat(500_000)}@`
  const failure = await passedOn({ kind: 'record_rejected', field: long, remoteCode: long }, long)
  const text = JSON.stringify(failure)
  expect(text).not.toContain('hunter22')
  expect(text.length).toBeLessThan(5_000)
})
