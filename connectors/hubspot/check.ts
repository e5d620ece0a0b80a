import { SyncError } from '../../src/core/problem.ts'
import { type Instant, parseInstant, shift } from '../../src/core/time.ts'
import type { CheckFinding, CheckReport } from '../../src/ports/connector.ts'
import type { AccountDetails, Client } from './client.ts'
import { type Definitions, isWritable } from './schema.ts'
import type { Settings } from './settings.ts'
import { writeBack } from './setup.ts'

const dayMs = 86_400_000
/** The objects read for a deal, each with a read scope of its own. */
const readObjects = ['deals', 'line_items', 'companies', 'contacts'] as const

/** Address, login, read scopes, properties for the write-back, and how long the API version will live. Writes nothing. */
export async function checkAccess(
  settings: Settings,
  client: Client,
  definitions: Definitions,
  account: AccountDetails,
  now: Instant,
): Promise<CheckReport> {
  definitions.forget('deals')
  const granted = (): CheckFinding[] => []
  const looked = await Promise.all([
    ...readObjects.map((object) => permitted(`crm.objects.${object}.read`, () => client.probe(object).then(granted))),
    permitted('crm.objects.owners.read', () => client.owners().then(granted)),
    permitted('crm.schemas.deals.read', () => definitions.properties('deals').then(writeBackFindings)),
  ])
  const findings: CheckFinding[] = [portalFinding(settings, account), ...looked.flat()]
  if (account.currency === null) {
    findings.push({
      level: 'warning',
      subject: 'currency',
      message:
        'HubSpot does not tell the currency of the company; deals without a currency of their own cannot be mapped',
      fix: 'Set the currency of the account in HubSpot, or give a default in the deal mapping.',
    })
  }
  findings.push(versionFinding(settings.apiVersion, now))
  return {
    account: {
      id: account.portalId,
      name: `HubSpot ${account.portalId}`,
      timeZone: account.timeZone,
      currency: account.currency,
      apiVersion: settings.apiVersion,
    },
    findings,
  }
}

function portalFinding(settings: Settings, account: AccountDetails): CheckFinding {
  if (settings.portalId === undefined || settings.portalId === account.portalId) {
    const message = `Logged in to account ${account.portalId} (${account.accountType.toLowerCase()}, ${account.timeZone})`
    return { level: 'ok', subject: 'login', message }
  }
  return {
    level: 'error',
    subject: 'login',
    message: `The login belongs to account ${account.portalId}, the settings name ${settings.portalId}`,
    fix: 'Enter a key of the right account, or correct portalId.',
  }
}

/** Whether the scope is granted, and what else the call found. @throws SyncError for anything but a missing scope */
async function permitted(
  scope: string,
  call: () => Promise<readonly CheckFinding[]>,
): Promise<readonly CheckFinding[]> {
  const subject = `scope ${scope}`
  try {
    return [{ level: 'ok', subject, message: 'granted' }, ...(await call())]
  } catch (error) {
    if (!(error instanceof SyncError) || error.problem.kind !== 'permission_missing') throw error
    return [{ level: 'error', subject, message: error.message, fix: error.fix }]
  }
}

function writeBackFindings(properties: Awaited<ReturnType<Definitions['properties']>>): readonly CheckFinding[] {
  const subject = 'write-back properties'
  const missing = writeBack.filter((wanted) => !properties.has(wanted.name)).map((wanted) => wanted.name)
  const unfit = writeBack.filter((wanted) => {
    const there = properties.get(wanted.name)
    return there !== undefined && (there.type !== wanted.type || !isWritable(there))
  })
  const findings: CheckFinding[] = []
  if (missing.length > 0) {
    findings.push({
      level: 'warning',
      subject,
      message: `Deals lack the properties that the order is reported in: ${missing.join(', ')}`,
      fix: 'Run `crosswalk setup` for this connection.',
    })
  }
  for (const { name, type } of unfit) {
    const message = `deals.${name} is there but is not a writable ${type}`
    findings.push({
      level: 'error',
      subject,
      message,
      fix: 'Delete it in HubSpot and run `crosswalk setup`, or map another.',
    })
  }
  if (findings.length > 0) return findings
  return [{ level: 'ok', subject, message: `All ${writeBack.length} properties are there` }]
}

/** A dated release is supported for 18 months; the paths before those end in September 2027. */
function versionFinding(version: string, now: Instant): CheckFinding {
  const subject = 'API version'
  const ends = version === 'legacy' ? '2027-09-01' : monthsAfter(version, 18)
  const end = parseInstant(`${ends}T00:00:00Z`)
  if (end === null || now < shift(end, -180 * dayMs)) {
    return { level: 'ok', subject, message: `${version}, supported until about ${ends}` }
  }
  const over = now >= end
  return {
    level: over ? 'error' : 'warning',
    subject,
    message: over
      ? `${version} is supported no longer since about ${ends}`
      : `${version} is supported until about ${ends}`,
    fix: 'Set apiVersion to a newer release after reading its notes.',
  }
}

function monthsAfter(release: string, months: number): string {
  const [year = 0, month = 0] = release.split('-').map(Number)
  return new Date(Date.UTC(year, month - 1 + months, 1)).toISOString().slice(0, 10)
}
