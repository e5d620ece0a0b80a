import { parseDecimal } from '../../src/core/decimal.ts'
import { isObject, type Json } from '../../src/core/json.ts'
import { type Failure, failureOf, SyncError } from '../../src/core/problem.ts'
import { parseInstant, parsePlainDate, toMillis } from '../../src/core/time.ts'
import type { Write, WriteOutcome } from '../../src/ports/connector.ts'
import { chunks } from '../kit/chunks.ts'
import { inHalves } from '../kit/halves.ts'
import { type Update, writeUpdates } from '../kit/updates.ts'
import { type Client, limits, type Property, type Refused } from './client.ts'
import type { Echo } from './echo.ts'
import { type Definitions, isWritable, optionsOf } from './schema.ts'

/** HubSpot's own limit for one text. */
const textMax = 65_536

/**
 * Updates of records that are there, a hundred a call. Setting the same values again changes nothing, so an update whose
 * answer was lost is simply sent again (see client.ts) and never ends as `outcome_unknown` because of that.
 */
export function openWriting(client: Client, definitions: Definitions, echo: Echo) {
  return async function write(writes: readonly Write[]): Promise<readonly WriteOutcome[]> {
    // Definitions are read anew at most once, however many writes name what is not among them.
    const renewed = new Set<string>()
    return writeUpdates(writes, { encode: (one) => encode(one, definitions, renewed), send: sendAll, lost })
  }

  async function sendAll(object: string, updates: readonly Update<string>[]): Promise<Map<string, WriteOutcome>> {
    const outcomes = new Map<string, WriteOutcome>()
    await Promise.all(
      chunks(updates, limits.batch).map((all) =>
        inHalves(all, {
          // One bad value makes HubSpot refuse the whole batch without saying whose it is.
          send: (batch) => sendBatch(object, batch, outcomes),
          isOfOne: (error) =>
            error instanceof SyncError && ['record_rejected', 'record_gone'].includes(error.problem.kind),
          failed(batch, error) {
            if (!(error instanceof SyncError)) throw error
            for (const { id } of batch)
              outcomes.set(id, { ok: false, failure: withRecord(failureOf(error), object, id) })
          },
        }),
      ),
    )
    return outcomes
  }

  async function sendBatch(
    object: string,
    batch: readonly Update<string>[],
    outcomes: Map<string, WriteOutcome>,
  ): Promise<void> {
    const reply = await client.updateBatch(
      object,
      batch.map(({ id, fields }) => ({ id, properties: fields })),
    )
    echo.wrote(
      object,
      batch.flatMap(({ fields }) => Object.keys(fields)),
      reply.rows,
    )
    const updated = new Set(reply.rows.map((row) => row.id))
    const strangers = reply.rows.filter((row) => !batch.some((update) => update.id === row.id)).length
    const refused = new Map(reply.refused.flatMap((one) => one.ids.map((id) => [id, one] as const)))
    const open: string[] = []
    for (const { id } of batch) {
      const refusal = refused.get(id)
      if (refusal !== undefined) outcomes.set(id, { ok: false, failure: refusalOf(object, id, refusal) })
      else if (updated.has(id)) outcomes.set(id, { ok: true, id })
      else open.push(id)
    }
    // A merged record answers under the surviving id, which we did not ask for.
    if (open.length <= strangers) for (const id of open) outcomes.set(id, { ok: true, id })
  }
}

const withRecord = (failure: Failure, object: string, id: string): Failure => {
  const { problem } = failure
  const field = problem.kind === 'record_rejected' ? problem.field : null
  return {
    ...failure,
    message: `${object} ${id}: ${failure.message}`,
    problem: problem.kind === 'record_gone' ? { ...problem, object, id } : problem,
    ...(field === null ? {} : { field }),
  }
}

function refusalOf(object: string, id: string, refused: Refused): Failure {
  const message = `HubSpot did not update ${object} ${id}: ${refused.message || refused.category}`
  if (refused.category === 'OBJECT_NOT_FOUND') {
    return {
      problem: { kind: 'record_gone', object, id },
      message,
      fix: 'The record was deleted in HubSpot; restore it there or leave it.',
    }
  }
  return {
    problem: { kind: 'record_rejected', field: null, remoteCode: refused.category },
    message,
    fix: "Correct the value or the rule that HubSpot's message names, then retry the record.",
  }
}

const lost = (object: string, id: string): Failure => ({
  problem: { kind: 'outcome_unknown' },
  message: `HubSpot's answer to a batch does not mention ${object} ${id}`,
  fix: 'It is looked up and written again by itself.',
})

type Encoded = ({ readonly ok: true } & Update<string>) | { readonly ok: false; readonly failure: Failure }

async function encode(write: Write, definitions: Definitions, renewed: Set<string>): Promise<Encoded> {
  if (write.do !== 'update' || write.lines !== null) {
    const what = write.do === 'update' ? 'lines of' : `${write.do} of`
    return refuse(
      { kind: 'configuration_invalid', path: write.object },
      `HubSpot: ${what} ${write.object} is not something this connector writes, only properties of records that are there`,
      'Take it out of the mapping.',
    )
  }
  const { object, id } = write
  const values = Object.entries(write.fields).map(
    ([name, value]) => [name.replace(/^properties\./, ''), value] as const,
  )
  let known = await definitions.properties(object)
  const strange = values.some(
    ([name, value]) => !known.has(name) || (value !== null && illegalOption(known.get(name), value)),
  )
  if (strange && !renewed.has(object)) {
    renewed.add(object)
    // The property or the option may have been added since the definitions were read.
    definitions.forget(object)
    known = await definitions.properties(object)
  }
  const properties: Record<string, string> = {}
  for (const [name, value] of values) {
    const property = known.get(name)
    if (property === undefined || !isWritable(property)) {
      const why = property === undefined ? 'does not exist' : 'is read-only'
      return refuse(
        { kind: 'configuration_invalid', path: `${object}.${name}` },
        `${object} ${id}: the HubSpot property "${name}" ${why}`,
        property === undefined
          ? 'Run `crosswalk setup` for this connection, create the property in HubSpot, or take it out of the mapping.'
          : 'Take it out of the mapping.',
      )
    }
    const text = textOf(property, value)
    if (text === null) return refuseValue(object, id, property, value)
    properties[name] = text
  }
  return { ok: true, id, fields: properties }
}

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
    return refuse(problem, message, 'Shorten it in the mapping: `with: [{ truncate: { length: 65536 } }]`.')
  }
  const message = `${object} ${id}: "${property.name}" is of type ${property.type} and does not take ${shown.slice(0, 200)}`
  if (options === null) return refuse(problem, message, fixes[property.type] ?? 'Correct the mapping of this property.')
  const legal = options.slice(0, 50).join(', ')
  return refuse(
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

const refuse = (problem: Failure['problem'], message: string, fix: string): Encoded => ({
  ok: false,
  failure: {
    problem,
    message,
    fix,
    ...('field' in problem && problem.field !== null ? { field: String(problem.field) } : {}),
  },
})
