import { expect, test } from '@jest/globals'
import { areTold } from './lines.ts'

const line = (itemtype: string, linekey?: string) => ({
  item: '7',
  itemtype,
  ...(linekey === undefined ? {} : { linekey }),
})

test.each([
  ['goods, ours and what somebody added', [line('InvtPart', 'k'), line('Service')], true],
  ['shipping and tax besides', [line('InvtPart', 'k'), line('ShipItem'), { ...line('TaxItem'), taxline: 'T' }], true],
  ['a kit, whose parts are lines as well', [line('Kit', 'k'), line('InvtPart')], false],
  ['an item group', [line('Group', 'k'), line('InvtPart'), line('EndGroup')], false],
  [
    'a discount that is a line of the deal, and none of the goods',
    [line('InvtPart', 'k'), line('Discount', 'l')],
    false,
  ],
])('whether the goods of an order are what was ordered: %s', (_name, lines, expected) => {
  expect(areTold(lines)).toBe(expected)
})
