import { expect, test } from '@jest/globals'
import type { SetupStep } from '../../ports/connector.ts'
import { cli, text } from '../fake.ts'

const created: SetupStep = { subject: 'erp_order_no', outcome: 'created', message: 'Order number, text' }
const differs: SetupStep = { subject: 'erp_stage', outcome: 'differs', message: 'is a number; text is needed' }

test('shows what became of each field, and fails when one is not as needed', async () => {
  const { code, out } = await cli('setup crm', { setup: async () => [created, differs] })
  expect(code).toBe(1)
  expect(out).toBe(text`
    FIELD         OUTCOME
    erp_order_no  created  Order number, text
    erp_stage     differs  is a number; text is needed
  `)
})

test('--json gives the steps', async () => {
  const { code, out } = await cli('setup crm --json', { setup: async () => [created] })
  expect({ code, steps: JSON.parse(out) }).toEqual({ code: 0, steps: [created] })
})
