import { SyncError } from '../../src/core/problem.ts'
import type { CheckFinding, CheckReport } from '../../src/ports/connector.ts'
import type { Client, Row } from './client.ts'
import { sameId } from './id.ts'
import { idOf } from './plan.ts'
import { type Definition, type Definitions, isWritable } from './schema.ts'
import type { Settings } from './settings.ts'
import { recordFields, type Wanted, writeBack } from './setup.ts'
import { histories } from './won.ts'

/** The objects that the shipped mappings read. */
const readObjects = [
  'Opportunity',
  'OpportunityLineItem',
  'OpportunityContactRole',
  'Product2',
  'Account',
  'Contact',
] as const
/** So many of the oldest versions count as about to be retired; Salesforce gives up several at a time. */
const retiringNext = 6
const callsLeftMin = 0.1

/** Address, login, rights, fields for the write-back, API version and budget. Writes nothing. */
export async function checkAccess(settings: Settings, client: Client, definitions: Definitions): Promise<CheckReport> {
  for (const object of readObjects) definitions.forget(object)
  const versions = await client.versions()
  const organization = await organizationOf(client).catch((error: unknown) => {
    throw versions.includes(settings.apiVersion) ? error : unknownVersion(settings.apiVersion, versions, error)
  })
  const [calls, rights] = await Promise.all([
    client.dailyCalls(),
    Promise.all(readObjects.map((object) => rightTo(definitions, object))),
  ])
  const seen = new Map(
    rights.flatMap(({ definition }) => (definition === null ? [] : [[definition.object, definition]])),
  )
  const opportunity = seen.get('Opportunity')
  const several = opportunity?.fields.has('CurrencyIsoCode') === true
  const currency = several ? await corporateCurrency(client) : (settings.currency ?? null)
  const findings: CheckFinding[] = [
    loginFinding(settings, organization),
    ...rights.map(({ finding }) => finding),
    ...(opportunity === undefined ? [] : [historyFinding(opportunity), ...writeBackFindings(opportunity)]),
    ...recordFindings(seen),
    currencyFinding(several, currency),
    {
      level: 'ok',
      subject: 'person accounts',
      message: seen.get('Account')?.fields.has('IsPersonAccount') === true ? 'in use' : 'not in use',
    },
    versionFinding(settings.apiVersion, versions),
    ...(calls === null ? [] : [callsFinding(calls)]),
  ]
  const text = (name: string): string => (typeof organization[name] === 'string' ? organization[name] : '')
  return {
    account: {
      id: idOf(organization),
      name: text('Name'),
      timeZone: text('TimeZoneSidKey') || 'UTC',
      currency,
      apiVersion: settings.apiVersion,
    },
    findings,
  }
}

async function organizationOf(client: Client): Promise<Row> {
  const found = await client.query('SELECT Id, Name, TimeZoneSidKey, OrganizationType, IsSandbox FROM Organization')
  const organization = found.rows[0]
  if (organization !== undefined) return organization
  throw new SyncError('Salesforce does not say which org this is', {
    problem: { kind: 'bad_reply' },
    fix: 'Check url: the address does not answer like the My Domain of an org.',
  })
}

async function corporateCurrency(client: Client): Promise<string | null> {
  const found = await client.query('SELECT Id, IsoCode FROM CurrencyType WHERE IsCorporate = TRUE')
  const code = found.rows[0]?.IsoCode
  return typeof code === 'string' ? code : null
}

/** @throws SyncError for anything but an object that is not there for the user */
async function rightTo(
  definitions: Definitions,
  object: string,
): Promise<{ readonly finding: CheckFinding; readonly definition: Definition | null }> {
  const subject = `read ${object}`
  try {
    const definition = await definitions.of(object)
    return { finding: { level: 'ok', subject, message: `granted, ${definition.fields.size} fields` }, definition }
  } catch (error) {
    if (!(error instanceof SyncError) || error.problem.kind !== 'configuration_invalid') throw error
    const fix = `Give the user of this connection the right to read ${object} in a permission set.`
    return { finding: { level: 'error', subject, message: error.message, fix }, definition: null }
  }
}

function loginFinding(settings: Settings, organization: Row): CheckFinding {
  const id = idOf(organization)
  if (settings.organizationId === undefined || sameId(settings.organizationId, id)) {
    const kind = organization.IsSandbox === true ? 'sandbox' : String(organization.OrganizationType ?? 'org')
    const message = `Logged in to ${organization.Name} (${id}, ${kind}, ${organization.TimeZoneSidKey})`
    return { level: 'ok', subject: 'login', message }
  }
  return {
    level: 'error',
    subject: 'login',
    message: `The login belongs to org ${id}, the settings name ${settings.organizationId}`,
    fix: 'Enter url and login of the right org, or correct organizationId.',
  }
}

function historyFinding({ lists }: Definition): CheckFinding {
  const subject = 'history of stages'
  if (lists.has(histories)) return { level: 'ok', subject, message: 'readable: it tells when an opportunity was won' }
  return {
    level: 'warning',
    subject,
    message:
      'The user may not read OpportunityHistory, so each won opportunity is asked about: nothing else tells when it was won',
    fix: 'Let the user of this connection see the object OpportunityHistory and its fields.',
  }
}

function writeBackFindings({ fields, updateable }: Definition): readonly CheckFinding[] {
  const subject = 'write-back fields'
  const findings: CheckFinding[] = []
  if (!updateable) {
    findings.push({
      level: 'error',
      subject: 'edit Opportunity',
      message: 'The user may not edit opportunities, so no state of an order can be shown on them',
      fix: 'Give the user of this connection the right to edit Opportunity in a permission set.',
    })
  }
  const missing = writeBack.filter(({ name }) => !fields.has(name)).map(({ name }) => name)
  if (missing.length > 0) {
    findings.push({
      level: 'warning',
      subject,
      message: `Opportunities lack the fields that the order is reported in, or the user may not see them: ${missing.join(', ')}`,
      fix: 'Run `crosswalk setup` for this connection.',
      bySetup: true,
    })
  }
  findings.push(...flawsOf('Opportunity', fields, writeBack, subject))
  if (findings.length > 0) return findings
  return [{ level: 'ok', subject, message: `All ${writeBack.length} fields are there and may be edited` }]
}

/** Fields that only those need who let the ERP make records in Salesforce. */
function recordFindings(seen: ReadonlyMap<string, Definition>): readonly CheckFinding[] {
  const subject = 'fields for records from the ERP'
  const objects = Object.entries(recordFields).flatMap(([object, wanted]) => {
    const fields = seen.get(object)?.fields
    return fields === undefined ? [] : [{ object, fields, wanted }]
  })
  const missing = objects.flatMap(({ object, fields, wanted }) =>
    wanted.filter(({ name }) => !fields.has(name)).map(({ name }) => `${object}.${name}`),
  )
  const findings = objects.flatMap(({ object, fields, wanted }) => flawsOf(object, fields, wanted, subject))
  if (missing.length > 0) {
    findings.push({
      level: 'warning',
      subject,
      message: `These fields are not there, or the user may not see them; products, accounts and contacts of the ERP cannot be made without them: ${missing.join(', ')}`,
      fix: 'Run `crosswalk setup` for this connection.',
      bySetup: true,
    })
  }
  return findings.length > 0 ? findings : [{ level: 'ok', subject, message: 'All of them are there and may be edited' }]
}

/** Fields that are there and cannot be used. */
function flawsOf(
  object: string,
  fields: Definition['fields'],
  wanted: readonly Wanted[],
  subject: string,
): CheckFinding[] {
  return wanted.flatMap(({ name, type }): CheckFinding[] => {
    const there = fields.get(name)
    if (there === undefined || (there.type === type && isWritable(there))) return []
    const readOnly = there.type === type
    return [
      {
        level: 'error',
        subject,
        message: readOnly
          ? `${object}.${name} is read-only for the user`
          : `${object}.${name} is there but of type ${there.type}, ${type} is wanted`,
        fix: readOnly
          ? 'Let the user edit the field (permission set "Crosswalk").'
          : 'Delete it in Salesforce and run `crosswalk setup`, or map another.',
      },
    ]
  })
}

function currencyFinding(several: boolean, currency: string | null): CheckFinding {
  const subject = 'currency'
  if (currency !== null) {
    const message = several
      ? `Several currencies, ${currency} is the corporate one`
      : `One currency, ${currency} by the settings`
    return { level: 'ok', subject, message }
  }
  return {
    level: 'warning',
    subject,
    message: 'The org has one currency, which the API does not tell; opportunities cannot be mapped without it',
    fix: 'Set currency in the settings of the connection, for instance EUR.',
  }
}

/** A version comes with each release, three a year; the oldest are given up, with notice. */
function versionFinding(wanted: string, listed: readonly string[]): CheckFinding {
  const subject = 'API version'
  const sorted = ascending(listed)
  const place = sorted.indexOf(wanted)
  if (place >= 0 && (sorted.length <= retiringNext || place >= retiringNext)) {
    return { level: 'ok', subject, message: `${wanted}; ${rangeOf(sorted)}` }
  }
  const flaw = place < 0 ? 'is not listed by this org' : 'is among the oldest, which are retired first'
  return {
    level: 'warning',
    subject,
    message: `${wanted} ${flaw}; ${rangeOf(sorted)}`,
    fix: 'Set apiVersion to a newer version after reading its notes.',
  }
}

const unknownVersion = (wanted: string, listed: readonly string[], cause: unknown) =>
  new SyncError(`Salesforce does not know API version ${wanted}; ${rangeOf(ascending(listed))}`, {
    problem: { kind: 'configuration_invalid', path: 'apiVersion' },
    fix: 'Set apiVersion in the settings of the connection to a version that the org has.',
    cause,
  })

const ascending = (versions: readonly string[]): readonly string[] =>
  [...versions].sort((a, b) => Number(a) - Number(b))
const rangeOf = (sorted: readonly string[]): string =>
  `this org has ${sorted[0] ?? 'no version'} to ${sorted.at(-1) ?? 'none'}`

function callsFinding({ limit, remaining }: { limit: number; remaining: number }): CheckFinding {
  const message = `${remaining} of ${limit} calls of the last 24 hours are left`
  if (remaining >= limit * callsLeftMin) return { level: 'ok', subject: 'API calls', message }
  return {
    level: 'warning',
    subject: 'API calls',
    message,
    fix: 'Find out which integration uses them up, or buy more; Crosswalk waits when none is left.',
  }
}
