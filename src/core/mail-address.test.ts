import { expect, test } from '@jest/globals'
import { addressWithin } from './mail-address.ts'

const domains = ['acme.test', 'Sales.Acme.test']

test.each([
  ['ana@acme.test', 'ana@acme.test'],
  ['Ana.Li+crm@ACME.test', 'ana.li+crm@acme.test'],
  ["o'neil@sales.acme.test", "o'neil@sales.acme.test"],
  ['a@acme.test', 'a@acme.test'],
])('%s may be written to', (text, address) => {
  expect(addressWithin(text, domains)).toBe(address)
})

test.each([
  ['another domain', 'ana@other.test'],
  ['a domain within', 'ana@x.acme.test'],
  ['a domain that only ends so', 'ana@evilacme.test'],
  ['a domain that only begins so', 'ana@acme.test.evil.test'],
  ['a list', 'ana@acme.test,eve@evil.test'],
  ['a list behind a foreign address', 'eve@evil.test, ana@acme.test'],
  ['a list with semicolons', 'eve@evil.test;ana@acme.test'],
  ['a group', 'all:eve@evil.test,ana@acme.test;'],
  ['a name', 'Ana <ana@acme.test>'],
  ['a name that is an address', '"eve@evil.test" <ana@acme.test>'],
  ['a line break and a header', 'ana@acme.test\r\nBcc: eve@evil.test'],
  ['a line feed alone', 'eve@evil.test\nana@acme.test'],
  ['a line feed at the end', 'ana@acme.test\n'],
  ['a NUL', 'ana@acme.test\u0000'],
  ['a comment', 'ana(eve@evil.test)@acme.test'],
  ['a quoted local part', '"eve@evil.test,"@acme.test'],
  ['a route', '@evil.test:ana@acme.test'],
  ['two signs', 'ana@evil.test@acme.test'],
  ['percent routing', 'eve%evil.test@acme.test'],
  ['a path of relays', 'evil.test!eve@acme.test'],
  ['a space before', ' ana@acme.test'],
  ['a Cyrillic letter that looks Latin', 'ana@аcme.test'],
  ['an option of a mail program', '-oQ/tmp@acme.test'],
  ['no local part', '@acme.test'],
  ['nothing', ''],
  ['too long', `${'a'.repeat(300)}@acme.test`],
])('%s is not written to', (_what, text) => {
  expect(addressWithin(text, domains)).toBeNull()
})

test('no domain allows no address', () => {
  expect(addressWithin('ana@acme.test', [])).toBeNull()
})
