import { describe, expect, test } from '@jest/globals'
import type { Json } from '../../src/core/json.ts'
import { encodeFields } from './encode.ts'
import type { Field } from './schema.ts'

const field = (type: string, required = false): Field => ({
  type,
  label: type,
  required,
  readonly: false,
  stored: true,
  searchable: true,
  computed: false,
})
function encode(type: string, value: Json, options: { required?: boolean; creating?: boolean } = {}) {
  const fields = { given: field(type, options.required) }
  return encodeFields('a.model', { given: value }, fields, options.creating ?? true)
}

describe('a choice', () => {
  const fields = {
    given: { ...field('selection'), options: ['direct', 'one'], optionLabels: ['As soon as possible', 'All at once'] },
  }
  test.each<[string, boolean]>([
    ['direct', true],
    ['All at once', true],
    ['later', false],
  ])('%s is taken: %s', (value, taken) => {
    const encoded = encodeFields('a.model', { given: value }, fields, true)
    expect(encoded.ok).toBe(taken)
    if (!encoded.ok)
      expect(encoded.failure.message).toBe('"later" is none of the choices of a.model.given: direct, one')
  })
})

describe('a value', () => {
  test.each<[string, Json, string, string]>([
    ['char', 'Müller & Söhne 數 😀', 'given', 'Müller & Söhne 數 😀'],
    ['char', 'a\u0000b', 'given', 'ab'],
    ['text', 'one\ntwo', 'given', 'one\ntwo'],
    ['html', 'a < b & "c"\nd', 'given', '<p>a &lt; b &amp; "c"<br>d</p>'],
    ['boolean', true, 'given', '1'],
    ['boolean', false, 'given', '0'],
    ['integer', '7', 'given', '7'],
    ['float', '10.50', 'given', '10.5'],
    ['monetary', 3, 'given', '3'],
    ['date', '2026-12-24', 'given', '2026-12-24'],
    ['datetime', '2026-12-24T17:30:05.678Z', 'given', '2026-12-24 17:30:05'],
    ['datetime', '2026-12-24T17:30:00+02:00', 'given', '2026-12-24 15:30:00'],
    ['selection', 'direct', 'given', 'direct'],
    ['many2one', '43', 'given/.id', '43'],
    ['many2many', ['1', '2'], 'given/.id', '1,2'],
    ['many2many', [], 'given/.id', ''],
  ])('for %s: %j', (type, value, column, text) => {
    expect(encode(type, value)).toEqual({ ok: true, value: [{ column, text }] })
  })

  test.each<[string, string]>([
    ['many2one', 'given/.id'],
    ['float', 'given'],
    ['boolean', 'given'],
  ])('that is taken away, for %s', (type, column) => {
    expect(encode(type, null, { creating: false })).toEqual({ ok: true, value: [{ column, text: '' }] })
  })

  test.each<[string, Json]>([
    ['boolean', 'yes'],
    ['integer', '7.5'],
    ['float', '1,5'],
    ['date', '24.12.2026'],
    ['date', '2026-02-30'],
    ['datetime', 'tomorrow'],
    ['many2one', 'Azure Interior'],
    ['many2one', '0'],
    ['many2one', '-1'],
    ['many2many', '1'],
    ['many2many', ['a']],
    ['one2many', []],
    ['char', { a: 1 }],
  ])('that is none for %s is refused: %j', (type, value) => {
    expect(encode(type, value)).toMatchObject({
      ok: false,
      failure: { problem: { kind: 'record_rejected', field: 'given' } },
    })
  })

  test.each<[string, Json, string]>([
    ['date', '2026-12-24T23:00:00.000Z', 'to_date'],
    ['datetime', '2026-12-24', 'to_instant'],
  ])('of a %s: %j is not guessed, as only a time zone tells: %s', (type, value, transform) => {
    expect(encode(type, value)).toMatchObject({ ok: false, failure: { fix: expect.stringContaining(transform) } })
  })

  test('that is missing is left to Odoo in a new record, and clears in one that is there', () => {
    const none = { ok: true, value: [] }
    const cleared = { ok: true, value: [{ column: 'given', text: '' }] }
    for (const required of [true, false]) {
      expect(encode('char', null, { required, creating: true })).toEqual(none)
      expect(encode('char', null, { required, creating: false })).toEqual(cleared)
    }
  })

  test('for a field that is not there, whatever its name, is refused', () => {
    for (const name of ['x_none', 'constructor', '__proto__']) {
      expect(encodeFields('a.model', JSON.parse(`{"${name}":"1"}`), {}, true)).toMatchObject({
        ok: false,
        failure: { problem: { kind: 'configuration_invalid', path: `a.model.${name}` } },
      })
    }
  })
})
