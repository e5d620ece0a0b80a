import { expect, test } from '@jest/globals'
import { list, value } from './field.ts'

test('a field has a relation only where it leads somewhere', () => {
  const base = { writable: false, required: false }
  expect(value('Number', 'text')).toEqual({ ...base, label: 'Number', type: 'text' })
  expect(list('Lines', 'order.line')).toEqual({ ...base, label: 'Lines', type: 'list', relation: 'order.line' })
})
