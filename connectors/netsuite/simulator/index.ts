import { randomUUID } from 'node:crypto'
import { type SimulatorReply, type SimulatorRequest, startSimulator } from '../../../src/simulator/server.ts'
import type { SimulatedErp } from '../../../src/simulator/world.ts'
import { openBilling } from './billing.ts'
import { openBodies } from './bodies.ts'
import { openBooks } from './books.ts'
import { controlsOf } from './controls.ts'
import { openCustomers } from './customers.ts'
import { openDatabase } from './database.ts'
import {
  errorReply,
  insufficientPermission,
  isNetsuiteError,
  messageOf,
  netsuiteError,
  tooManyRequests,
  unexpectedError,
} from './errors.ts'
import { recordType, recordTypesOf } from './fields.ts'
import { openFulfilment } from './fulfilment.ts'
import { openItems } from './items.ts'
import { type Algorithm, openLogin, tokenPath } from './login.ts'
import { metadataReply } from './metadata.ts'
import { openOrders } from './orders.ts'
import { refuseUnread } from './parameters.ts'
import { type NetsuiteStore, openPeople } from './people.ts'
import { openRecords } from './records.ts'
import { seed } from './seed.ts'
import { openSuiteql } from './suiteql.ts'
import { openChecking } from './values.ts'
import { requests, trouble, words, worldOf } from './world.ts'

export interface NetsuiteSimulatorOptions {
  readonly port?: number
  readonly latencyMs?: number
  /** Epoch milliseconds; the real time when not given. */
  readonly now?: () => number
  /** Of the company and of its subsidiary; 'EUR' when not given. */
  readonly currency?: string
  /** Further currencies of the account. */
  readonly currencies?: readonly string[]
  /** Of the role's user: dates in SuiteQL are told in it. Not UTC, so that a mistake shows. */
  readonly timeZone?: string
  /** `1234567_SB1` when not given. */
  readonly account?: string
  /** How `settings` log in; the account takes both ways. */
  readonly auth?: 'machine' | 'tokens'
  /** How the assertions of a machine are signed; ES256 when not given, as making an RSA key takes a moment. */
  readonly algorithm?: Algorithm
  /** Whether there are subsidiaries; true when not given. */
  readonly oneWorld?: boolean
  /** Whether quantities are in units of measure; true when not given. */
  readonly units?: boolean
  /** Without SuiteTax no tax goes through REST. */
  readonly legacyTax?: boolean
  /** Percent that orders are taxed with; none when not given. */
  readonly taxPercent?: string
  /** Whether order lines have the field `custcol_crosswalk_line`; true when not given. */
  readonly lineColumn?: boolean
  /** Requests under way at once, of all integrations together; 5 when not given, 0 for any number. */
  readonly concurrency?: number
  /** Tables and record types that the role may not see, and `suiteAnalytics` for all of SuiteQL. */
  readonly denied?: readonly string[]
  /** Whether the role is the administrator's. */
  readonly administrator?: boolean
  /** In which state an order is made that says none; pending approval when not given. */
  readonly defaultOrderStatus?: 'A' | 'B'
  /** How names of columns come out of SuiteQL. */
  readonly columnCase?: 'lower' | 'upper'
}

const lineColumn = 'custcol_crosswalk_line'
const rest = '/services/rest/'
/** Of a kind of transaction in SuiteQL, by the record type whose permission shows it. */
const typeCodes: Readonly<Record<string, string>> = {
  ...{ salesOrder: 'SalesOrd', itemFulfillment: 'ItemShip', invoice: 'CustInvc', cashSale: 'CashSale' },
  ...{ customerPayment: 'CustPymt', creditMemo: 'CustCred', returnAuthorization: 'RtnAuth', workOrder: 'WorkOrd' },
  ...{ purchaseOrder: 'PurchOrd', itemReceipt: 'ItemRcpt' },
}

/** An account of NetSuite in memory, on an SQL engine: REST records, SuiteQL and both logins, as strict as the vendor's. */
export async function startNetsuiteSimulator(
  options: NetsuiteSimulatorOptions = {},
): Promise<SimulatedErp & { readonly store: NetsuiteStore }> {
  const { timeZone = 'America/Los_Angeles', oneWorld = true, units = true, legacyTax = false } = options
  const { concurrency = 5 } = options
  const { account = '1234567_SB1', algorithm = 'ES256', currency = 'EUR', columnCase = 'lower' } = options
  const now = options.now ?? Date.now
  let denied: ReadonlySet<string> = new Set(options.denied)
  let taxPercent = options.taxPercent ?? '0'
  let underWay = 0
  let occupied = 0
  let races = 0
  let crashes = 0

  const database = openDatabase({ now, timeZone, oneWorld, units })
  const types = recordTypesOf({ oneWorld, legacyTax })
  const books = openBooks(database, { taxPercent: () => taxPercent, legacyTax })
  const billing = openBilling(database, books)
  const fulfilment = openFulfilment(database, books, billing)
  const checking = openChecking(database, types)
  const orders = openOrders(database, books, fulfilment, {
    fields: recordType(types, 'salesOrder').fields,
    defaultStatus: options.defaultOrderStatus ?? 'A',
  })
  const customers = openCustomers(database, books, recordType(types, 'customer').fields)
  const items = openItems(database, books)
  const login = openLogin({ account, now, algorithm })
  const suiteql = openSuiteql(database, {
    denied: () => denied,
    deniedTypes: () => [...denied].flatMap((name) => typeCodes[name] ?? []),
    columnCase,
  })
  const isDenied = (name: string): boolean => denied.has(name)
  const records = openRecords({
    ...{ database, types, checking, orders, customers, fulfilment, billing, isDenied },
    bodies: openBodies(database, books),
    losesRace() {
      if (races === 0) return false
      races -= 1
      return true
    },
  })
  const people = openPeople(
    {
      ...{ database, books, types, checking, orders, customers, items, fulfilment, billing },
      lineColumn: options.lineColumn === false ? null : lineColumn,
    },
    {
      race(times) {
        races = times
      },
      crash(times) {
        crashes = times
      },
      occupy(others) {
        occupied = others
      },
      setTax(percent) {
        taxPercent = percent
      },
      setDenied(names) {
        denied = new Set(names)
      },
      expireTokens: login.expireTokens,
      removeCertificates: login.removeCertificates,
    },
  )
  database.transaction(() => seed(database, books, { currency, currencies: options.currencies ?? ['USD', 'GBP'] }))
  if (options.lineColumn !== false) people.addCustomField('line', lineColumn)

  function arrive({ path }: SimulatorRequest): SimulatorReply | (() => void) {
    // A login is no web service request.
    if (path === tokenPath) return () => undefined
    if (concurrency > 0 && underWay + occupied >= concurrency) return dated(tooManyRequests)
    underWay += 1
    return () => {
      underWay -= 1
    }
  }

  async function handle(request: SimulatorRequest): Promise<SimulatorReply> {
    try {
      return dated(request.path === tokenPath ? await login.grant(request) : answer(request))
    } catch (error) {
      if (isNetsuiteError(error)) return dated(errorReply(error))
      return dated(errorReply(unexpectedError(messageOf(error))))
    }
  }
  const dated = (reply: SimulatorReply): SimulatorReply => ({
    ...reply,
    headers: { date: new Date(now()).toUTCString(), ...reply.headers },
  })

  function answer(request: SimulatorRequest): SimulatorReply {
    login.check(request)
    if (crashes > 0) {
      crashes -= 1
      throw unexpectedError()
    }
    if (!request.path.startsWith(rest)) throw notFound()
    const [service = '', version, ...parts] = request.path.slice(rest.length).split('/').map(decodeURIComponent)
    if (version !== 'v1') throw notFound()
    refuseUnread(request, service, parts)
    if (service === 'query' && parts.join('/') === 'suiteql') {
      if (request.method !== 'POST') throw netsuiteError(405, 'METHOD_NOT_ALLOWED', 'SuiteQL takes POST.')
      return suiteql.answer(request)
    }
    if (service === 'system') return system(parts.join('/'))
    if (service !== 'record') throw notFound()
    if (parts[0] === 'metadata-catalog') return metadataReply(types, parts[1] || undefined, request, isDenied)
    return records.answer(request, parts)
  }

  function system(name: string): SimulatorReply {
    const headers = { 'content-type': 'application/vnd.oracle.resource+json; type=singular' }
    if (name === 'serverTime') return { status: 200, headers, body: { serverTime: new Date(now()).toISOString() } }
    if (name !== 'governanceLimits') throw notFound()
    if (options.administrator !== true) throw insufficientPermission('Administrator')
    return {
      ...{ status: 200, headers },
      body: {
        accountConcurrencyLimit: concurrency,
        accountUnallocatedConcurrencyLimit: concurrency,
        limitType: 'account',
      },
    }
  }

  let settings: SimulatedErp['settings'] = {}
  const simulator = await startSimulator({
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.latencyMs === undefined ? {} : { latencyMs: options.latencyMs }),
    bodyBytesMax: 104_000_000,
    arrive,
    handle,
    // Keys are made anew in each process, so that one who connects from another has to ask for them.
    control: { ...controlsOf(people), settings: () => settings },
  })
  settings = {
    ...{ account, baseUrl: simulator.url },
    ...(options.auth === 'tokens' ? login.tokens() : login.machine()),
    webhookSecret: randomUUID(),
  }
  return {
    ...simulator,
    store: people,
    erp: worldOf(people),
    settings,
    words,
    requests,
    trouble,
    // Calls at once are limited, not calls in a time.
    quota: null,
    async close() {
      await simulator.close()
      database.close()
    },
  }
}

const notFound = () => netsuiteError(404, 'NOT_FOUND', 'The requested resource was not found.')
