import { expect, test } from '@jest/globals'
import { pick, treeOf } from './tree.ts'

test('paths with the same beginning share it, and places in lists are passed over', () => {
  const tree = treeOf(['id', 'lines.sku', 'lines.0.item.name', 'customer'])
  expect([...tree.keys()]).toEqual(['id', 'lines', 'customer'])
  expect([...(tree.get('lines')?.keys() ?? [])]).toEqual(['sku', 'item'])
  expect([...(tree.get('lines')?.get('item')?.keys() ?? [])]).toEqual(['name'])
})

test('picks what the paths name, with the ids of records inside', () => {
  const order = { id: '1', note: 'x', lines: [{ id: '7', sku: 'A', item: { id: '9', name: 'a' } }] }
  expect(pick(order, treeOf(['lines.sku', 'lines.item.name']))).toEqual({
    id: '1',
    lines: [{ id: '7', sku: 'A', item: { id: '9', name: 'a' } }],
  })
})

test('a name from the chain of prototypes is a name like others', () => {
  expect(pick({ constructor: 1 }, treeOf(['constructor']))).toEqual({ constructor: 1 })
  expect(pick({}, treeOf(['toString']))).toEqual({})
})
