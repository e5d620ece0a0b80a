import { expect, test } from '@jest/globals'
import type { ConnectionCheck } from '../../app/project/workshop.ts'
import { cli, text } from '../fake.ts'

const account = {
  id: '12345',
  name: 'Acme GmbH',
  timeZone: 'Europe/Berlin',
  currency: 'EUR',
  apiVersion: '2026-09',
}
const good: ConnectionCheck = {
  connection: 'crm',
  system: 'hubspot',
  failure: null,
  report: {
    account,
    findings: [
      { level: 'ok', subject: 'login', message: 'accepted' },
      { level: 'warning', subject: 'key expiry', message: 'The key expires in 12 days', fix: 'Rotate it.' },
    ],
  },
}
const failed: ConnectionCheck = {
  connection: 'erp',
  system: 'odoo',
  report: null,
  failure: { problem: { kind: 'auth_rejected' }, message: 'Odoo refused the login.', fix: 'Make a new API key.' },
}

test('shows account and findings of each connection, and fails when one fails', async () => {
  const { code, out } = await cli('check', { check: async () => [good, failed] })
  expect(code).toBe(1)
  expect(out).toBe(text`
    ✓ crm  hubspot
      Acme GmbH (12345) · Europe/Berlin · EUR · API 2026-09
      ✓ login: accepted
      ! key expiry: The key expires in 12 days
        What to do: Rotate it.
    ✗ erp  odoo
      ✗ Odoo refused the login.
        What to do: Make a new API key.
  `)
})

test('a warning alone is no failure', async () => {
  expect((await cli('check', { check: async () => [good] })).code).toBe(0)
})

test('an error among the findings is one', async () => {
  const report = { account, findings: [{ level: 'error', subject: 'scope', message: 'missing' }] } as const
  expect((await cli('check', { check: async () => [{ ...good, report }] })).code).toBe(1)
})

test('looks at the connections that are named; --json gives them as they are', async () => {
  const asked: unknown[] = []
  const check = async (names: readonly string[]) => {
    asked.push(names)
    return [good]
  }
  const { out } = await cli('check crm erp --json', { check })
  expect(asked).toEqual([['crm', 'erp']])
  expect(JSON.parse(out)).toEqual([good])
})
