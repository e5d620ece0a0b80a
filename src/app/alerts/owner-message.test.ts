import { describe, expect, test } from '@jest/globals'
import { concerns } from '../../core/concern.ts'
import { type ProblemKind, problemTitles } from '../../core/problem.ts'
import type { Instant } from '../../core/time.ts'
import { conditionOf, inPlainWords, ownerMessage, subjectOf } from './owner-message.ts'

const since = '2026-11-24T09:00:00.000Z' as Instant
const now = '2026-11-24T10:00:00.000Z' as Instant
const dealOf = (id: string, kind: ProblemKind = 'lookup_failed', message = 'No product has the SKU X.') => ({
  sync: 'orders',
  ref: { connection: 'crm', object: 'deals', id },
  ...{ kind, message, since, problem: '7' },
})
const messageOf = (changes: Parameters<typeof ownerMessage>[0], labels: Readonly<Record<string, string>> = {}) =>
  ownerMessage(changes, {
    ...{ name: 'Acme', timeZone: 'UTC', to: 'office crm 7', now },
    deals: new Map(
      changes.map(({ condition: { subject } }) => [
        subject,
        { label: labels[subject] ?? 'Desks', url: 'https://crm.test/7' },
      ]),
    ),
  })

describe('what somebody who sells is told', () => {
  test.each(Object.keys(problemTitles) as ProblemKind[])('of %s has what they can do, and no command', (kind) => {
    const condition = conditionOf(dealOf('1', kind))
    const { subject, lines } = messageOf([{ what: 'new', condition }])
    expect(subject).toBe('[Acme] Needs you: Desks')
    expect(lines).toEqual([
      'Waits: Desks',
      `  What: ${problemTitles[kind]}. No product has the SKU X.`,
      '  Since: 2026-11-24 09:00 (UTC), for 60 min',
      `  What to do: ${concerns[kind].ask}`,
      '  Deal: https://crm.test/7',
      '',
      'You are told because these deals are yours in the CRM. Nobody reads answers to this mail.',
    ])
    expect(concerns[kind].ask).not.toMatch(/crosswalk|`/i)
    expect(concerns[kind].ask).toContain('administrator')
  })

  test('that is over says so, and asks for nothing', () => {
    const { subject, lines } = messageOf([{ what: 'over', condition: conditionOf(dealOf('1')) }])
    expect(subject).toBe('[Acme] Solved: Desks')
    expect(lines.join()).not.toContain('What to do')
  })

  test('of several deals puts what waits first in the subject, and stays one line whatever they are called', () => {
    const changes = [dealOf('1'), dealOf('2')].map((deal) => ({ what: 'new' as const, condition: conditionOf(deal) }))
    expect(messageOf(changes).subject).toBe('[Acme] Needs you: 2 of your deals')
    const [first] = changes
    const named = messageOf(first === undefined ? [] : [first], { [subjectOf(dealOf('1'))]: 'A\r\nBcc: eve@evil.test' })
    expect(named.subject).toBe('[Acme] Needs you: A Bcc: eve@evil.test')
    for (const line of named.lines) expect(line).not.toMatch(/[\r\n]/)
  })

  test('of very many deals names thirty', () => {
    const changes = Array.from({ length: 50 }, (_one, index) => ({
      what: 'new' as const,
      condition: conditionOf(dealOf(`${index}`)),
    }))
    const { lines } = messageOf(changes)
    expect(lines.filter((line) => line.startsWith('Waits'))).toHaveLength(30)
    expect(lines).toContain('And 20 more of your deals: the field with the problem shows it on each.')
  })
})

test.each([
  ['Run `crosswalk link company-7 12`. It is ambiguous.', 'It is ambiguous.'],
  ['Refused: no such tax.\n    at Server.post (/srv/x.js:1:2)\n    at next (y.js)', 'Refused: no such tax.'],
  [
    'Traceback (most recent call last):\n  File "/odoo/http.py", line 7, in post\nValueError: no tax',
    'ValueError: no tax',
  ],
  ['x'.repeat(500), `${'x'.repeat(400)}…`],
])('%j is told as %j', (message, told) => {
  expect(inPlainWords(message)).toBe(told)
})
