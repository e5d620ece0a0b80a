import { describe, expect, test } from '@jest/globals'
import type { Json } from '../../src/core/json.ts'
import { encodeFields, jsonOf } from './encode.ts'
import { fits, keyOf } from './external-id.ts'
import type { Field, Fields } from './metadata.ts'

const field = (shape: Field['shape'], fields?: Fields): Field => ({
  label: shape,
  shape,
  readOnly: false,
  ...(fields === undefined ? {} : { fields }),
})
const fields: Fields = {
  memo: field('text'),
  rate: field('number'),
  line: field('integer'),
  isClosed: field('boolean'),
  shipDate: field('date'),
  seenAt: field('instant'),
  orderStatus: field('choice'),
  entity: field('reference'),
  partners: field('references'),
  item: field('sublist', {}),
  shippingAddress: field('subrecord', { city: field('text'), country: field('reference') }),
}
function encode(name: string, value: Json, creating = false): string {
  const encoded = encodeFields('salesOrder', { [name]: value }, fields, creating)
  return encoded.ok ? jsonOf(encoded.value) : encoded.failure.problem.kind
}

describe('a value', () => {
  test.each<[string, Json, string]>([
    // A double would make 12345678901234568 of it.
    ['rate', '12345678901234567.89', '{"rate":12345678901234567.89}'],
    ['rate', '0.1', '{"rate":0.1}'],
    ['rate', 5, '{"rate":5}'],
    ['line', '7', '{"line":7}'],
    ['isClosed', true, '{"isClosed":true}'],
    ['shipDate', '2026-12-01', '{"shipDate":"2026-12-01"}'],
    ['seenAt', '2026-12-01T08:00:00.000Z', '{"seenAt":"2026-12-01T08:00:00Z"}'],
    ['orderStatus', 'B', '{"orderStatus":{"id":"B"}}'],
    ['entity', '2717', '{"entity":{"id":"2717"}}'],
    ['entity', '-1', '{"entity":{"id":"-1"}}'],
    ['partners', ['1', '2'], '{"partners":{"items":[{"id":"1"},{"id":"2"}]}}'],
    ['memo', 'a "quote"\\', '{"memo":"a \\"quote\\"\\\\"}'],
    ['memo', 'one\r\ntwo\nthree', '{"memo":"one\\\\ntwo\\\\nthree"}'],
    ['memo', null, '{"memo":null}'],
    ['shippingAddress.city', 'Kiel', '{"shippingAddress":{"city":"Kiel"}}'],
    ['shippingAddress.country', 'DE', '{"shippingAddress":{"country":{"id":"DE"}}}'],
  ])('for %s, %j, is sent as %s', (name, value, text) => {
    expect(encode(name, value)).toBe(text)
    expect(() => JSON.parse(text)).not.toThrow()
  })

  test.each<[string, Json, string]>([
    ['rate', 'many', 'record_rejected'],
    ['line', '1.5', 'record_rejected'],
    ['isClosed', 'yes', 'record_rejected'],
    ['shipDate', 'soon', 'record_rejected'],
    // Only a time zone tells which day it is.
    ['shipDate', '2026-12-01T23:00:00.000Z', 'record_rejected'],
    ['seenAt', '2026-12-01', 'record_rejected'],
    ['entity', 'Acme GmbH', 'record_rejected'],
    ['entity', '', 'record_rejected'],
    ['item', [], 'record_rejected'],
    ['colour', 'red', 'configuration_invalid'],
    ['memo.inside', 'x', 'configuration_invalid'],
    ['shippingAddress.street', 'x', 'configuration_invalid'],
  ])('for %s, %j, is refused: %s', (name, value, kind) => {
    expect(encode(name, value)).toBe(kind)
  })

  test('that is empty is left out of a new record, and clears one that is there', () => {
    expect(encode('shippingAddress.city', null, true)).toBe('{}')
    expect(encode('shippingAddress.city', null)).toBe('{"shippingAddress":{"city":null}}')
  })

  test('for what a feature brings is left out where the feature is off', () => {
    expect(encode('currency', '4')).toBe('{}')
  })

  test('in several fields of one address makes one address', () => {
    const encoded = encodeFields(
      'salesOrder',
      { 'shippingAddress.city': 'Kiel', memo: 'x', 'shippingAddress.country': 'DE' },
      fields,
      true,
    )
    expect(encoded.ok && jsonOf(encoded.value)).toBe(
      '{"shippingAddress":{"city":"Kiel","country":{"id":"DE"}},"memo":"x"}',
    )
  })
})

describe('an external id', () => {
  test.each([
    ['hubspot_4711_deal_901', true],
    ['salesforce_00D1x0000008bQA_deal_006-x5f-1', true],
    ['with blank', false],
    ['a|b', false],
    ['', false],
  ])('%j can carry our key: %s', (key, can) => {
    expect(fits(key)).toBe(can)
  })

  test.each([
    ['hubspot_4711_deal_901', 'hubspot_4711_deal_901'],
    ['hubspot_4711_customer_company-77', 'hubspot_4711_customer_company-77'],
    ['SHOP-77', null],
    ['CRM_SO_deal', null],
    [undefined, null],
  ])('%j is a key of ours: %j', (externalId, key) => {
    expect(keyOf(externalId)).toBe(key)
  })
})
