import { decimal } from '../../../src/core/decimal.ts'
import { isObject, type Json, type JsonObject } from '../../../src/core/json.ts'
import type { SimulatorReply, SimulatorRequest } from '../../../src/simulator/server.ts'
import type { Billing } from './billing.ts'
import type { Bodies, Shown } from './bodies.ts'
import type { Customers } from './customers.ts'
import type { Database } from './database.ts'
import {
  changedRecord,
  insufficientPermission,
  invalidContent,
  invalidParameter,
  invalidValue,
  lockedRecord,
  netsuiteError,
  noSuchRecord,
  userError,
} from './errors.ts'
import type { RecordType, RecordTypes } from './fields.ts'
import type { Fulfilment } from './fulfilment.ts'
import type { Orders } from './orders.ts'
import { type Checked, type Checking, externalIdShape, type Unknown } from './values.ts'

interface Deps {
  readonly database: Database
  readonly types: RecordTypes
  readonly bodies: Bodies
  readonly checking: Checking
  readonly orders: Orders
  readonly customers: Customers
  readonly fulfilment: Fulfilment
  readonly billing: Billing
  readonly isDenied: (name: string) => boolean
  /** Whether the next write loses against another one. */
  readonly losesRace: () => boolean
}
interface Target {
  readonly type: RecordType
  readonly id: number
}
const pageMax = 1000
const transforms = ['itemFulfillment', 'invoice', 'cashSale'] as const
/** What is read of the body of a transformation into a fulfilment; of another one nothing is. */
const shippedBy: readonly string[] = ['item', 'shipStatus']

/** `/services/rest/record/v1`: reading and writing single records. */
export function openRecords(deps: Deps) {
  const { database, types, bodies, checking, orders, customers, fulfilment, billing } = deps

  /** @param parts  the path behind `record/v1`, decoded */
  function answer(request: SimulatorRequest, parts: readonly string[]): SimulatorReply {
    const [name = '', which, list, more] = parts
    const type = types.get(name)
    if (type === undefined) throw netsuiteError(404, 'NOT_FOUND', `Record type '${name}' does not exist.`)
    if (deps.isDenied(name)) throw insufficientPermission(name)
    if (/respond-async/.test(request.headers.prefer ?? '')) {
      throw netsuiteError(400, 'INVALID_HEADER', 'Asynchronous requests are not simulated.', {
        'o:errorHeader': 'Prefer',
      })
    }
    if (which === undefined) {
      if (request.method === 'GET') return collection(request, type)
      if (request.method === 'POST') return create(request, type)
      throw methodNotAllowed(request)
    }
    if (request.method === 'PUT' && list === undefined) return upsert(request, type, which)
    const target = { type, id: idOf(type, which) }
    if (list === undefined) return instance(request, target)
    if (list === '!transform') return transform(request, target, more ?? '')
    if (request.method !== 'GET') throw methodNotAllowed(request)
    return sublist(request, target, list, more)
  }

  function instance(request: SimulatorRequest, target: Target): SimulatorReply {
    switch (request.method) {
      case 'GET': {
        checkLock(target)
        const body = bodies.bodyOf(target.type, target.id, shownOf(request, target.type))
        return { status: 200, headers: singular, body }
      }
      case 'PATCH':
        return act(target, () => {
          update(request, target)
          return located(request, target.type, target.id)
        })
      case 'DELETE':
        return act(target, () => {
          writable(target.type)
          if (target.type.table === 'customer') customers.remove(target.id)
          else orders.remove(target.id)
          return { status: 204 }
        })
      default:
        throw methodNotAllowed(request)
    }
  }

  function create(request: SimulatorRequest, type: RecordType, external: string | null = null): SimulatorReply {
    writable(type)
    return act(null, () => {
      const { checked, externalId } = read(request, type)
      const key = external ?? externalId ?? null
      if (key !== null && holderOf(type, key) !== undefined) {
        throw userError('Error while accessing a resource. This record already exists.', 'externalId')
      }
      const id = type.table === 'customer' ? customers.create(checked, key) : orders.create(checked, key)
      keepKey(type, id, key)
      return located(request, type, id)
    })
  }

  function upsert(request: SimulatorRequest, type: RecordType, which: string): SimulatorReply {
    const key = keyIn(which)
    if (key === null) throw netsuiteError(400, 'INVALID_REQUEST', 'An upsert needs an external ID: eid:…')
    writable(type)
    const row = holderOf(type, key)
    if (row === undefined) return create(request, type, key)
    const target = { type, id: isOf(type, row) ? row : Number.NaN }
    if (Number.isNaN(target.id)) throw userError('Error while accessing a resource. This record already exists.')
    return act(target, () => {
      update(request, target)
      return located(request, type, target.id)
    })
  }

  function update(request: SimulatorRequest, { type, id }: Target): void {
    writable(type)
    const replaced = request.query.get('replace')?.split(',') ?? []
    for (const name of replaced) {
      if (type.fields.get(name)?.type !== 'list') throw invalidParameter(`Invalid sublist ${name}.`, 'replace')
    }
    const { checked, externalId } = read(request, type)
    if (type.table === 'customer') customers.update(id, checked)
    else orders.update(id, checked, replaced.includes('item'))
    if (externalId === undefined) return
    const holder = externalId === null ? undefined : holderOf(type, externalId)
    if (holder !== undefined && holder !== id) {
      throw userError('Error while accessing a resource. This record already exists.', 'externalId')
    }
    keepKey(type, id, externalId)
    database.update(type.table, id, { externalid: externalId })
  }

  /** The body, checked. The external id is apart: undefined when it is not named. */
  function read(
    request: SimulatorRequest,
    type: RecordType,
  ): { checked: Checked; externalId: string | null | undefined } {
    const body = bodyIn(request)
    const { externalId } = body
    if (externalId !== undefined && externalId !== null) {
      if (typeof externalId !== 'string' || !externalIdShape.test(externalId))
        throw invalidValue(externalId, 'externalId')
    }
    const checked = new Map(checking.check(type.fields, body, unknownOf(request)))
    checked.delete('externalId')
    return { checked, externalId }
  }

  function transform(request: SimulatorRequest, target: Target, to: string): SimulatorReply {
    if (request.method !== 'POST') throw methodNotAllowed(request)
    const name = transforms.find((one) => one === to)
    if (target.type.name !== 'salesOrder' || name === undefined) {
      throw netsuiteError(400, 'INVALID_REQUEST', `A transformation to ${to} is not simulated.`)
    }
    if (deps.isDenied(name)) throw insufficientPermission(name)
    const given = request.body.length === 0 ? {} : bodyIn(request)
    const unread = Object.keys(given).find((one) => name !== 'itemFulfillment' || !shippedBy.includes(one))
    if (unread !== undefined)
      throw userError(`Setting ${unread} in a transformation to ${name} is not simulated.`, unread)
    return act(target, () => {
      const id = name === 'itemFulfillment' ? ship(given, target.id) : billing.bill(target.id, codes[name])
      if (id === null) throw userError('This transaction has no lines that are left for it.')
      return located(request, types.get(name) ?? target.type, id)
    })
  }
  function ship(body: JsonObject, orderId: number): number | null {
    const given = isObject(body.item ?? null) ? ((body.item as JsonObject).items as readonly JsonObject[]) : []
    const numbers = new Set(
      database
        .all(`SELECT id FROM transactionline WHERE "transaction" = ? AND mainline = 'F' AND taxline = 'F'`, orderId)
        .map((row) => Number(row.id)),
    )
    const only = new Map(
      given.map(({ orderLine, quantity, itemReceive }, place) => {
        if (!numbers.has(Number(orderLine))) throw invalidValue(orderLine ?? null, `item.items[${place}].orderLine`)
        const all = quantity === undefined || quantity === null
        return [
          Number(orderLine),
          itemReceive === false ? decimal('0') : all ? decimal('999999999') : decimal(Number(quantity)),
        ]
      }),
    )
    const stage = isObject(body.shipStatus ?? null) ? (body.shipStatus as JsonObject).id : body.shipStatus
    return fulfilment.fulfil(orderId, { stage: stage === 'A' || stage === 'B' ? stage : 'C', only })
  }

  function collection(request: SimulatorRequest, type: RecordType): SimulatorReply {
    if (request.query.has('q')) throw invalidParameter('Record filtering is not simulated: use SuiteQL.', 'q')
    const limit = Number(request.query.get('limit') ?? pageMax)
    const offset = Number(request.query.get('offset') ?? 0)
    if (!(limit >= 1 && limit <= pageMax)) throw invalidParameter('Provide a valid limit value.', 'limit')
    if (!(offset >= 0) || offset % limit !== 0) throw invalidParameter('Provide a valid offset value.', 'offset')
    const where = `FROM "${type.table}" WHERE ${type.only}`
    const total = Number(database.get(`SELECT COUNT(*) AS count ${where}`)?.count)
    const rows = database.all(`SELECT id ${where} ORDER BY id LIMIT ? OFFSET ?`, limit, offset)
    const base = baseOf(request)
    return {
      status: 200,
      headers: plural,
      body: {
        links: [{ rel: 'self', href: `${base}/${type.name}?limit=${limit}&offset=${offset}` }],
        count: rows.length,
        hasMore: offset + rows.length < total,
        items: rows.map(({ id }) => ({ links: [{ rel: 'self', href: `${base}/${type.name}/${id}` }], id: String(id) })),
        offset,
        totalResults: total,
      },
    }
  }

  function sublist(request: SimulatorRequest, target: Target, name: string, line: string | undefined): SimulatorReply {
    const { type, id } = target
    const field = type.fields.get(name)
    if (field === undefined || (field.type !== 'list' && field.type !== 'subrecord')) throw noSuchRecord()
    checkLock(target)
    const shown = { ...shownOf(request, type), only: null }
    if (field.type === 'subrecord') {
      const body = bodies.bodyOf(type, id, { ...shown, expand: true, only: new Set([name]) })[name]
      if (body === undefined) throw noSuchRecord()
      return { status: 200, headers: singular, body }
    }
    const items = bodies.linesOf(type, id, name, { ...shown, expand: true })
    if (line !== undefined) {
      const found = items.find((item) => String(item.line ?? item.internalId) === line)
      if (found === undefined) throw noSuchRecord()
      return { status: 200, headers: singular, body: found }
    }
    const href = `${shown.base}/${type.name}/${id}/${name}`
    const links = items.map((item) =>
      shown.expand ? item : { links: [{ rel: 'self', href: `${href}/${item.line ?? item.internalId ?? 0}` }] },
    )
    return { status: 200, headers: plural, body: { items: links, totalResults: items.length } }
  }

  /** All or nothing, and nothing when another was faster. */
  function act(target: Target | null, work: () => SimulatorReply): SimulatorReply {
    if (deps.losesRace()) throw changedRecord()
    if (target !== null) checkLock(target)
    return database.transaction(work)
  }
  /** Reading opens a record as editing does, so that a locked one cannot even be read. */
  function checkLock({ type, id }: Target): void {
    if (database.has('SELECT 1 FROM sim_lock WHERE kind = ? AND id = ?', type.table, id)) throw lockedRecord()
  }

  /** @throws NetsuiteError `NONEXISTENT_ID` */
  function idOf(type: RecordType, which: string): number {
    const key = keyIn(which)
    if (key === null && !/^\d+$/.test(which)) throw netsuiteError(400, 'INVALID_REQUEST', `Invalid ID '${which}'.`)
    const id = key === null ? Number(which) : holderOf(type, key)
    if (id === undefined || !isOf(type, id)) throw noSuchRecord()
    return id
  }
  const isOf = (type: RecordType, id: number): boolean =>
    database.has(`SELECT 1 FROM "${type.table}" WHERE id = ? AND ${type.only}`, id)

  /** Who has an external id, in the pool that a record shares with others: all transactions, all entities, all items. */
  function holderOf(type: RecordType, key: string): number | undefined {
    const row = database.get('SELECT id FROM sim_external WHERE pool = ? AND externalid = ?', type.pool, key)
    return row === undefined ? undefined : Number(row.id)
  }
  function keepKey(type: RecordType, id: number, key: string | null): void {
    database.run('DELETE FROM sim_external WHERE pool = ? AND id = ?', type.pool, id)
    if (key !== null) database.insert('sim_external', { pool: type.pool, externalid: key, id })
  }

  return { answer }
}

const codes = { invoice: 'CustInvc', cashSale: 'CashSale' } as const

function keyIn(which: string): string | null {
  if (!which.startsWith('eid:')) return null
  const key = which.slice('eid:'.length)
  if (!externalIdShape.test(key)) {
    throw netsuiteError(400, 'INVALID_REQUEST', `Invalid external ID '${key}'.`, { 'o:errorUrlPath': which })
  }
  return key
}

/** Most record types are only shown here: people make them by other ways. */
function writable(type: RecordType): void {
  if (!type.writable) throw userError(`Writing records of type ${type.name} is not simulated.`)
}

function unknownOf(request: SimulatorRequest): Unknown {
  const given = (request.headers['x-netsuite-propertynamevalidation'] ?? 'warning').toLowerCase()
  return given === 'error' || given === 'ignore' ? given : 'warning'
}

function bodyIn(request: SimulatorRequest): JsonObject {
  if (!/json/.test(request.headers['content-type'] ?? '')) {
    throw netsuiteError(415, 'UNSUPPORTED_MEDIA_TYPE', 'The media type of the request is not supported.', {
      'o:errorHeader': 'Content-Type',
    })
  }
  const body = parsed(request.body)
  if (!isObject(body)) throw invalidContent('Invalid content. The body must be a JSON object.', '')
  return body
}
function parsed(body: Buffer): Json {
  try {
    return JSON.parse(body.toString('utf8')) as Json
  } catch {
    throw netsuiteError(400, 'INVALID_CONTENT', 'Invalid content. The body is no JSON.')
  }
}

const baseOf = (request: SimulatorRequest): string => `http://${request.headers.host}/services/rest/record/v1`

function shownOf(request: SimulatorRequest, type: RecordType): Shown {
  const fields = request.query.get('fields')
  const only = fields === null ? null : new Set(fields.split(','))
  for (const name of only ?? []) {
    const kind = type.fields.get(name)?.type
    if (kind === undefined) throw invalidParameter(`Invalid field ${name}.`, 'fields')
    if (kind === 'list' || kind === 'subrecord') {
      throw invalidParameter(`Invalid field ${name}: only body fields can be selected.`, 'fields')
    }
  }
  return {
    base: baseOf(request),
    expand: request.query.get('expandSubResources') === 'true',
    simpleEnums: request.query.get('simpleEnumFormat') === 'true',
    only,
  }
}

const located = (request: SimulatorRequest, type: RecordType, id: number): SimulatorReply => ({
  status: 204,
  headers: { location: `${baseOf(request)}/${type.name}/${id}` },
})
const methodNotAllowed = (request: SimulatorRequest) =>
  netsuiteError(405, 'METHOD_NOT_ALLOWED', `The method ${request.method} is not allowed here.`)

const singular = { 'content-type': 'application/vnd.oracle.resource+json; type=singular' }
const plural = { 'content-type': 'application/vnd.oracle.resource+json; type=collection' }
