import { expect, test } from '@jest/globals'
import { z } from 'zod'
import { instantSchema, parseCursor } from './cursor.ts'

const schema = z.strictObject({ since: instantSchema })

test('reads a cursor that it wrote', () => {
  const cursor = { since: '2026-11-24T09:00:00.000Z' }
  expect(parseCursor(schema, cursor, 'Example')).toEqual(cursor)
})

test.each([null, {}, { since: '2026-11-24' }, { since: '2026-11-24T09:00:00Z' }, { since: 7 }])(
  'says that %j is none, and what to do',
  (cursor) => {
    expect(() => parseCursor(schema, cursor, 'Example')).toThrow('changes of Example cannot be read')
  },
)
