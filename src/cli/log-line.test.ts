import { expect, test } from '@jest/globals'
import { logLine } from './log-line.ts'
import { paintOf } from './paint.ts'

const shown = (entry: unknown) => logLine(`${JSON.stringify(entry)}\n`, paintOf(false), 'Europe/Berlin')
const at = '2026-11-24T09:30:00.000Z'

test.each([
  [
    { at, level: 'info', event: 'listening', url: 'http://127.0.0.1:8787' },
    '10:30:00 info  listening url=http://127.0.0.1:8787\n',
  ],
  [
    { at, level: 'warn', event: 'batch stopped', why: 'Odoo is\n\u001b[31mdown', records: 3, ids: ['1', '2'] },
    '10:30:00 warn  batch stopped why="Odoo is down" records=3 ids=["1","2"]\n',
  ],
  [{ at, level: 'error', event: 'failed', stack: 'Error: x\n  at y' }, '10:30:00 error failed\n  Error: x\n    at y\n'],
])('%j is a line for people', (entry, line) => {
  expect(shown(entry)).toBe(line)
})

test('what is no line of the log stays as it is', () => {
  expect(logLine('plain text\n', paintOf(false), 'UTC')).toBe('plain text\n')
})
