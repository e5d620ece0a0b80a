import { z } from 'zod'
import type { JsonObject } from '../../../src/core/json.ts'
import type { SimulatorReply } from '../../../src/simulator/server.ts'
import { associationsBody } from './associations.ts'
import {
  batchFlaw,
  batchReply,
  failure,
  flawsOf,
  notFound,
  notFoundErrors,
  paging,
  recordBody,
  refused,
} from './replies.ts'
import type { Refusal, Store, Stored } from './store.ts'

const historyMax = 50

/** What a reading asks of records. */
interface Asked {
  readonly names: readonly string[]
  readonly history: readonly string[]
  readonly associations: readonly string[]
  readonly archived: boolean
}
function askedBy(query: URLSearchParams): Asked {
  const all = (name: string) => query.getAll(name).flatMap((list) => list.split(',').map((one) => one.trim()))
  const [names, history, associations] = [all('properties'), all('propertiesWithHistory'), all('associations')]
  return { names, history, associations, archived: query.get('archived') === 'true' }
}
function flawOf(inner: Store, { associations, history }: Asked): SimulatorReply | null {
  const strange = associations.find((object) => !inner.has(object))
  if (strange !== undefined) return failure(400, 'VALIDATION_ERROR', `Unable to infer object type from: ${strange}`)
  if (history.length > historyMax) return failure(400, 'VALIDATION_ERROR', `no more than ${historyMax} histories`)
  return null
}
function bodyOf(inner: Store, object: string, record: Stored, asked: Asked): JsonObject {
  const links = asked.associations.length === 0 ? {} : associationsBody(inner, record, asked.associations)
  return {
    ...recordBody(inner, object, record, asked.names),
    ...(asked.history.length === 0 ? {} : { propertiesWithHistory: historyBody(inner, record, asked.history) }),
    ...(Object.keys(links).length === 0 ? {} : { associations: links }),
  }
}
/** Newest first. */
const historyBody = (inner: Store, record: Stored, names: readonly string[]): JsonObject =>
  Object.fromEntries(
    names.map((name) => [
      name,
      inner.history(record, name).map(({ value, at, source }) => {
        return { value, timestamp: new Date(at).toISOString(), sourceType: source }
      }),
    ]),
  )

export function listRecords(inner: Store, object: string, query: URLSearchParams): SimulatorReply {
  const limit = Number(query.get('limit') ?? 10)
  if (!(limit >= 1 && limit <= 100)) return failure(400, 'VALIDATION_ERROR', 'limit must be between 1 and 100')
  const asked = askedBy(query)
  const flaw = flawOf(inner, asked)
  if (flaw !== null) return flaw
  const after = query.get('after')
  const results: JsonObject[] = []
  let last: string | null = null
  let passed = after === null
  for (const record of inner.records(object).values()) {
    if (!passed) passed = record.id === after
    else if ((record.archivedAt !== null) === asked.archived) {
      if (results.length === limit) return { status: 200, body: { results, ...paging(last) } }
      results.push(bodyOf(inner, object, record, asked))
      last = record.id
    }
  }
  return { status: 200, body: { results } }
}

export function readRecord(inner: Store, object: string, id: string, query: URLSearchParams): SimulatorReply {
  const asked = askedBy(query)
  const record = asked.archived ? inner.archived(object, id) : recordBy(inner, object, id, query.get('idProperty'))
  if (record !== null && 'status' in record) return refused(record)
  const flaw = flawOf(inner, asked)
  if (flaw !== null) return flaw
  return record === null ? notFound : { status: 200, body: bodyOf(inner, object, record, asked) }
}

/** The record with this id, or with this value of a property that is unique. */
export function recordBy(
  inner: Store,
  object: string,
  id: string,
  property: string | null | undefined,
): Stored | null | Refusal {
  if (property == null) return inner.get(object, id)
  if (!inner.isUnique(object, property)) {
    const message = `Unable to perform read/update/upsert by non-unique property ${property}`
    return { status: 400, category: 'VALIDATION_ERROR', message }
  }
  return inner.byValue(object, property, id)
}

const readSchema = z.strictObject({
  inputs: z.array(z.strictObject({ id: z.union([z.string(), z.number()]).transform(String) })),
  properties: z.array(z.string()).default([]),
  propertiesWithHistory: z.array(z.string()).default([]),
  idProperty: z.string().nullish(),
})

export function readBatch(inner: Store, object: string, body: unknown, query: URLSearchParams): SimulatorReply {
  const given = readSchema.safeParse(body)
  if (!given.success) return failure(400, 'VALIDATION_ERROR', `Invalid input JSON: ${flawsOf(given.error)}`)
  const { inputs, properties: names, propertiesWithHistory: history, idProperty } = given.data
  const asked: Asked = { names, history, associations: [], archived: query.get('archived') === 'true' }
  const ids = inputs.map((input) => input.id)
  const flaw = batchFlaw(ids) ?? flawOf(inner, asked)
  if (flaw !== null) return flaw
  // A survivor that is asked for under two ids comes once.
  const records = new Set<Stored>()
  const missing: string[] = []
  for (const id of ids) {
    const record = asked.archived ? inner.archived(object, id) : recordBy(inner, object, id, idProperty)
    if (record === null) missing.push(id)
    else if ('status' in record) return refused(record)
    else records.add(record)
  }
  return batchReply(
    [...records].map((record) => bodyOf(inner, object, record, asked)),
    notFoundErrors(object, missing),
  )
}
