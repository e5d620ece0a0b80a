import { z } from 'zod'
import { type Failure, failureOf, type Result, SyncError } from '../../src/core/problem.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Write } from '../../src/ports/connector.ts'
import { withWhatGoesAlong } from '../kit/along.ts'
import { inHalves } from '../kit/halves.ts'
import { type Client, read, sideBySide } from './client.ts'
import { openCustomerAddresses } from './customer-addresses.ts'
import { openTerms } from './customer-terms.ts'
import { type Cell, choiceCode, encodeFields } from './encode.ts'
import { failureOfMessages, isLostRace, isSyncError } from './errors.ts'
import { nameOfKey } from './external-id.ts'
import { deliveryAddress, type Models } from './schema.ts'
import type { Settings } from './settings.ts'
import type { PlaceUnits } from './units.ts'

export type RecordWrite = Extract<Write, { do: 'create' | 'update' }>
export type Outcome = Result<number>

/** One record of a `load`: what names it, its own cells, and its lines, all with the same columns. */
interface Entry {
  readonly index: number
  readonly id: Cell
  readonly cells: readonly Cell[]
  readonly linesField: string | null
  readonly lines: readonly (readonly Cell[])[]
}

/** From 16 on Odoo computes price, discount, unit and taxes of an order line anew when one of these is written without them. */
const repricing = {
  causes: ['product_id', 'product_uom_qty', 'unit', 'product_uom', 'product_uom_id'],
  product: 'product_id',
}

/** From 16 on Odoo takes the price list, and so the currency, of a draft from its customer when only the customer is written. */
const reassigning = { causes: ['partner_id'] }

const rowsMax = 1000
const racesMax = 5
const roundsMax = 25

const replySchema = z.object({
  ids: z.union([z.literal(false), z.array(z.number())]),
  messages: z.array(
    z.looseObject({
      type: z.string(),
      message: z.string(),
      record: z.number().optional(),
      field: z.string().optional(),
    }),
  ),
})

/**
 * Writes records by Odoo's import method, which makes or changes them by External ID, with their lines, many in one
 * transaction. One bad record rolls back its whole call; it is named, left out, and the others are sent again.
 */
export function openLoading(client: Client, models: Models, placeUnits: PlaceUnits, settings: Settings, clock: Clock) {
  const terms = openTerms(client, models, clock)
  const withAddresses = openCustomerAddresses(client, models)
  const externalId = (key: string): string => `${settings.module}.${nameOfKey(key)}`

  function inWarehouse(write: RecordWrite): RecordWrite {
    const { warehouseId } = settings
    if (warehouseId === undefined || write.do !== 'create' || write.object !== 'sale.order') return write
    return { ...write, fields: { ...write.fields, warehouse_id: write.fields.warehouse_id ?? String(warehouseId) } }
  }

  /** Records of one object, in rounds: those of a later round add lines that have other columns than the first ones. */
  async function plan(
    object: string,
    writes: readonly (readonly [number, RecordWrite])[],
    outcomes: Outcome[],
  ): Promise<readonly (readonly Entry[])[]> {
    let fields = await models.fields(object)
    const rounds: Entry[][] = []
    let renewed = false
    const placed = await placeUnits(writes.map(([, write]) => withAgreed(withAddress(write))))
    for (const [place, [index, write]] of writes.entries()) {
      const ready = placed[place] ?? { ok: true, value: write }
      const encode = async (known: typeof fields) =>
        known === null ? missing(object) : ready.ok ? entriesOf(index, ready.value, object, known) : ready
      let encoded = await encode(fields)
      if (!encoded.ok && !renewed && isUnknownChoice(encoded.failure)) {
        renewed = true
        const model = fields?.[write.lines?.field ?? '']?.relation
        if (model !== undefined) await models.renew(model)
        fields = await models.renew(object)
        encoded = await encode(fields)
      }
      if (!encoded.ok) {
        outcomes[index] = encoded
        continue
      }
      // An update of nothing is done already.
      if (encoded.value.length === 0)
        outcomes[index] = { ok: true, value: write.do === 'update' ? Number(write.id) : 0 }
      for (const [round, entry] of encoded.value.entries()) {
        const entries = rounds[round] ?? []
        rounds[round] = entries
        entries.push(entry)
      }
    }
    return rounds
  }

  async function entriesOf(
    index: number,
    write: RecordWrite,
    object: string,
    fields: NonNullable<Awaited<ReturnType<Models['fields']>>>,
  ): Promise<Result<readonly Entry[]>> {
    const id: Cell =
      // Updating by External ID would make a record anew that was deleted.
      write.do === 'create' ? { column: 'id', text: externalId(write.key) } : { column: '.id', text: write.id }
    const given = write.do === 'update' ? withWhatGoesAlong(write, reassigning) : write.fields
    const own = encodeFields(object, given, fields, write.do === 'create')
    if (!own.ok) return own
    const { lines } = write
    if (lines === null || lines.upsert.length === 0) {
      const idle = write.do === 'update' && own.value.length === 0
      return { ok: true, value: idle ? [] : [{ index, id, cells: own.value, linesField: null, lines: [] }] }
    }
    const relation = fields[lines.field]?.relation
    const lineFields = relation === undefined ? null : await models.fields(relation)
    if (relation === undefined || lineFields === null) return missing(`${object}.${lines.field}`)
    // An empty cell clears, so lines that set different fields cannot share a call.
    const alike = new Map<string, Cell[][]>()
    for (const line of lines.upsert) {
      const cells = encodeFields(relation, line.fields, lineFields, write.do === 'create')
      if (!cells.ok) return cells
      const signature = cells.value.map((cell) => cell.column).join(' ')
      const same = alike.get(signature) ?? []
      alike.set(signature, same)
      same.push([{ column: 'id', text: externalId(line.key) }, ...cells.value])
    }
    return {
      ok: true,
      value: [...alike.values()].map((same, round) => ({
        index,
        id,
        cells: round === 0 ? own.value : [],
        linesField: lines.field,
        lines: same,
      })),
    }
  }

  /** Sends one call's worth until every entry is settled. @throws SyncError for the entries that are not settled */
  async function send(object: string, entries: readonly Entry[], archived: boolean, settle: Settle): Promise<void> {
    let left = entries
    let races = 0
    for (let round = 0; left.length > 0; round += 1) {
      const reply = await call(object, left, archived)
      if (reply.ids !== false) {
        const { ids } = reply
        if (ids.length !== left.length) throw unreadable(object, left.length, ids.length)
        for (const [place, entry] of left.entries()) settle(entry, { ok: true, value: ids[place] ?? 0 })
        return
      }
      const errors = reply.messages.filter((message) => message.type === 'error')
      if (isLostRace(errors)) {
        races += 1
        if (races === racesMax) return refuse(left, busy, settle)
        await clock.sleep(100 * 2 ** races)
        continue
      }
      const blamed = new Map<number, typeof errors>()
      for (const error of errors) {
        // After a failure of the database Odoo names the first record, whichever it was.
        if (error.record === undefined || error.message.startsWith('Unknown database error')) continue
        blamed.set(error.record, [...(blamed.get(error.record) ?? []), error])
      }
      if (blamed.size === 0) {
        if (left.length === 1) return refuse(left, failureOfMessages(errors), settle)
        const middle = Math.ceil(left.length / 2)
        await send(object, left.slice(0, middle), archived, settle)
        left = left.slice(middle)
        continue
      }
      for (const [place, messages] of blamed) refuse(left.slice(place, place + 1), failureOfMessages(messages), settle)
      left = left.filter((_, place) => !blamed.has(place))
      if (round === roundsMax) return refuse(left, crowded, settle)
    }
  }

  async function call(object: string, entries: readonly Entry[], archived: boolean) {
    const { fields, data } = tableOf(entries)
    const value = await client.call({
      model: object,
      method: 'load',
      args: { fields, data },
      effect: 'write',
      // Odoo would mail each salesperson each order, hundreds at a first run. And where the call is refused the mail is gone when
      // it is to be sent: the answer is then that "mail.mail" does not exist, instead of what was refused.
      context: { mail_auto_subscribe_no_notify: true, ...(archived ? { active_test: false } : {}) },
    })
    return read(replySchema, value, 'the outcome of a load')
  }

  /** Sends halves of what was refused as a whole. @throws SyncError when nothing more should be sent */
  async function narrow(object: string, entries: readonly Entry[], archived: boolean, settle: Settle): Promise<void> {
    const isOfOne = (error: unknown) => isSyncError(error, 'record_rejected', 'record_gone')
    await inHalves(entries, {
      send: (part) => send(object, part, archived, settle),
      isOfOne,
      failed(part, error) {
        if (!isOfOne(error)) throw error
        refuse(part, failureOf(error), settle)
      },
    })
  }

  return async function load(given: readonly RecordWrite[]): Promise<readonly Outcome[]> {
    const writes = await withAddresses(await terms.withTerms(given.map(inWarehouse)))
    const outcomes: Outcome[] = writes.map(() => ({ ok: false, failure: notSent }))
    let written = false
    for (const [object, group] of Map.groupBy(writes.entries(), ([, write]) => write.object)) {
      const hasArchive = Object.hasOwn((await models.fields(object)) ?? {}, 'active')
      for (const round of await plan(object, group, outcomes)) {
        // A record that a former round refused is not written any further.
        const alive = round.filter(({ index }) => {
          const outcome = outcomes[index]
          return outcome?.ok === true || outcome?.failure === notSent
        })
        const pending = [...chunksOf(alive, settings.loadOrders)]
        let unsure = false
        let stopped: SyncError | null = null
        const lost = openLosses()
        const takeChunks = async (): Promise<void> => {
          for (let chunk = pending.shift(); chunk !== undefined && stopped === null; chunk = pending.shift()) {
            // Odoo finds a record by id only among those that are not archived, unless it is told.
            const archived = hasArchive && chunk[0]?.id.column === '.id'
            const open = new Set(chunk)
            const settle: Settle = (entry, outcome) => {
              outcomes[entry.index] = outcome
              open.delete(entry)
              written ||= outcome.ok
            }
            try {
              await narrow(object, chunk, archived, settle)
              lost.none()
            } catch (error) {
              if (!isSyncError(error)) throw error
              // A reply that cannot be read tells as little as none.
              const unknown = isSyncError(error, 'outcome_unknown', 'bad_reply')
              unsure ||= unknown
              for (const entry of open) outcomes[entry.index] = { ok: false, failure: failureOf(error) }
              if (!unknown || lost.another()) stopped = error
            }
          }
        }
        await Promise.all(Array.from({ length: sideBySide }, takeChunks))
        if (stopped !== null && !written && !unsure) throw stopped
        if (stopped !== null) return outcomes
      }
      if (object === 'res.partner') void terms.expect(madeIn(group, outcomes))
    }
    return outcomes
  }
}

const isUnknownChoice = ({ problem }: Failure): boolean =>
  problem.kind === 'record_rejected' && problem.remoteCode === choiceCode

const madeIn = (group: readonly (readonly [number, RecordWrite])[], outcomes: readonly Outcome[]): readonly number[] =>
  group.flatMap(([index, write]) => {
    const outcome = outcomes[index]
    return write.do === 'create' && outcome?.ok === true ? [outcome.value] : []
  })

/** Before units are placed: one that goes along is placed, too. */
function withAgreed(write: RecordWrite): RecordWrite {
  const { lines } = write
  if (lines === null) return write
  const upsert = lines.upsert.map((line) => ({ key: line.key, fields: withWhatGoesAlong(line, repricing) }))
  return { ...write, lines: { ...lines, upsert } }
}

/** A delivery address is a line of the customer: a contact below it, with a key of its own. */
function withAddress(write: RecordWrite): RecordWrite {
  const prefix = `${deliveryAddress}.`
  const entries = Object.entries(write.fields)
  const address = entries.filter(([name]) => name.startsWith(prefix))
  if (write.object !== 'res.partner' || address.length === 0) return write
  const fields = Object.fromEntries(entries.filter(([name]) => !name.startsWith(prefix)))
  if (address.every(([, value]) => value === null)) return { ...write, fields }
  const line = {
    key: `${write.key ?? `partner_${write.do === 'update' ? write.id : ''}`}_ship`,
    fields: {
      type: 'delivery',
      ...Object.fromEntries(address.map(([name, value]) => [name.slice(prefix.length), value])),
    },
  }
  const upsert = [...(write.lines?.upsert ?? []), line]
  return { ...write, fields, lines: { field: 'child_ids', upsert, remove: write.lines?.remove ?? [] } }
}

type Settle = (entry: Entry, outcome: Outcome) => void

function refuse(entries: readonly Entry[], failure: Failure, settle: Settle): void {
  for (const entry of entries) settle(entry, { ok: false, failure })
}

/** So many lost answers in a row are no accident: the rest is not sent, and waits. */
const lossesMax = 3

/** Counts answers lost in a row. One that is lost holds up what was sent with it, and nobody else. */
export function openLosses() {
  let row = 0
  return {
    none() {
      row = 0
    },
    /** Takes note of one. @returns whether it is time to stop */
    another() {
      row += 1
      return row >= lossesMax
    },
  }
}

export const notSent: Failure = {
  problem: { kind: 'unavailable' },
  message: 'Not sent to Odoo, because a call before it failed',
  fix: 'It is tried again by itself.',
}
const busy: Failure = {
  problem: { kind: 'busy' },
  message: 'Odoo was changing the same records at the same moment, several times over',
  fix: 'It is tried again by itself.',
}
const crowded: Failure = {
  problem: { kind: 'unavailable' },
  message: 'Not written, because too many records of the same call were refused',
  fix: 'It is tried again by itself, without the refused ones.',
}

function missing(what: string): { ok: false; failure: Failure } {
  return {
    ok: false,
    failure: {
      problem: { kind: 'configuration_invalid', path: what },
      message: `This Odoo has no ${what}`,
      fix: 'Install the app that brings it, or correct the mapping.',
    },
  }
}

const unreadable = (object: string, sent: number, made: number): SyncError =>
  new SyncError(`Odoo answered ${made} ids for ${sent} records of ${object}`, {
    problem: { kind: 'outcome_unknown' },
    fix: 'Nothing to do at first: the records are looked up before anything is sent again.',
  })

/** Calls of records with the same columns, none too long. An empty cell would clear what another record does not set. */
function chunksOf(entries: readonly Entry[], recordsMax: number): readonly (readonly Entry[])[] {
  const alike = Map.groupBy(entries, (entry) =>
    [entry.id, ...entry.cells, { column: `/${entry.linesField}` }, ...(entry.lines[0] ?? [])]
      .map((cell) => cell.column)
      .join(' '),
  )
  return [...alike.values()].flatMap((same) => {
    const chunks: Entry[][] = []
    let rows = rowsMax
    for (const entry of same) {
      const size = Math.max(1, entry.lines.length)
      const last = chunks.at(-1)
      if (last !== undefined && last.length < recordsMax && rows + size <= rowsMax) {
        last.push(entry)
        rows += size
      } else {
        chunks.push([entry])
        rows = size
      }
    }
    return chunks
  })
}

/** A record's further lines are rows whose own cells are empty. */
function tableOf(entries: readonly Entry[]): { fields: string[]; data: string[][] } {
  const [first] = entries
  const own = [first?.id.column ?? 'id', ...(first?.cells ?? []).map((cell) => cell.column)]
  const ofLine = (first?.lines[0] ?? []).map((cell) => `${first?.linesField}/${cell.column}`)
  const data = entries.flatMap(({ id, cells, lines }) => {
    const head = [id, ...cells].map((cell) => cell.text)
    if (lines.length === 0) return [head]
    const none = head.map(() => '')
    return lines.map((line, place) => [...(place === 0 ? head : none), ...line.map((cell) => cell.text)])
  })
  return { fields: [...own, ...ofLine], data }
}
