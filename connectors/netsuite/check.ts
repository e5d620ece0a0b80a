import { isObject, type JsonObject } from '../../src/core/json.ts'
import { type Instant, parseInstant, shift, toMillis } from '../../src/core/time.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { CheckFinding, CheckReport } from '../../src/ports/connector.ts'
import type { Client, Row } from './client.ts'
import { instantOf, localText, type ServerZone } from './clock.ts'
import { isSyncError } from './errors.ts'
import { type Features, type Fields, isFeatured, type Metadata } from './metadata.ts'
import {
  asTime,
  columns,
  customerAddresses,
  customerObject,
  orderObject,
  taxNumber,
  toTime,
  written,
} from './schema.ts'
import { accountOf, type Settings } from './settings.ts'

interface Need {
  /** Record type, looked for in the metadata catalog, or table, asked for a row that is not there. */
  readonly record?: string
  readonly table?: string
  readonly permission: string
  readonly level: 'error' | 'warning'
  /** What is lost without. */
  readonly for: string
}

const needs: readonly Need[] = [
  { record: 'salesOrder', permission: 'Transactions > Sales Order (Edit)', level: 'error', for: 'orders' },
  { record: 'customer', permission: 'Lists > Customers (Edit)', level: 'error', for: 'customers' },
  { table: 'customer', permission: 'Lists > Customers (View)', level: 'error', for: 'finding customers' },
  { table: 'item', permission: 'Lists > Items (View)', level: 'error', for: 'finding items' },
  { table: 'transaction', permission: 'Transactions > Find Transaction (View)', level: 'error', for: 'reading orders' },
  {
    table: 'transactionline',
    permission: 'Transactions > Find Transaction (View)',
    level: 'error',
    for: 'the lines of orders',
  },
  {
    table: 'nexttransactionlinelink',
    permission: 'Transactions > Find Transaction (View)',
    level: 'error',
    for: 'what became of an order',
  },
  {
    record: 'itemFulfillment',
    permission: 'Transactions > Item Fulfillment (View)',
    level: 'warning',
    for: 'shipments',
  },
  {
    table: 'trackingnumber',
    permission: 'Transactions > Item Fulfillment (View)',
    level: 'warning',
    for: 'tracking numbers',
  },
  { record: 'invoice', permission: 'Transactions > Invoice (View)', level: 'warning', for: 'invoices' },
  { record: 'cashSale', permission: 'Transactions > Cash Sale (View)', level: 'warning', for: 'cash sales' },
  {
    record: 'customerPayment',
    permission: 'Transactions > Customer Payment (View)',
    level: 'warning',
    for: 'payments',
  },
  { record: 'creditMemo', permission: 'Transactions > Credit Memo (View)', level: 'warning', for: 'credit memos' },
  {
    record: 'returnAuthorization',
    permission: 'Transactions > Return Authorization (View)',
    level: 'warning',
    for: 'returns',
  },
  { record: 'workOrder', permission: 'Transactions > Work Order (View)', level: 'warning', for: 'production' },
  { table: 'pricing', permission: 'Lists > Items (View)', level: 'warning', for: 'prices of products' },
  {
    table: 'aggregateitemlocation',
    permission: 'Lists > Items and Lists > Locations (View)',
    level: 'warning',
    for: 'the stock of products',
  },
  {
    table: 'unitstypeuom',
    permission: 'Lists > Units of Measure (View)',
    level: 'warning',
    for: 'the unit and stock of products that are counted in one',
  },
  { record: 'purchaseOrder', permission: 'Transactions > Purchase Order (View)', level: 'warning', for: 'purchases' },
]

/** Beyond that, signatures made by our clock are refused. */
const skewMsMax = 3 * 60_000
/** How far back an order is looked for whose time of change both interfaces tell. */
const recentMs = 7 * 86_400_000

interface Deps {
  readonly client: Client
  readonly metadata: Metadata
  readonly zone: ServerZone
  readonly clock: Clock
}

/** Proves the login, the clock, what the account has, and each right that is used, without writing anything. */
export async function checkAccess(settings: Settings, { client, metadata, zone, clock }: Deps): Promise<CheckReport> {
  const serverTime = await client.serverTime()
  const findings: CheckFinding[] = [loginFinding(settings), skewFinding(serverTime, clock.now())]
  const suiteql = await judgeSuiteql(client)
  findings.push(suiteql)
  const features = await metadata.features()
  findings.push(...featureFindings(features, settings))
  const readable = suiteql.level === 'ok'
  const [rights, times, company] = await Promise.all([
    Promise.all(needs.map((need) => (readable || need.table === undefined ? judge(need, client, metadata) : []))),
    readable ? judgeTimes(settings, { client, zone, clock }) : null,
    readable ? companyOf(settings, features, client) : null,
  ])
  findings.push(...rights.flat(), ...(times?.findings ?? []), lineKeyFinding(features, settings))
  findings.push(...(await Promise.all(Object.keys(written).map((object) => writtenFindings(object, metadata)))).flat())
  findings.push({
    level: 'ok',
    subject: 'concurrency',
    message: `${settings.concurrency} calls at once. The account's limit (5 to 20, and 10 for each SuiteCloud Plus licence) is shared with all its other integrations`,
  })
  const currency = company?.symbol ?? null
  if (currency === null) {
    findings.push({
      level: 'warning',
      subject: 'currency',
      message: 'The base currency cannot be told; currencies of deals are not compared with those of their orders',
      fix: 'Give the role Lists > Currency (View), in a OneWorld account also Lists > Subsidiaries (View).',
    })
  }
  return {
    account: {
      id: accountOf(settings),
      name: company?.name ?? `NetSuite ${accountOf(settings)}`,
      timeZone: settings.timeZone ?? zoneName(times?.offset ?? 0),
      currency,
      apiVersion: 'record v1, query v1',
    },
    findings,
  }
}

function loginFinding({ clientId, certificateId, account }: Settings): CheckFinding {
  if (clientId !== undefined) {
    const message = `Logged in to account ${account} with certificate ${certificateId} (OAuth 2.0)`
    return { level: 'ok', subject: 'login', message }
  }
  return {
    level: 'warning',
    subject: 'login',
    message: `Logged in to account ${account} with an access token; from 2027.1 on no new integration can be made so`,
    fix: 'Make an integration record with OAuth 2.0 client credentials and upload a certificate, see docs/netsuite.md.',
  }
}

function skewFinding(serverTime: Instant, now: Instant): CheckFinding {
  const skew = toMillis(serverTime) - toMillis(now)
  const seconds = Math.round(Math.abs(skew) / 1000)
  if (Math.abs(skew) <= skewMsMax) {
    return { level: 'ok', subject: 'clock', message: `NetSuite's clock and ours differ by ${seconds} s` }
  }
  return {
    level: 'warning',
    subject: 'clock',
    message: `The clock of this machine is ${seconds} s ${skew > 0 ? 'behind' : 'ahead of'} NetSuite's: logins will be refused`,
    fix: 'Let the machine keep its time by NTP.',
  }
}

async function judgeSuiteql(client: Client): Promise<CheckFinding> {
  const subject = 'SuiteQL'
  const error = await refusalOf(() => client.query("SELECT 'T' AS works FROM dual", [], { limit: 1 }))
  if (error === null) return { level: 'ok', subject, message: 'allowed' }
  return {
    level: 'error',
    subject,
    message: `The role may not run queries: ${error}`,
    fix: 'Enable SuiteAnalytics Workbook (Setup > Company > Enable Features > Analytics) and give the role Reports > SuiteAnalytics Workbook (Edit).',
  }
}

async function judge(need: Need, client: Client, metadata: Metadata): Promise<readonly CheckFinding[]> {
  const subject = need.record ?? `table ${need.table}`
  const { record, table } = need
  const there =
    record === undefined
      ? (await refusalOf(() => client.query(`SELECT 1 AS one FROM ${table} r WHERE ROWNUM <= 1`, [], { limit: 1 }))) ===
        null
      : (await metadata.fields(record)) !== null
  if (there) return [{ level: 'ok', subject, message: `seen, for ${need.for}` }]
  return [
    {
      level: need.level,
      subject,
      message: `The role may not see ${subject}, which is needed for ${need.for}`,
      fix: `Give the role ${need.permission}, or enable the feature that brings it; if the company does not use it, nothing is to be done.`,
    },
  ]
}

function featureFindings(features: Features, settings: Settings): readonly CheckFinding[] {
  const findings: CheckFinding[] = [
    {
      level: 'ok',
      subject: 'currencies',
      message: features.multiCurrency
        ? 'Multiple Currencies is on'
        : 'Multiple Currencies is off: all orders are in one',
    },
    features.suiteTax
      ? { level: 'ok', subject: 'tax', message: 'SuiteTax: NetSuite computes the tax of orders made here' }
      : {
          level: 'warning',
          subject: 'tax',
          message: 'Legacy tax: web services cannot set taxes, NetSuite takes those of customer and item',
          fix: 'Compare a few orders with the CRM before switching on; with totals.compare: [net, currency] tax is left out.',
        },
  ]
  if (features.oneWorld && settings.subsidiary === undefined) {
    findings.push({
      level: 'warning',
      subject: 'subsidiary',
      message: 'OneWorld: a new customer needs a subsidiary, and none is named; where there is only one, it is taken',
      fix: 'Name the subsidiary of new customers in `subsidiary`, or write it in the mapping of the customer.',
    })
  }
  if (features.taxNumber === null) {
    findings.push({
      level: 'warning',
      subject: 'tax numbers',
      message:
        'Customers have no field for a tax number that web services know: they are matched by e-mail and name alone',
      fix: 'Nothing is to be done where no tax features are used.',
    })
  }
  return findings
}

function lineKeyFinding(features: Features, { lineKeyField }: Settings): CheckFinding {
  const subject = lineKeyField
  if (features.lineKey) return { level: 'ok', subject, message: 'Order lines have the field that carries our key' }
  return {
    level: 'error',
    subject,
    message: `Order lines have no field "${lineKeyField}", which carries our key of a line: no order can be made`,
    fix: 'Deploy the SuiteCloud project in connectors/netsuite/suitescript, or make a transaction column field (free-form text, for sales) with this id.',
  }
}

/** Fields that the shipped mappings write and the metadata of the account does not show. */
async function writtenFindings(object: string, metadata: Metadata): Promise<readonly CheckFinding[]> {
  const fields = await metadata.fields(object)
  // That the record type is not there at all was said before.
  if (fields === null) return []
  const subject = `fields of ${object}`
  const missing = (written[object] ?? []).filter((path) => !isWritable(fields, object, path))
  if (missing.length === 0) return [{ level: 'ok', subject, message: 'All that the shipped mappings write are there' }]
  return [
    {
      level: 'error',
      subject,
      message: `Web services do not show ${missing.join(', ')} of ${object}, which the shipped mappings write: records are refused`,
      fix: `Give the role the permission for the record type and its fields, enable the feature that brings them, or take them out of your mapping of ${object}.`,
    },
  ]
}
function isWritable(fields: Fields, object: string, path: string): boolean {
  // Of a tax number, and of what features bring, other findings tell.
  if (path === taxNumber || isFeatured(object, path)) return true
  const [first = '', ...rest] = path.split('.')
  const isAddress = object === customerObject && customerAddresses.some((name) => name === first)
  let inside: Fields | undefined = isAddress ? fields.addressBook?.fields?.addressBookAddress?.fields : fields
  for (const name of isAddress ? rest : [first, ...rest]) {
    const field = inside !== undefined && Object.hasOwn(inside, name) ? inside[name] : undefined
    if (field === undefined || field.readOnly) return false
    inside = field.fields
  }
  return true
}

/**
 * SuiteQL's zone, and proof on the newest order that it is the one of `lastmodifieddate` and that SuiteQL numbers lines as
 * records do: neither is documented.
 */
async function judgeTimes(
  settings: Settings,
  { client, zone, clock }: Pick<Deps, 'client' | 'zone' | 'clock'>,
): Promise<{ offset: number; findings: readonly CheckFinding[] }> {
  const measured = await zone.measure()
  const offset = zone.named(clock.now()) ?? measured.offset
  const findings: CheckFinding[] = [
    { level: 'ok', subject: 'time zone', message: `SuiteQL is ${hours(offset)} from UTC` },
  ]
  if (offset !== measured.offset) {
    findings.push({
      level: 'error',
      subject: 'time zone',
      message: `\`timeZone\` is ${settings.timeZone}, ${hours(offset)} from UTC, but SuiteQL is ${hours(measured.offset)} from it now`,
      fix: 'Leave timeZone out so that the zone is measured, or name the one that SuiteQL uses.',
    })
  }
  const since = localText(shift(clock.now(), -recentMs), offset)
  const { rows } = await client.query(
    `SELECT t.id, ${asTime('t.lastmodifieddate')} AS modified FROM transaction t ` +
      `WHERE t.type = 'SalesOrd' AND t.lastmodifieddate >= ${toTime} ORDER BY t.id DESC`,
    [since],
    { limit: 1 },
  )
  const [newest] = rows
  if (newest === undefined) return { offset, findings }
  return { offset, findings: [...findings, ...(await judgeNewest(newest, offset, client))] }
}

async function judgeNewest(newest: Row, offset: number, client: Client): Promise<readonly CheckFinding[]> {
  const { id = '', modified = '' } = newest
  let record: JsonObject
  try {
    record = await client.get(orderObject, id, 'expandSubResources=true')
  } catch (error) {
    // Locked, or deleted just now: there is nothing to compare, and nothing wrong.
    if (isSyncError(error, 'busy', 'record_gone', 'record_rejected')) return []
    throw error
  }
  const findings: CheckFinding[] = []
  const known = parseInstant(record.lastModifiedDate)
  const read = instantOf(modified, offset)
  if (known !== null && Math.abs(toMillis(known) - toMillis(read)) > 5 * 60_000) {
    const apart = Math.round((toMillis(read) - toMillis(known)) / 60_000)
    findings.push({
      level: 'error',
      subject: 'time zone',
      message: `Order ${id} was changed at ${known}, which SuiteQL shows as ${modified}: its times are ${apart} minutes off the clock of SuiteQL`,
      fix: 'Set `timeZone` to the zone that these times are in: that of the user of the role, else of the company.',
    })
  }
  const numbers = numbersIn(record)
  const lines = await client.query(
    `SELECT l.${columns.line.number} AS number FROM transactionline l WHERE l.mainline = 'F' AND l.taxline = 'F' ` +
      `AND l.transaction = ? ORDER BY l.${columns.line.number}`,
    [id],
  )
  const shown = new Set(lines.rows.map((row) => row.number))
  const unknown = numbers.filter((number) => !shown.has(number))
  if (unknown.length > 0) {
    findings.push({
      level: 'error',
      subject: 'line numbers',
      message: `Order ${id} has lines ${numbers.join(', ')}, which SuiteQL numbers ${[...shown].join(', ')}: changes of deals would meet the wrong lines`,
      fix: 'Set policies.amended to problem until this is mended, and report it.',
    })
  } else if (numbers.length > 0) {
    findings.push({
      level: 'ok',
      subject: 'line numbers',
      message: `SuiteQL numbers the lines of order ${id} as records do`,
    })
  }
  return findings
}

function numbersIn(record: JsonObject): readonly string[] {
  const items = isObject(record.item) && Array.isArray(record.item.items) ? record.item.items : []
  return items.flatMap((one) => (isObject(one) && typeof one.line === 'number' ? [String(one.line)] : []))
}

async function companyOf(settings: Settings, features: Features, client: Client): Promise<Row | null> {
  const named = settings.subsidiary
  try {
    const { rows } = features.oneWorld
      ? await client.query(
          'SELECT s.id, s.name, c.symbol FROM subsidiary s LEFT JOIN currency c ON c.id = s.currency' +
            `${named === undefined ? '' : ' WHERE s.id = ?'} ORDER BY s.id`,
          named === undefined ? [] : [named],
          { limit: 1 },
        )
      : await client.query("SELECT c.symbol FROM currency c WHERE c.isbasecurrency = 'T' ORDER BY c.id", [], {
          limit: 1,
        })
    return rows[0] ?? null
  } catch (error) {
    if (isSyncError(error, 'configuration_invalid', 'permission_missing')) return null
    throw error
  }
}

/** What NetSuite says when it refuses; null when it does not. @throws SyncError for anything but a missing right or table */
async function refusalOf(ask: () => Promise<unknown>): Promise<string | null> {
  try {
    await ask()
    return null
  } catch (error) {
    if (isSyncError(error, 'configuration_invalid', 'permission_missing', 'record_rejected')) return error.message
    throw error
  }
}

const hours = (offset: number): string =>
  `${offset < 0 ? '-' : '+'}${String(Math.floor(Math.abs(offset) / 60)).padStart(2, '0')}:${String(Math.abs(offset) % 60).padStart(2, '0')}`

/** An IANA name for whole hours, whose sign is the other way round; the offset does not tell the region. */
function zoneName(offset: number): string {
  if (offset === 0 || offset % 60 !== 0) return 'UTC'
  return `Etc/GMT${offset > 0 ? '-' : '+'}${Math.abs(offset) / 60}`
}
