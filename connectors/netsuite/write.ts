import type { JsonObject } from '../../src/core/json.ts'
import { type Failure, failureOf, type Result, type SyncError } from '../../src/core/problem.ts'
import type { Write, WriteOutcome } from '../../src/ports/connector.ts'
import { chunks } from '../kit/chunks.ts'
import { type Client, limits } from './client.ts'
import { openCustomers } from './customer.ts'
import { type Body, encodeFields, jsonOf, listOf, referenceTo } from './encode.ts'
import { isSyncError } from './errors.ts'
import { fits } from './external-id.ts'
import { type ExistingLine, encodeNewLines, planLines, readLines, readStatuses } from './lines.ts'
import { type Fields, type Metadata, noObject } from './metadata.ts'
import { customerObject, lineUnit, orderObject, places, tables } from './schema.ts'
import type { Settings } from './settings.ts'
import { openLineUnits } from './units.ts'

type Creation = Extract<Write, { do: 'create' }>
type Update = Extract<Write, { do: 'update' }>
type Action = 'confirm' | 'cancel'
type Outcomes = WriteOutcome[]

/** One call that is ready to go. */
interface Task {
  readonly index: number
  readonly send: () => Promise<string>
  /** Names lines by our keys in what NetSuite says of `item.items[0]`. */
  readonly lineKeys?: readonly string[]
}

/** Orders as they are now, by id. */
interface Orders {
  readonly statuses: ReadonlyMap<string, string>
  readonly lines: ReadonlyMap<string, readonly ExistingLine[]>
}

/** Status letters from which an action leads on, and those where it is done already. */
const actions = {
  confirm: { from: 'A', done: 'BDEFG', word: 'confirmed' },
  cancel: { from: 'AB', done: 'CH', word: 'cancelled' },
} as const

/** Writes records one by one, as many side by side as the settings allow: NetSuite takes one in a call. */
export function openWriting(client: Client, metadata: Metadata, settings: Settings) {
  const unitsFor = openLineUnits(client)
  const encodeCustomer = openCustomers(client, metadata, settings)
  const { lineKeyField } = settings

  const encode = (object: string, given: JsonObject, fields: Fields, creating: boolean): Promise<Result<Body>> =>
    object === customerObject
      ? encodeCustomer(given, fields, creating)
      : Promise.resolve(encodeFields(object, given, fields, creating))

  async function prepareCreation(index: number, write: Creation): Promise<Result<Task>> {
    const { object, key, lines } = write
    if (!fits(key)) return { ok: false, failure: badKey(key) }
    const fields = await metadata.fields(object)
    if (fields === null) return { ok: false, failure: failureOf(noObject(object)) }
    const encoded = await encode(object, write.fields, fields, true)
    if (!encoded.ok) return encoded
    const body: Body = { externalId: JSON.stringify(key), ...encoded.value }
    if (object === orderObject && settings.location !== undefined && body.location === undefined) {
      body.location = referenceTo(settings.location)
    }
    if (lines !== null) {
      const sublist = fields[lines.field]?.fields
      if (sublist === undefined) return { ok: false, failure: failureOf(noObject(`${object}.${lines.field}`)) }
      const items = encodeNewLines(object, lines, sublist, lineKeyField)
      if (!items.ok) return items
      body[lines.field] = listOf(items.value)
    }
    return {
      ok: true,
      value: {
        index,
        send: () => client.create(object, jsonOf(body)),
        lineKeys: lines?.upsert.map((line) => line.key) ?? [],
      },
    }
  }

  /** Null when there is nothing to change. */
  async function prepareUpdate(index: number, write: Update, orders: Orders): Promise<Result<Task | null>> {
    const { object, id, lines } = write
    const fields = await metadata.fields(object)
    if (fields === null) return { ok: false, failure: failureOf(noObject(object)) }
    const addressed = object === orderObject ? withWholeAddresses(write) : { ok: true as const, value: write.fields }
    if (!addressed.ok) return addressed
    const encoded = await encode(object, addressed.value, fields, false)
    if (!encoded.ok) return encoded
    const body = encoded.value
    let replace: string | undefined
    if (lines !== null && lines.upsert.length + lines.remove.length > 0) {
      const status = orders.statuses.get(id)
      if (status === undefined) return { ok: false, failure: gone(object, id) }
      const order = { status, lines: orders.lines.get(id) ?? [] }
      const sublist = fields[lines.field]?.fields
      if (sublist === undefined) return { ok: false, failure: failureOf(noObject(`${object}.${lines.field}`)) }
      const plan = planLines(object, id, lines, order, sublist, lineKeyField)
      if (!plan.ok) return plan
      if (plan.value.items.length > 0) body[lines.field] = listOf(plan.value.items)
      if (plan.value.whole) replace = lines.field
    }
    if (Object.keys(body).length === 0) return { ok: true, value: null }
    return {
      ok: true,
      value: {
        index,
        send: async () => {
          await client.update(object, id, jsonOf(body), replace)
          return id
        },
      },
    }
  }

  /** The writes with the units of their lines as NetSuite has them, in their order. */
  async function placeUnits(
    writes: readonly (readonly [number, Creation | Update])[],
    orders: Orders,
  ): Promise<readonly Result<Creation | Update>[]> {
    type Line = NonNullable<Update['lines']>['upsert'][number]
    const ours = writes.flatMap(([, write]) => (write.object === orderObject ? [write] : []))
    const itemOf = (write: Creation | Update, { key, fields }: Line): string => {
      if (fields.item !== undefined) return String(fields.item)
      return (
        (write.do === 'update' ? (orders.lines.get(write.id) ?? []) : []).find((line) => line.key === key)?.item ?? ''
      )
    }
    // A new line without a unit gets the item's own by itself.
    const isCounted = (write: Creation | Update, { fields }: Line) =>
      Object.hasOwn(fields, lineUnit) && (fields[lineUnit] !== null || write.do === 'update')
    const placeUnit = await unitsFor(
      ours.flatMap((write) =>
        (write.lines?.upsert ?? [])
          .filter((line) => isCounted(write, line))
          .map((line): [Line, string] => [line, itemOf(write, line)])
          .filter(([, item]) => item !== ''),
      ),
    )
    return writes.map(([, write]): Result<Creation | Update> => {
      if (write.lines === null || write.object !== orderObject) return { ok: true, value: write }
      const upsert: Line[] = []
      for (const line of write.lines.upsert) {
        const placed: Result<Line> = Object.hasOwn(line.fields, lineUnit) ? placeUnit(line) : { ok: true, value: line }
        if (!placed.ok) return placed
        upsert.push(placed.value)
      }
      return { ok: true, value: { ...write, lines: { ...write.lines, upsert } } }
    })
  }

  async function readOrders(ids: readonly string[]): Promise<Orders> {
    if (ids.length === 0) return { statuses: new Map(), lines: new Map() }
    const [statuses, lines] = await Promise.all([readStatuses(client, ids), readLines(client, settings, ids)])
    return { statuses, lines }
  }

  async function writeRecords(
    writes: readonly (readonly [number, Creation | Update])[],
    outcomes: Outcomes,
  ): Promise<void> {
    const amended = writes.flatMap(([, write]) =>
      write.do === 'update' && write.object === orderObject && write.lines !== null ? [write.id] : [],
    )
    const orders = await readOrders(amended)
    const counted = await placeUnits(writes, orders)
    const tasks: Task[] = []
    for (const [place, [index]] of writes.entries()) {
      const write = counted[place]
      if (write === undefined) continue
      if (!write.ok) {
        outcomes[index] = write
        continue
      }
      const prepared =
        write.value.do === 'create'
          ? await prepareCreation(index, write.value)
          : await prepareUpdate(index, write.value, orders)
      if (!prepared.ok) outcomes[index] = prepared
      else if (prepared.value === null)
        outcomes[index] = { ok: true, id: write.value.do === 'update' ? write.value.id : '' }
      else tasks.push(prepared.value)
    }
    await run(tasks, outcomes)
    const sent = new Set(tasks.map(({ index }) => index))
    const refused = writes.filter(([index]) => sent.has(index) && isRefused(outcomes[index]))
    await adopt(refused, outcomes)
    await nameCurrencies(refused, outcomes)
  }

  /**
   * A record with our key that is there already is the one that was wanted: NetSuite refuses a second one with the same
   * external id, in words that are not documented, so whatever was refused is looked for.
   */
  async function adopt(refused: readonly (readonly [number, Creation | Update])[], outcomes: Outcomes): Promise<void> {
    const creations = refused.flatMap(([index, write]): [number, Creation][] =>
      write.do === 'create' ? [[index, write]] : [],
    )
    for (const [object, group] of Map.groupBy(creations, ([, write]) => write.object)) {
      const table = tables[object]
      if (table?.keyed !== true) continue
      const where = table.where === undefined ? '' : `${table.where} AND `
      for (const part of chunks(group, limits.values)) {
        const keys = part.map(([, write]) => write.key)
        const rows = await client.queryAll(
          `SELECT r.id, r.externalid FROM ${table.name} r WHERE ${where}r.externalid IN (${places(keys)}) ORDER BY r.id`,
          keys,
        )
        const ids = new Map(rows.map((row) => [row.externalid, row.id]))
        for (const [index, write] of part) {
          const id = ids.get(write.key)
          if (id !== undefined) outcomes[index] = { ok: true, id }
        }
      }
    }
  }

  /** NetSuite says `Invalid value 4`: people know a currency by its code. */
  async function nameCurrencies(
    refused: readonly (readonly [number, Creation | Update])[],
    outcomes: Outcomes,
  ): Promise<void> {
    const unknown = refused.flatMap(([index, { fields }]): { index: number; id: string; failure: Failure }[] => {
      const outcome = outcomes[index]
      if (outcome?.ok !== false || outcome.failure.problem.kind !== 'record_rejected') return []
      const { failure } = outcome
      const id = outcome.failure.problem.field === 'currency' ? fields.currency : null
      return typeof id === 'string' ? [{ index, id, failure }] : []
    })
    if (unknown.length === 0) return
    const ids = [...new Set(unknown.map(({ id }) => id))]
    const rows = await client.queryAll(
      `SELECT r.id, r.symbol FROM currency r WHERE r.id IN (${places(ids)}) ORDER BY r.id`,
      ids,
    )
    const symbols = new Map(rows.map((row) => [row.id, row.symbol]))
    for (const { index, id, failure } of unknown) {
      const message = `${failure.message}: ${symbols.get(id) ?? id} is not among the customer's currencies`
      outcomes[index] = { ok: false, failure: { ...failure, message } }
    }
  }

  /** @throws SyncError when nothing was written and nothing can be */
  async function run(tasks: readonly Task[], outcomes: Outcomes): Promise<void> {
    const pending = [...tasks]
    const stopped: { error: SyncError | null } = { error: null }
    let touched = false
    const take = async (): Promise<void> => {
      for (let task = pending.shift(); task !== undefined && stopped.error === null; task = pending.shift()) {
        try {
          outcomes[task.index] = { ok: true, id: await task.send() }
          touched = true
        } catch (error) {
          if (!isSyncError(error)) throw error
          // A reply that cannot be read tells as little as none.
          touched ||= isSyncError(error, 'outcome_unknown', 'bad_reply')
          outcomes[task.index] = { ok: false, failure: lineNamed(failureOf(error), task.lineKeys ?? []) }
          if (isSyncError(error, 'unavailable', 'auth_rejected', 'rate_limited', 'permission_missing')) {
            stopped.error ??= error
          }
        }
      }
    }
    await Promise.all(Array.from({ length: settings.concurrency }, take))
    if (stopped.error !== null && !touched && !outcomes.some((outcome) => outcome.ok)) throw stopped.error
  }

  /** Confirms or cancels orders. Their states are read first: what is done already is a success. */
  async function act(
    action: Action,
    writes: readonly (readonly [number, string])[],
    outcomes: Outcomes,
  ): Promise<void> {
    const { from, done, word } = actions[action]
    const ids = writes.map(([, id]) => id)
    const { statuses, lines } =
      action === 'cancel'
        ? await readOrders(ids)
        : { statuses: await readStatuses(client, ids), lines: new Map<string, readonly ExistingLine[]>() }
    const tasks: Task[] = []
    for (const [index, id] of writes) {
      const status = statuses.get(id)
      const own = lines.get(id) ?? []
      const refuse = (state: string) => ({ ok: false, failure: wrongState(id, state, word) }) as const
      if (status === undefined) outcomes[index] = { ok: false, failure: gone(orderObject, id) }
      else if (done.includes(status)) outcomes[index] = { ok: true, id }
      else if (!from.includes(status)) outcomes[index] = refuse(status)
      else if (own.some((line) => !line.untouched)) outcomes[index] = refuse(`${status}, partly shipped or billed`)
      else {
        const body = action === 'confirm' ? { orderStatus: referenceTo('B') } : closing(own)
        tasks.push({
          index,
          send: async () => {
            await client.update(orderObject, id, jsonOf(body))
            return id
          },
        })
      }
    }
    await run(tasks, outcomes)
  }

  return async function write(writes: readonly Write[]): Promise<readonly WriteOutcome[]> {
    const outcomes: Outcomes = writes.map(() => ({ ok: false, failure: notSent }))
    const records: [number, Creation | Update][] = []
    const acted: Record<Action, [number, string][]> = { confirm: [], cancel: [] }
    for (const [index, one] of writes.entries()) {
      if (one.do === 'create' || one.do === 'update') records.push([index, one])
      else acted[one.do].push([index, one.id])
    }
    const steps = [
      { of: records.map(([index]) => index), run: () => writeRecords(records, outcomes) },
      { of: acted.confirm.map(([index]) => index), run: () => act('confirm', acted.confirm, outcomes) },
      { of: acted.cancel.map(([index]) => index), run: () => act('cancel', acted.cancel, outcomes) },
    ].filter((step) => step.of.length > 0)
    for (const step of steps) {
      try {
        await step.run()
      } catch (error) {
        if (!isSyncError(error)) throw error
        if (!outcomes.some(mayBeWritten)) throw error
        for (const index of step.of) {
          const outcome = outcomes[index]
          if (outcome?.ok === false && outcome.failure === notSent)
            outcomes[index] = { ok: false, failure: failureOf(error) }
        }
        return outcomes
      }
    }
    return outcomes
  }
}

const isRefused = (outcome: WriteOutcome | undefined): boolean =>
  outcome?.ok === false && outcome.failure.problem.kind === 'record_rejected'
const mayBeWritten = (outcome: WriteOutcome): boolean =>
  outcome.ok || ['outcome_unknown', 'bad_reply'].includes(outcome.failure.problem.kind)

/** Closes what is open: NetSuite then has the order as closed, and reserves and plans nothing for it any more. */
const closing = (lines: readonly ExistingLine[]): Body => ({
  item: listOf(lines.filter((line) => !line.closed).map(({ number }) => ({ line: number, isClosed: 'true' }))),
})

/** `item.items[0].rate` of a line that we know by its key. */
function lineNamed(failure: Failure, keys: readonly string[]): Failure {
  if (failure.problem.kind !== 'record_rejected') return failure
  const [, place, rest = ''] = /^item\.items\[(\d+)\](.*)$/.exec(failure.problem.field ?? '') ?? []
  const key = place === undefined ? undefined : keys[Number(place)]
  if (key === undefined) return failure
  const field = `item[${key}]${rest}`
  return { ...failure, problem: { ...failure.problem, field }, message: `Line ${key}: ${failure.message}`, field }
}

const notSent: Failure = {
  problem: { kind: 'unavailable' },
  message: 'Not sent to NetSuite, because a call before it failed',
  fix: 'It is tried again by itself.',
}
const badKey = (key: string): Failure => ({
  problem: { kind: 'record_rejected', field: 'externalId', remoteCode: 'value' },
  message: `"${key}" cannot be an external id of NetSuite, which takes letters, digits, "_" and "-"`,
  fix: 'Report it: keys are made of the account and the id in the CRM, both of which are plain.',
  field: 'externalId',
})
const gone = (object: string, id: string): Failure => ({
  problem: { kind: 'record_gone', object, id },
  message: `${object === orderObject ? 'Order' : object} ${id} is not in NetSuite any more, or the role may not see it`,
  fix: 'Decide in NetSuite whether it is made anew.',
})
const wrongState = (id: string, status: string, word: string): Failure => ({
  problem: { kind: 'record_rejected', field: 'orderStatus', remoteCode: status.slice(0, 1) },
  message: `Order ${id} is in status ${status} in NetSuite and cannot be ${word}`,
  fix: 'Settle it in NetSuite by hand, or win the deal again.',
})

const orderAddresses = ['shippingAddress', 'billingAddress'] as const

/**
 * An address of an order goes out as a whole: Oracle's help contradicts itself on whether the parts of a subrecord that are not
 * named stay. For the same reason none is emptied: nothing says that the order would then take the customer's again.
 */
function withWholeAddresses({ fields, unchanged = {} }: Update): Result<JsonObject> {
  let whole = fields
  for (const address of orderAddresses) {
    const isPart = ([name]: readonly [string, unknown]) => name.startsWith(`${address}.`)
    const changed = Object.entries(fields).filter(isPart)
    if (changed.length === 0) continue
    const all = { ...Object.fromEntries(Object.entries(unchanged).filter(isPart)), ...Object.fromEntries(changed) }
    if (Object.values(all).every((value) => value === null)) return { ok: false, failure: addressless(address) }
    whole = { ...whole, ...all }
  }
  return { ok: true, value: whole }
}

const addressless = (address: (typeof orderAddresses)[number]): Failure => ({
  problem: { kind: 'record_rejected', field: address, remoteCode: 'address' },
  message: `The deal has no ${address === 'shippingAddress' ? 'shipping' : 'billing'} address any more, and NetSuite is not told to empty that of an order`,
  fix: 'Choose an address of the customer on the order in NetSuite, and give the deal the same one.',
  field: address,
})
