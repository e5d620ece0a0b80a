import { z } from 'zod'
import type { CheckFinding, CheckReport } from '../../src/ports/connector.ts'
import type { Client } from './client.ts'

const companyReply = z.object({
  id: z.string(),
  name: z.string(),
  time_zone: z.string(),
  currency: z.string(),
  api_version: z.string(),
  rights: z.array(z.string()),
})
const needed = ['orders.read', 'orders.write', 'customers.read', 'customers.write', 'products.read']

/** Proves address, login and rights by one call. */
export async function checkAccess(client: Client): Promise<CheckReport> {
  const company = await client.get(companyReply, 'company')
  const rights = needed.map((right): CheckFinding => {
    if (company.rights.includes(right)) return { level: 'ok', subject: right, message: 'The app has this right' }
    const message = `The app lacks the right ${right}`
    return { level: 'error', subject: right, message, fix: 'Give it under Settings › Apps of the ERP.' }
  })
  const { id, name, time_zone: timeZone, currency, api_version: apiVersion } = company
  const login: CheckFinding = { level: 'ok', subject: 'login', message: `Logged in to ${name}` }
  return { account: { id, name, timeZone, currency, apiVersion }, findings: [login, ...rights] }
}
