import { expect, test } from '@jest/globals'
import {
  afterWriting,
  changedFields,
  differenceOf,
  leavingOut,
  storedOf,
  type Written,
  writtenOf,
} from './difference.ts'

const before: Written = {
  fields: { ref: 'A', note: 'made by us', tags: ['1', '2'] },
  lines: { l1: { qty: '1', price: '10' }, l2: { qty: '2', price: '5' } },
  confirmed: true,
}

test('finds nothing where nothing changed, whatever the order of names', () => {
  const lines = [
    { key: 'l2', fields: { price: '5', qty: '2' } },
    { key: 'l1', fields: { qty: '1', price: '10' } },
  ]
  expect(differenceOf(before, { fields: { tags: ['1', '2'], ref: 'A' }, lines })).toBeNull()
})

test('names what changed, with what goes along in its line, what is new and what is gone', () => {
  const after = {
    fields: { ref: 'B', tags: ['2', '1'] },
    lines: [
      { key: 'l1', fields: { qty: '3', price: '10' } },
      { key: 'l3', fields: { qty: '1', price: '1' } },
    ],
  }
  const difference = differenceOf(before, after)
  expect(difference).toEqual({
    fields: { ref: 'B', tags: ['2', '1'] },
    upsert: [
      { key: 'l1', fields: { qty: '3' }, unchanged: { price: '10' } },
      { key: 'l3', fields: { qty: '1', price: '1' } },
    ],
    remove: ['l2'],
  })
  const written = difference === null ? before : afterWriting(before, difference)
  expect(written.fields.note).toBe('made by us')
  expect(differenceOf(written, after)).toBeNull()
  expect(writtenOf(storedOf(written))).toEqual(written)
})

test('does not clear what was never written', () => {
  expect(changedFields({ a: '1' }, { a: null, b: null })).toEqual({ a: null })
})

test('says nothing of what a new line does not have', () => {
  const lines = [
    { key: 'l3', fields: { qty: '1', price: null } },
    { key: 'l4', fields: { price: null } },
  ]
  expect(differenceOf({ fields: {}, lines: {}, confirmed: false }, { fields: {}, lines })?.upsert).toEqual([
    { key: 'l3', fields: { qty: '1' } },
    { key: 'l4', fields: {} },
  ])
})

test('what is left on purpose makes no difference, and goes along as the target has it', () => {
  const left = { fields: { ref: 'B' }, lines: { l1: { price: '12' }, l4: { qty: '4' } }, removed: ['l2'] }
  const wanted = (qty: string, price: string) => ({
    fields: { ref: 'B' },
    lines: [
      { key: 'l1', fields: { qty, price } },
      { key: 'l4', fields: { qty: '4' } },
    ],
  })
  const after = { ...before, left }
  expect(differenceOf(after, wanted('1', '12'))).toBeNull()
  expect(differenceOf(after, wanted('3', '12'))?.upsert).toEqual([
    { key: 'l1', fields: { qty: '3' }, unchanged: { price: '10' } },
  ])
  expect(differenceOf(after, wanted('1', '13'))?.upsert).toEqual([
    { key: 'l1', fields: { price: '13' }, unchanged: { qty: '1' } },
  ])
  expect(writtenOf(storedOf(after))).toEqual(after)
})

test('what is decided takes the place of what was left before', () => {
  const left = { fields: { ref: 'B', note: 'x' }, lines: { l1: { price: '12' } }, removed: ['l2'] }
  const line = { key: 'l1', fields: { price: '13' }, unchanged: {} }
  const all = { fields: { ref: 'C' }, upsert: [line], remove: ['l2'] }
  expect(leavingOut({ ...before, left }, all, { fields: {}, upsert: [line], remove: [] })).toEqual({
    ...{ fields: { note: 'x' }, lines: { l1: { price: '13' } }, removed: [] },
  })
  expect(leavingOut(before, all, null)).toBeNull()
})
