import { z } from 'zod'
import type { JsonObject } from '../../../src/core/json.ts'
import type { SimulatorReply } from '../../../src/simulator/server.ts'
import { linkNew, newAssociationsSchema, refuseLinks } from './associations.ts'
import { recordBy } from './reads.ts'
import { batchFlaw, batchReply, failure, flawsOf, notFound, notFoundErrors, recordBody, refused } from './replies.ts'
import type { Refusal, Store, Stored, Values } from './store.ts'

const invalid = (error: z.ZodError) => failure(400, 'VALIDATION_ERROR', `Invalid input JSON: ${flawsOf(error)}`)
const idSchema = z.union([z.string(), z.number()]).transform(String)
// Numbers and truth values are taken as the text that they are kept as.
const valuesSchema = z.record(
  z.string(),
  z
    .union([z.string(), z.number(), z.boolean(), z.null()])
    .transform((value) => (value === null ? null : String(value))),
)
const newSchema = z.strictObject({
  properties: valuesSchema,
  associations: newAssociationsSchema,
  objectWriteTraceId: z.string().nullish(),
})
type New = z.infer<typeof newSchema>
const createsSchema = z.strictObject({ inputs: z.array(newSchema) })
const changeSchema = z.strictObject({
  id: idSchema,
  idProperty: z.string().nullish(),
  properties: valuesSchema,
  objectWriteTraceId: z.string().nullish(),
})
const changesSchema = z.strictObject({ inputs: z.array(changeSchema) })

const refuseNew = (inner: Store, object: string, { properties, associations }: New): Refusal | null =>
  inner.refuse(object, null, properties) ?? refuseLinks(inner, object, associations)

function make(inner: Store, object: string, { properties, associations }: New): Stored {
  const record = inner.create(object, properties, undefined, 'INTEGRATION')
  linkNew(inner, object, record.id, associations)
  return record
}

export function createRecord(inner: Store, object: string, body: unknown): SimulatorReply {
  const given = newSchema.safeParse(body)
  if (!given.success) return invalid(given.error)
  const refusal = refuseNew(inner, object, given.data)
  if (refusal !== null) return refused(refusal)
  return { status: 201, body: recordBody(inner, object, make(inner, object, given.data), null) }
}

/** All or nothing, unless each input carries an `objectWriteTraceId` of its own: then each stands for itself. */
export function createBatch(inner: Store, object: string, body: unknown): SimulatorReply {
  const given = createsSchema.safeParse(body)
  if (!given.success) return invalid(given.error)
  const { inputs } = given.data
  const traces = inputs.map((input) => input.objectWriteTraceId ?? '')
  const each = traces.every((trace) => trace !== '')
  const flaw = batchFlaw(each ? traces : inputs.map((_, place) => String(place)))
  if (flaw !== null) return flaw
  if (!each) {
    const refusal =
      firstOf(inputs, (input) => refuseNew(inner, object, input)) ??
      clashOf(
        inner,
        object,
        inputs.map((input) => input.properties),
      )
    if (refusal !== null) return refused(refusal)
  }
  const results: JsonObject[] = []
  const errors: JsonObject[] = []
  for (const input of inputs) {
    const traced = each ? { objectWriteTraceId: input.objectWriteTraceId ?? '' } : {}
    const refusal = refuseNew(inner, object, input)
    if (refusal === null) {
      results.push({ ...recordBody(inner, object, make(inner, object, input), null), ...traced })
      continue
    }
    const { category, message } = refusal
    errors.push({
      status: 'error',
      category,
      message,
      context: { objectWriteTraceId: [input.objectWriteTraceId ?? ''] },
    })
  }
  const reply = batchReply(results.reverse(), errors)
  return { ...reply, status: reply.status === 200 ? 201 : reply.status }
}

export function updateRecord(
  inner: Store,
  object: string,
  id: string,
  body: unknown,
  query: URLSearchParams,
): SimulatorReply {
  const given = z.strictObject({ properties: valuesSchema }).safeParse(body)
  if (!given.success) return invalid(given.error)
  const record = recordBy(inner, object, id, query.get('idProperty'))
  if (record === null) return notFound
  if ('status' in record) return refused(record)
  const { properties } = given.data
  const refusal = inner.refuse(object, record, properties)
  if (refusal !== null) return refused(refusal)
  inner.update(object, record, properties, 'INTEGRATION')
  return { status: 200, body: recordBody(inner, object, record, Object.keys(properties)) }
}

/** One invalid value fails the batch; only ids that are not there fail by themselves. */
export function updateBatch(inner: Store, object: string, body: unknown): SimulatorReply {
  const given = changesSchema.safeParse(body)
  if (!given.success) return invalid(given.error)
  const { inputs } = given.data
  const flaw = batchFlaw(inputs.map((input) => input.id))
  if (flaw !== null) return flaw
  const records = inputs.map(({ id, idProperty }) => recordBy(inner, object, id, idProperty))
  const refusal = refusalOf(inner, object, inputs, records)
  if (refusal !== null) return refused(refusal)
  const results: JsonObject[] = []
  const missing: string[] = []
  for (const [place, { id, properties }] of inputs.entries()) {
    const record = records[place] ?? null
    if (record === null || 'status' in record) missing.push(id)
    else {
      inner.update(object, record, properties, 'INTEGRATION')
      results.push(recordBody(inner, object, record, Object.keys(properties)))
    }
  }
  // Not in the order of the inputs.
  return batchReply(results.reverse(), notFoundErrors(object, missing))
}

/** Records by the value of a unique property: those that there are get changed, the others made. All or nothing. */
export function upsertBatch(inner: Store, object: string, body: unknown): SimulatorReply {
  const given = changesSchema.safeParse(body)
  if (!given.success) return invalid(given.error)
  const { inputs } = given.data
  const flaw = batchFlaw(inputs.map((input) => input.id))
  if (flaw !== null) return flaw
  if (inputs.some(({ idProperty }) => !idProperty)) {
    return failure(400, 'VALIDATION_ERROR', 'idProperty is required to upsert')
  }
  if (inputs.some(({ id, idProperty, properties }) => (properties[idProperty ?? ''] ?? id) !== id)) {
    return failure(400, 'VALIDATION_ERROR', 'not simulated: an upsert that changes the property it goes by')
  }
  const whole = inputs.map((input) => ({
    ...input,
    properties: { ...input.properties, [input.idProperty ?? '']: input.id },
  }))
  const records = inputs.map(({ id, idProperty }) => recordBy(inner, object, id, idProperty))
  const refusal = refusalOf(inner, object, whole, records)
  if (refusal !== null) return refused(refusal)
  const results = whole.map(({ properties, objectWriteTraceId }, place): JsonObject => {
    const there = records[place] ?? null
    const known = there === null || 'status' in there ? null : there
    if (known !== null) inner.update(object, known, properties, 'INTEGRATION')
    const record = known ?? inner.create(object, properties, undefined, 'INTEGRATION')
    const traced = objectWriteTraceId == null ? {} : { objectWriteTraceId }
    return { ...recordBody(inner, object, record, Object.keys(properties)), new: known === null, ...traced }
  })
  return batchReply(results.reverse(), [])
}

export function archiveBatch(inner: Store, object: string, body: unknown): SimulatorReply {
  const given = z.strictObject({ inputs: z.array(z.strictObject({ id: idSchema })) }).safeParse(body)
  if (!given.success) return invalid(given.error)
  const ids = given.data.inputs.map((input) => input.id)
  const flaw = batchFlaw(ids)
  if (flaw !== null) return flaw
  for (const id of ids) inner.archive(object, id)
  return { status: 204 }
}

/** What keeps a whole batch from being carried out. */
function refusalOf(
  inner: Store,
  object: string,
  inputs: readonly { readonly properties: Values }[],
  records: readonly (Stored | Refusal | null)[],
): Refusal | null {
  const unknown = records.find((record): record is Refusal => record !== null && 'status' in record)
  if (unknown !== undefined) return unknown
  const known = (place: number): Stored | null => {
    const record = records[place] ?? null
    return record === null || 'status' in record ? null : record
  }
  return (
    firstOf(inputs, ({ properties }, place) => inner.refuse(object, known(place), properties)) ??
    clashOf(
      inner,
      object,
      inputs.map((input) => input.properties),
    )
  )
}

/** Two of one batch that want the same value of a unique property. */
function clashOf(inner: Store, object: string, all: readonly Values[]): Refusal | null {
  const taken = new Set<string>()
  return firstOf(all, (values) => {
    for (const [name, value] of Object.entries(values)) {
      if (!value || !inner.isUnique(object, name)) continue
      const claim = `${name}=${value}`
      if (taken.has(claim)) return inner.conflict(name, value)
      taken.add(claim)
    }
    return null
  })
}

function firstOf<T>(all: readonly T[], refuse: (one: T, place: number) => Refusal | null): Refusal | null {
  for (const [place, one] of all.entries()) {
    const refusal = refuse(one, place)
    if (refusal !== null) return refusal
  }
  return null
}
