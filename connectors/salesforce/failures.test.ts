import { expect, test } from '@jest/globals'
import type { Instant } from '../../src/core/time.ts'
import type { OpenHttp } from '../../src/ports/http.ts'
import { salesforce } from './index.ts'
import { startSalesforceSimulator } from './simulator/index.ts'

const silent = () => {}
const log = { debug: silent, info: silent, warn: silent, error: silent }
const clock = { now: () => '2026-11-24T09:00:00.000Z' as Instant, sleep: async () => {} }

test('a fault of ours is told as it is, not as a bad reply of Salesforce', async () => {
  const fault = new Error('the database has too many connections')
  const broken: OpenHttp = () => ({ send: () => Promise.reject(fault), calls: () => 0 })
  const simulator = await startSalesforceSimulator()
  try {
    const connection = salesforce.open(simulator.settings, { name: 'crm', http: broken, clock, log })
    await expect(connection.describe('Opportunity')).rejects.toBe(fault)
  } finally {
    await simulator.close()
  }
})
