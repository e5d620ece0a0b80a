import { parseDecimal } from '../../src/core/decimal.ts'
import { isObject, type Json } from '../../src/core/json.ts'
import { type Failure, failureOf, type Problem, SyncError } from '../../src/core/problem.ts'
import { parseInstant, parsePlainDate, toMillis } from '../../src/core/time.ts'
import type { Connection, Write, WriteOutcome } from '../../src/ports/connector.ts'
import { chunks } from '../kit/chunks.ts'
import { refusedValue } from '../kit/refused.ts'
import { type Client, limits, type Property, type Refused } from './client.ts'
import type { Echo } from './echo.ts'
import { propertyIn } from './errors.ts'
import { keyFlaw } from './key.ts'
import { type Definitions, isKey, isWritable, keyProperty, optionsOf } from './schema.ts'

/** HubSpot's own limit for one text. */
const textMax = 65_536

/** What this connector writes. Line items belong to their deals and are the sellers' alone. */
export const writes = {
  deals: { create: false, key: 'none', acts: ['update'] },
  products: { create: true, key: 'unique', acts: ['update'] },
  companies: { create: true, key: 'unique', acts: ['update'] },
  contacts: { create: true, key: 'unique', acts: ['update'] },
} as const satisfies Connection['writes']

/** One record of a call. */
interface Sent {
  /** Id of the record, or the key that it is made by. */
  readonly name: string
  readonly properties: Record<string, string>
}
type Act = 'update' | 'create'
/** What became of the records of a call: those that are not mentioned may have been written. */
interface Answer {
  /** By name, the id under which it was written. */
  readonly written: ReadonlyMap<string, string>
  readonly refused: ReadonlyMap<string, Refused>
  /** Refusals that do not say whose they are. */
  readonly unnamed: readonly Refused[]
}

/**
 * Records in batches of a hundred. An update sets the same values however often it is sent, so one whose answer was lost
 * is sent again (see client.ts). New records are made by our key, which HubSpot keeps unique: what is there already is
 * set to the same values and nothing is made twice; one whose answer was lost is `outcome_unknown`, and its key finds it.
 */
export function openWriting(client: Client, definitions: Definitions, echo: Echo) {
  return async function write(all: readonly Write[]): Promise<readonly WriteOutcome[]> {
    const outcomes = new Map<number, WriteOutcome>()
    const calls = new Map<string, { object: string; act: Act; records: Map<string, Sent & { places: number[] }> }>()
    const context = { definitions, renewed: new Set<string>() }
    for (const [place, one] of all.entries()) {
      const encoded = await encode(one, context)
      if (!encoded.ok) {
        outcomes.set(place, encoded)
        continue
      }
      const { act, name, properties } = encoded
      const call = calls.get(`${act} ${one.object}`) ?? { object: one.object, act, records: new Map() }
      calls.set(`${act} ${one.object}`, call)
      // HubSpot refuses a batch that names a record twice; the later write of a record is the one that stays.
      const record = call.records.get(name) ?? { name, properties: {}, places: [] }
      call.records.set(name, record)
      Object.assign(record.properties, properties)
      record.places.push(place)
    }
    await Promise.all(
      [...calls.values()].map(async ({ object, act, records }) => {
        const sent = await sendAll(
          object,
          act,
          // A record with nothing to set needs no call.
          [...records.values()].filter(({ properties }) => Object.keys(properties).length > 0),
        )
        for (const { name, places } of records.values()) {
          for (const place of places) outcomes.set(place, sent.get(name) ?? { ok: true, id: name })
        }
      }),
    )
    return all.map((_, place) => outcomes.get(place) ?? lost(''))
  }

  async function sendAll(object: string, act: Act, records: readonly Sent[]): Promise<Map<string, WriteOutcome>> {
    const outcomes = new Map<string, WriteOutcome>()
    await Promise.all(chunks(records, limits.batch).map((batch) => sendBatch(object, act, batch, outcomes)))
    return outcomes
  }

  async function sendBatch(
    object: string,
    act: Act,
    batch: readonly Sent[],
    outcomes: Map<string, WriteOutcome>,
  ): Promise<void> {
    let answer: Answer
    try {
      answer = act === 'update' ? await update(object, batch) : await create(object, batch)
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      const [first] = batch
      const single = first !== undefined && batch.length === 1
      const theRecords = error.problem.kind === 'record_rejected' || error.problem.kind === 'record_gone'
      if (!single && theRecords) return sendHalves(object, act, batch, outcomes)
      for (const { name } of batch) await refuseRecord(object, name, failed(object, act, name, error), outcomes)
      return
    }
    const open: Sent[] = []
    for (const one of batch) {
      const refusal = answer.refused.get(one.name)
      const id = answer.written.get(one.name)
      if (refusal !== undefined) {
        await refuseRecord(object, one.name, refusalOf(object, act, one.name, refusal), outcomes)
      } else if (id !== undefined) outcomes.set(one.name, { ok: true, id })
      else open.push(one)
    }
    const [refusal] = answer.unnamed
    const [first] = batch
    if (open.length === 0) return
    if (refusal === undefined) for (const { name } of open) outcomes.set(name, lost(name))
    else if (first !== undefined && batch.length === 1) {
      await refuseRecord(object, first.name, refusalOf(object, act, first.name, refusal), outcomes)
    } else await sendHalves(object, act, open, outcomes)
  }

  /** One bad value made HubSpot refuse without saying whose: halves find it, neighbours get written, twice at worst. */
  async function sendHalves(
    object: string,
    act: Act,
    batch: readonly Sent[],
    outcomes: Map<string, WriteOutcome>,
  ): Promise<void> {
    const middle = Math.ceil(batch.length / 2)
    for (const half of [batch.slice(0, middle), batch.slice(middle)]) {
      if (half.length > 0) await sendBatch(object, act, half, outcomes)
    }
  }

  /**
   * Of two that make a record by one key at the same time, one is told that it is there: then it is to be looked up, and
   * is not refused.
   */
  async function refuseRecord(
    object: string,
    name: string,
    failure: Failure,
    outcomes: Map<string, WriteOutcome>,
  ): Promise<void> {
    const { problem, message } = failure
    const doubtful = problem.kind === 'record_rejected' && isOwnKey(problem.field, message)
    outcomes.set(name, doubtful && (await isThere(object, name)) ? lost(name) : { ok: false, failure })
  }

  async function isThere(object: string, key: string): Promise<boolean> {
    try {
      return (await client.readBatch(object, [key], [keyProperty], keyProperty)).rows.length > 0
    } catch (error) {
      if (error instanceof SyncError) return true
      throw error
    }
  }

  async function update(object: string, batch: readonly Sent[]): Promise<Answer> {
    const reply = await client.updateBatch(
      object,
      batch.map(({ name, properties }) => ({ id: name, properties })),
    )
    echo.wrote(
      object,
      batch.flatMap(({ properties }) => Object.keys(properties)),
      reply.rows,
    )
    const refused = new Map(reply.refused.flatMap((one) => one.ids.map((id) => [id, one] as const)))
    const updated = new Set(reply.rows.map((row) => row.id))
    const strangers = reply.rows.filter((row) => !batch.some((one) => one.name === row.id)).length
    const open = batch.filter(({ name }) => !updated.has(name) && !refused.has(name))
    // A merged record answers under the surviving id, which we did not ask for.
    const taken = open.length <= strangers ? batch : batch.filter((one) => !open.includes(one))
    return { written: new Map(taken.map(({ name }) => [name, name])), refused, unnamed: unnamedIn(reply.refused) }
  }

  async function create(object: string, batch: readonly Sent[]): Promise<Answer> {
    const names = new Map(batch.map(({ name }, place) => [String(place), name]))
    const reply = await client.upsertBatch(
      object,
      keyProperty,
      batch.map(({ name, properties }, place) => ({
        id: name,
        trace: String(place),
        properties,
      })),
    )
    const written = new Map<string, string>()
    for (const { id, trace, properties } of reply.rows) {
      // The answer names the input, or else shows the key.
      const name = names.get(trace ?? '') ?? properties[keyProperty]
      if (name != null) written.set(name, id)
    }
    const refused = new Map<string, Refused>()
    for (const one of reply.refused) {
      for (const name of [...one.ids, ...one.traces.flatMap((trace) => names.get(trace) ?? [])]) refused.set(name, one)
    }
    return { written, refused, unnamed: unnamedIn(reply.refused) }
  }
}

const unnamedIn = (refused: readonly Refused[]): readonly Refused[] =>
  refused.filter((one) => one.ids.length === 0 && one.traces.length === 0)

/** HubSpot says that another record has our key, though it makes or changes records by it. */
const isOwnKey = (field: string | null, message: string): boolean => field === keyProperty && /unique/i.test(message)

function failed(object: string, act: Act, name: string, error: SyncError): Failure {
  const { problem } = error
  const failure = failureOf(error)
  const field = problem.kind === 'record_rejected' ? problem.field : null
  return {
    ...failure,
    message: `${object} ${name}: ${failure.message}`,
    problem: problem.kind === 'record_gone' ? goneOrRefused(object, act, name) : problem,
    ...(field === null ? {} : { field }),
  }
}

/** What is made cannot be gone: something that it needs is not there. */
const goneOrRefused = (object: string, act: Act, name: string): Problem =>
  act === 'update'
    ? { kind: 'record_gone', object, id: name }
    : { kind: 'record_rejected', field: null, remoteCode: 'OBJECT_NOT_FOUND' }

function refusalOf(object: string, act: Act, name: string, refused: Refused): Failure {
  const verb = act === 'update' ? 'update' : 'make'
  const message = `HubSpot did not ${verb} ${object} ${name}: ${refused.message || refused.category}`
  if (refused.category === 'OBJECT_NOT_FOUND' && act === 'update') {
    return {
      problem: { kind: 'record_gone', object, id: name },
      message,
      fix: 'The record was deleted in HubSpot; restore it there or leave it.',
    }
  }
  const field = propertyIn(refused.message)
  return {
    problem: { kind: 'record_rejected', field, remoteCode: refused.category },
    message,
    fix: "Correct the value or the rule that HubSpot's message names, then retry the record.",
    ...(field === null ? {} : { field }),
  }
}

const lostFailure = (name: string): Failure => ({
  problem: { kind: 'outcome_unknown' },
  message: `HubSpot's answer does not tell whether record ${name} was written`,
  fix: 'It is looked up and written again by itself.',
})
const lost = (name: string): WriteOutcome => ({ ok: false, failure: lostFailure(name) })

type Encoded =
  | { readonly ok: true; readonly act: Act; readonly name: string; readonly properties: Record<string, string> }
  | { readonly ok: false; readonly failure: Failure }
interface Encoding {
  readonly definitions: Definitions
  /** Definitions are read anew at most once, however many writes name what is not among them. */
  readonly renewed: Set<string>
}

async function encode(write: Write, { definitions, renewed }: Encoding): Promise<Encoded> {
  const { object } = write
  if ((write.do !== 'create' && write.do !== 'update') || write.lines !== null) {
    const what = write.do === 'create' || write.do === 'update' ? 'lines of' : `${write.do} of`
    return refuseWrite(object, `${what} ${object} is not something this connector writes`)
  }
  if (!isWritten(object)) {
    return refuseWrite(object, `this connector does not write ${object}, only ${Object.keys(writes).join(', ')}`)
  }
  if (write.do === 'create' && !writes[object].create) {
    return refuseWrite(object, `this connector makes no ${object}, it only changes those that are there`)
  }
  const name = write.do === 'create' ? write.key : write.id
  let known = await definitions.properties(object)
  const values = Object.entries(write.fields).map(
    ([path, value]) => [path.replace(/^properties\./, ''), value] as const,
  )
  const strange =
    (write.do === 'create' && known.get(keyProperty)?.hasUniqueValue !== true) ||
    values.some(
      ([property, value]) => !known.has(property) || (value !== null && illegalOption(known.get(property), value)),
    )
  if (strange && !renewed.has(object)) {
    renewed.add(object)
    // The property or the option may have been added since the definitions were read.
    definitions.forget(object)
    known = await definitions.properties(object)
  }
  if (write.do === 'create') {
    const flaw = keyFlaw(object, known)
    if (flaw !== null) return { ok: false, failure: failureOf(flaw) }
  }
  const properties: Record<string, string> = {}
  for (const [property, value] of values) {
    const definition = known.get(property)
    if (definition === undefined || !isWritable(definition) || isKey(object, property)) {
      const why = definition === undefined ? 'does not exist' : 'is read-only'
      return refusedValue(
        { kind: 'configuration_invalid', path: `${object}.${property}` },
        `${object} ${name}: the HubSpot property "${property}" ${why}`,
        definition === undefined
          ? 'Run `crosswalk setup` for this connection, create the property in HubSpot, or take it out of the mapping.'
          : 'Take it out of the mapping.',
      )
    }
    const text = textOf(definition, value)
    if (text === null) return refuseValue(object, name, definition, value)
    // What is made has nothing to clear.
    if (write.do === 'update' || text !== '') properties[property] = text
  }
  // Even a record of nothing else carries its key, so that there is something to send.
  if (write.do === 'create') properties[keyProperty] = name
  return { ok: true, act: write.do, name, properties }
}

const refuseWrite = (object: string, why: string): Encoded =>
  refusedValue({ kind: 'configuration_invalid', path: object }, `HubSpot: ${why}`, 'Take it out of the mapping.')
const isWritten = (object: string): object is keyof typeof writes => Object.hasOwn(writes, object)

/** The value as HubSpot writes it, all of them text; null when it does not fit the property. An empty text clears. */
function textOf(property: Property, value: Json): string | null {
  if (value === null || value === '') return ''
  switch (property.type) {
    case 'number':
      return parseDecimal(value)
    case 'bool':
      return typeof value === 'boolean' ? String(value) : null
    case 'date':
      return parsePlainDate(value)
    case 'datetime': {
      const instant = parseInstant(value)
      return instant === null ? null : String(toMillis(instant))
    }
    case 'enumeration':
      return illegalOption(property, value) ? null : optionsIn(property, value).join(';')
    default:
      if (typeof value === 'string') return value.length > textMax ? null : value
      return typeof value === 'boolean' || typeof value === 'number' ? String(value) : null
  }
}

/** Several choices come as a list; only a set of checkboxes can hold more than one. */
const optionsIn = (property: Property, value: Json): readonly string[] =>
  Array.isArray(value)
    ? value.map(String)
    : property.fieldType === 'checkbox'
      ? String(value).split(';')
      : [String(value)]

function illegalOption(property: Property | undefined, value: Json): boolean {
  if (property === undefined || property.type !== 'enumeration' || value === '') return false
  const options = optionsOf(property)
  const chosen = optionsIn(property, value)
  if (isObject(value) || (chosen.length > 1 && property.fieldType !== 'checkbox')) return true
  return options !== null && !chosen.every((one) => options.includes(one))
}

function refuseValue(object: string, id: string, property: Property, value: Json): Encoded {
  const options = optionsOf(property)
  const shown = JSON.stringify(value) ?? ''
  const problem = { kind: 'record_rejected', field: property.name, remoteCode: 'INVALID_VALUE' } as const
  if (typeof value === 'string' && value.length > textMax) {
    const message = `${object} ${id}: the value of "${property.name}" has ${value.length} characters, HubSpot takes ${textMax}`
    return refusedValue(problem, message, 'Shorten it in the mapping: `with: [{ truncate: { length: 65536 } }]`.')
  }
  const message = `${object} ${id}: "${property.name}" is of type ${property.type} and does not take ${shown.slice(0, 200)}`
  if (options === null)
    return refusedValue(problem, message, fixes[property.type] ?? 'Correct the mapping of this property.')
  const legal = options.slice(0, 50).join(', ')
  return refusedValue(
    problem,
    `${message}; its options are: ${legal}`,
    'Add the option to the property in HubSpot, or map the value.',
  )
}

const fixes: Readonly<Record<string, string>> = {
  number: 'Map a number, without thousands separators and with a point.',
  date: 'Map a plain date; make one of an instant by `with: [{ to_date: { zone: … } }]`.',
  datetime: 'Map an instant; make one of a date by `with: [{ to_instant: { zone: … } }]`.',
  bool: 'Map true or false.',
}
