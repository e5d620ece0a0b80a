import { expect, test } from '@jest/globals'
import { keyOfName, nameOfKey } from './external-id.ts'

test.each([
  ['hubspot_4711_deal_901', 'hubspot_4711_deal_901'],
  ['a-b', 'a-b'],
  ['deal 7', 'deal=207'],
  ['a.b/c:d%e', 'a=2eb=2fc=3ad=25e'],
  ['a=20b', 'a=3d20b'],
  ['ä', '=c3=a4'],
  ['數😀', '=e6=95=b8=f0=9f=98=80'],
])('key %s becomes %s and comes back', (key, name) => {
  expect(nameOfKey(key)).toBe(name)
  expect(keyOfName(name)).toBe(key)
})
