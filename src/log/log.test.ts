import { describe, expect, test } from '@jest/globals'
import type { Json } from '../core/json.ts'
import { SyncError } from '../core/problem.ts'
import { type LogLevel, openLog } from './log.ts'
import { scrub } from './scrub.ts'

function capture(level: LogLevel, secrets: string[] = []) {
  const lines: string[] = []
  const log = openLog({ level, secrets: () => secrets, write: (line) => lines.push(line) })
  return { log, lines }
}

describe('openLog', () => {
  test('writes one JSON line an event', () => {
    const { log, lines } = capture('info')
    log.info('run_started', { sync: 'deal-to-order', count: 3, cursor: undefined, text: 'two\nlines' })
    log.warn('late')
    expect(lines.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true)
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        at: expect.stringMatching(/^\d{4}-.*Z$/),
        level: 'info',
        event: 'run_started',
        sync: 'deal-to-order',
        count: 3,
        text: 'two\nlines',
      },
      { at: expect.any(String), level: 'warn', event: 'late' },
    ])
  })

  test('leaves out what is below its level', () => {
    const { log, lines } = capture('warn')
    log.debug('a')
    log.info('b')
    log.warn('c')
    log.error('d')
    expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(['c', 'd'])
  })

  test('lets no detail pass for level, event or time', () => {
    const { log, lines } = capture('info')
    log.info('real', { event: 'forged', level: 'error', at: '1999' })
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ event: 'real', level: 'info', at: expect.stringMatching(/^20/) })
  })

  test('removes a secret that was registered after the log was opened', () => {
    const secrets: string[] = []
    const { log, lines } = capture('info', secrets)
    secrets.push('s3cr3t-key')
    log.info('login with s3cr3t-key', { text: 'used s3cr3t-key', 's3cr3t-key': 1 })
    expect(lines.join()).not.toContain('s3cr3t-key')
  })
})

describe('scrub', () => {
  const options = { secrets: [], stacks: false }

  test.each<[string, unknown, Json]>([
    [
      'secret names',
      { apiKey: 'abc', client_secret: { a: 1 }, 'Set-Cookie': ['x'] },
      { apiKey: '[secret]', client_secret: '[secret]', 'Set-Cookie': '[secret]' },
    ],
    [
      'personal names',
      { firstName: 'Jane', phone: null, email: 'x' },
      { firstName: '[personal]', phone: null, email: '[personal]' },
    ],
    [
      'the name of a customer or contact',
      { customer: { id: '7', name: 'Jane Doe' } },
      { customer: { id: '7', name: '[personal]' } },
    ],
    [
      'an e-mail address in a text',
      { message: 'no contact jane.doe+x@example.co.uk.' },
      { message: 'no contact [email].' },
    ],
    ['an encoded e-mail address', 'GET /contact/jane%40example.com', 'GET /contact/[email]'],
    ['a phone number in a text', 'call +49 30 1234-567 or (030) 123 456', 'call [phone] or [phone]'],
    ['a secret inside an e-mail-free text', 'sent Bearer abcdefgh12345678', 'sent Bearer [secret]'],
  ])('removes %s', (_what, value, expected) => {
    expect(scrub(value, options)).toEqual(expected)
  })

  test.each([
    'order S00042, deal 9001-2, 2026-11-24T09:30:00.000+02:00, 1234567890123',
    'product.pricelist has no currency_id.name EUR',
  ])('keeps what is neither: %s', (text) => {
    expect(scrub(text, options)).toBe(text)
  })

  test('keeps the name of a connection', () => {
    expect(scrub({ connection: { name: 'odoo' }, name: 'x' }, options)).toEqual({
      connection: { name: 'odoo' },
      name: 'x',
    })
  })

  test('spells an error out with its problem, fix and cause, without the stack', () => {
    const cause = new Error('mail jane@example.com bounced')
    const error = new SyncError('Odoo refused', {
      problem: { kind: 'record_rejected', field: 'name', remoteCode: 'E1' },
      fix: 'Rename it.',
      record: { system: 'odoo', object: 'res.partner', id: '7' },
      cause,
    })
    expect(scrub({ error }, options)).toEqual({
      error: {
        message: 'Odoo refused',
        problem: { kind: 'record_rejected', field: 'name', remoteCode: 'E1' },
        fix: 'Rename it.',
        record: { system: 'odoo', object: 'res.partner', id: '7' },
        cause: { message: 'mail [email] bounced', name: 'Error' },
      },
    })
    expect(scrub(cause, { secrets: [], stacks: true })).toHaveProperty('stack')
  })

  test('bounds depth, length and number', () => {
    const ring: { self?: unknown } = {}
    ring.self = ring
    expect(JSON.stringify(scrub(ring, options))).toContain('[too deep]')
    expect(scrub('x'.repeat(5000), options)).toHaveLength(2000 + '… (5000 characters)'.length)
    expect(scrub(Array.from({ length: 500 }), options)).toHaveLength(100)
  })
})
