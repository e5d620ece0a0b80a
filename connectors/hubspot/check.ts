import { SyncError } from '../../src/core/problem.ts'
import { type Instant, parseInstant, shift } from '../../src/core/time.ts'
import type { CheckFinding, CheckReport } from '../../src/ports/connector.ts'
import type { AccountDetails, Client } from './client.ts'
import type { Definitions } from './schema.ts'
import type { Settings } from './settings.ts'
import { objectsOfOurs, ourProperties } from './setup.ts'

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
  const granted = (): CheckFinding[] => []
  const looked = await Promise.all([
    ...readObjects.map((object) => permitted(`crm.objects.${object}.read`, () => client.probe(object).then(granted))),
    permitted('crm.objects.owners.read', () => client.owners().then(granted)),
    permitted('crm.schemas.deals.read', () => definitions.properties('deals').then(granted)),
    optional(permitted('crm.objects.products.read', () => client.probe('products').then(granted))),
    propertyFindings(definitions),
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

/** What is needed for products alone is no error. */
async function optional(findings: Promise<readonly CheckFinding[]>): Promise<readonly CheckFinding[]> {
  return (await findings).map((finding) =>
    finding.level === 'error'
      ? { ...finding, level: 'warning', message: `Needed where products are sent to HubSpot: ${finding.message}` }
      : finding,
  )
}

/** Properties of ours, on objects that can be looked at. */
async function propertyFindings(definitions: Definitions): Promise<readonly CheckFinding[]> {
  const looked = await Promise.all(
    objectsOfOurs.map(async (object) => {
      definitions.forget(object)
      try {
        return ourProperties(object, await definitions.properties(object))
      } catch (error) {
        // A missing scope is told by itself.
        if (error instanceof SyncError && error.problem.kind === 'permission_missing') return null
        throw error
      }
    }),
  )
  const known = looked.filter((one) => one !== null)
  const subject = 'write-back properties'
  const missing = known.flatMap((one) => one.missing)
  const findings: CheckFinding[] = known
    .flatMap((one) => one.unfit)
    .map((name) => ({
      level: 'error',
      subject,
      message: `${name} is there but will not do`,
      fix: 'Delete it in HubSpot and run `crosswalk setup`, which says what is wrong with it, or map another.',
    }))
  if (missing.length > 0) {
    findings.push({
      level: 'warning',
      subject,
      message: `HubSpot lacks properties that Crosswalk writes: ${missing.join(', ')}`,
      fix: 'Run `crosswalk setup` for this connection.',
      bySetup: true,
    })
  }
  if (findings.length > 0) return findings
  const all = known.reduce((sum, one) => sum + one.all, 0)
  return [{ level: 'ok', subject, message: `All ${all} properties are there` }]
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
