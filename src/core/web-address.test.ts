import { expect, test } from '@jest/globals'
import { webAddress } from './web-address.ts'

test.each([
  ['https://carrier.example/track?n=1', 'https://carrier.example/track?n=1'],
  ['http://erp.local:8069/web#id=1', 'http://erp.local:8069/web#id=1'],
  ['javascript:alert(1)', null],
  ['data:text/html,x', null],
  ['DHL 123', null],
  ['', null],
  [null, null],
])('%s is linked to as %s', (text, address) => {
  expect(webAddress(text)).toBe(address)
})
