import { describe, expect, test } from '@jest/globals'
import { parseBase, routeOf, within } from './address.ts'

describe('parseBase', () => {
  test.each([
    ['https://erp.example.com/api/', { origin: 'https://erp.example.com', path: '/api' }],
    ['https://erp.example.com', { origin: 'https://erp.example.com', path: '' }],
    ['http://127.0.0.1:8069', { origin: 'http://127.0.0.1:8069', path: '' }],
    ['http://localhost:10080/x', { origin: 'http://localhost:10080', path: '/x' }],
    ['http://[::1]:80', { origin: 'http://[::1]', path: '' }],
  ])('takes %s', (text, expected) => {
    expect(parseBase('erp', text)).toEqual(expected)
  })

  test.each([
    ['http://erp.example.com', 'in the clear'],
    ['http://127.0.0.1.example.com', 'in the clear'],
    ['http://localhost.example.com', 'in the clear'],
    ['ftp://127.0.0.1', 'in the clear'],
    ['https://me:pw@erp.example.com', 'holds a login'],
    ['https://erp.example.com/?db=1', 'a query'],
    ['erp.example.com', 'is not an address'],
    ['', 'is not an address'],
  ])('refuses %j', (text, why) => {
    expect(() => parseBase('erp', text)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining(why),
        problem: { kind: 'configuration_invalid', path: 'baseUrl' },
      }),
    )
    expect(() => parseBase('erp', text)).not.toThrow(/pw/)
  })
})

describe('within', () => {
  const base = parseBase('erp', 'https://erp.example.com/api')

  test.each(['https://erp.example.com/api', 'https://erp.example.com/api/orders?x=1'])('lets %s pass', (address) => {
    expect(within('erp', base, address).href).toBe(address)
  })

  test.each([
    'https://evil.example.com/api/orders',
    'http://erp.example.com/api/orders',
    'https://erp.example.com:8443/api/orders',
    'https://erp.example.com/apiary',
    'https://erp.example.com/api/../admin',
    'https://erp.example.com/api/%2e%2e/admin',
    'https://me:pw@erp.example.com/api/orders',
    '/api/orders',
  ])('refuses %s', (address) => {
    expect(() => within('erp', base, address)).toThrow(
      expect.objectContaining({ problem: { kind: 'configuration_invalid', path: 'baseUrl' } }),
    )
  })

  test('does not repeat the query of a refused address', () => {
    expect(() => within('erp', base, 'https://evil.example.com/x?token=abc')).not.toThrow(/abc/)
  })
})

test.each([
  ['/crm/v3/objects/deals/12345', '/crm/v3/objects/deals/:id'],
  ['/services/data/v61.0/sobjects/Opportunity/0065g00000abcdEAAQ', '/services/data/v61.0/sobjects/Opportunity/:id'],
  ["/sap/API_SALES_ORDER_SRV/A_SalesOrder('42')", '/sap/API_SALES_ORDER_SRV/:id'],
  ['/k3cloud/Kingdee.BOS.WebApi.ServicesStub.DynamicFormService.Save.common.kdsvc', null],
  ['/contact/email/jane%40example.com/profile', '/contact/email/:id/profile'],
  ['/', '/'],
])('masks what is not a word of the API in %s', (path, expected) => {
  expect(routeOf(new URL(path, 'https://x'))).toBe(expected ?? path)
})
