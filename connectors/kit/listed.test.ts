import { expect, test } from '@jest/globals'
import type { Connection, Write } from '../../src/ports/connector.ts'
import { onlyListed } from './listed.ts'

const listed: Connection['writes'] = {
  orders: { create: true, key: 'unique', acts: ['confirm'] },
  customers: { create: false, key: 'none', acts: ['update'] },
}
const create = (object: string): Write => ({ do: 'create', object, key: 'k', fields: {}, lines: null })
const confirm = (object: string, id: string): Write => ({ do: 'confirm', object, id })

test('what is not listed is refused in its place, and the rest is written', async () => {
  const handed: Write[] = []
  const write = onlyListed('Example', listed, async (writes) => {
    handed.push(...writes)
    return writes.map((_, place) => ({ ok: true, id: String(place) }))
  })
  const writes = [create('customers'), create('orders'), confirm('constructor', '1'), confirm('orders', '2')]
  const outcomes = await write(writes)
  expect(handed).toEqual([writes[1], writes[3]])
  expect(outcomes.map((one) => (one.ok ? one.id : one.failure.problem.kind))).toEqual([
    'configuration_invalid',
    '0',
    'configuration_invalid',
    '1',
  ])
  expect(outcomes[0]).toMatchObject({
    failure: {
      message: 'Example takes no "create" of customers from Crosswalk',
      fix: 'Correct the `to:` of the mapping. What can be written: orders (create, confirm); customers (update).',
    },
  })
})
