import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startOdooSimulator } from '../../connectors/odoo/simulator/index.ts'
import { startSalesforceSimulator } from '../../connectors/salesforce/simulator/index.ts'
import { type RunningServer, startServer } from '../../src/main/server.ts'
import { webhookToken } from '../project-folder.ts'
import { openPair, type Pair } from '../rig.ts'

/*
 * An API process without a worker has never logged in. Whose webhook it takes does not depend on that.
 */

let pair: Pair
let server: RunningServer
let salesforce: Awaited<ReturnType<typeof startSalesforceSimulator>>
let organizationId: string

beforeAll(async () => {
  salesforce = await startSalesforceSimulator()
  organizationId = String(salesforce.settings.organizationId)
  pair = await openPair(
    { system: 'salesforce', simulator: salesforce },
    { system: 'odoo', simulator: await startOdooSimulator() },
    { crm: { organizationId: undefined } },
  )
  server = await startServer({ config: pair.config, home: pair.home, environment: {}, role: 'api', log: () => {} })
})
afterAll(async () => {
  await server.close()
  await pair.close()
})

async function send(organization: string): Promise<number> {
  const body = `<Envelope><Body><notifications><OrganizationId>${organization}</OrganizationId><Notification>
    <Id>04l5g00000Gx7QzAAJ</Id><sObject type="sf:Opportunity"><Id>0065g00000AbCdEAAV</Id></sObject>
  </Notification></notifications></Body></Envelope>`
  const reply = await fetch(`${server.url}/hooks/salesforce/${webhookToken}`, { method: 'POST', body })
  return reply.status
}

test('the first outbound message is judged by the org of the login, and waits for it', async () => {
  salesforce.fault({ match: { path: '/services/oauth2/token' }, kind: 'status', status: 503, times: 100 })
  expect(await send(organizationId)).toBe(503)
  salesforce.clearFaults()
  expect(await send('00D5g000000otherEA')).toBe(401)
  expect(await send(organizationId)).toBe(200)
})
