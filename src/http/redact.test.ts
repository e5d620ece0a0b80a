import { describe, expect, test } from '@jest/globals'
import { redact } from './redact.ts'

describe('redact', () => {
  test.each([
    ['a registered secret', 'login s3cr3t!/x refused', 'login [secret] refused'],
    ['its URL-encoded spelling', 'q=s3cr3t!%2Fx refused', 'q=[secret] refused'],
    ['its base64 spelling', 'basic czNjcjN0IS94 refused', 'basic [secret] refused'],
    ['its JSON spelling', '{"a":"say \\"hush\\""}', '{"a":"[secret]"}'],
    ['the longer of two overlapping secrets', 'got s3cr3t!/x-long', 'got [secret]'],
    ['a bearer token', 'sent Bearer abcDEF123456.789', 'sent Bearer [secret]'],
    ['a JSON web token', 'jwt eyJhbGciOi.eyJzdWIiOi.abc_-1', 'jwt [secret]'],
    ['a HubSpot token', 'key pat-na1-01234567-89ab-cdef-0123-456789abcdef', 'key [secret]'],
    ['a Salesforce session', 'sid 00D5g000004abcd!AQ4AQFhX.abcdefghij', 'sid [secret]'],
    ['a login in an address', 'postgres://me:pw@db/x', 'postgres://[secret]@db/x'.replace('@', '')],
    ['a named value in a query', 'GET /a?access_token=abcd1234&b=1', 'GET /a?access_token=[secret]&b=1'],
    ['a named value in JSON', '{"password": "hunter22", "b": 1}', '{"password": "[secret]", "b": 1}'],
    ['a private key', 'k -----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY----- z', 'k [secret] z'],
  ])('removes %s', (_what, text, expected) => {
    expect(redact(text, ['s3cr3t!/x', 's3cr3t!/x-long', 'say "hush"'])).toBe(expected)
  })

  test('cuts what is longer than anybody reads, also where a secret lies across the cut', () => {
    const secret = 'a-secret-of-some-length'
    const clean = redact(`${'a word '.repeat(570)}${secret.repeat(3)} and ${'so on '.repeat(1000)}`, [secret])
    expect(clean.length).toBeLessThan(4200)
    expect(clean).toContain('(10064 characters)')
    expect(clean).not.toContain('a-secret')
    for (const hostile of ['a', 'a.', 'eyJa-', 'pat-na1-', 'x:', 'token='])
      expect(redact(hostile.repeat(2_000_000), []).length).toBeLessThan(4200)
  })

  test.each([
    'The design: one order for each deal',
    'Order S00042 of deal 9001: product "DESK-01" not found',
    'https://erp.example.com/web#id=42',
    'Basic authentication is off, bearer authentication is on',
    'mail info@example.com at 2026-11-24T09:30:00.000Z',
  ])('leaves plain text alone: %s', (text) => {
    expect(redact(text, [])).toBe(text)
  })

  test('does not blank out text for a secret of a few characters', () => {
    expect(redact('an order', ['an', ''])).toBe('an order')
  })
})
