import { isObject, type Json, type JsonObject } from '../../../src/core/json.ts'
import { parseInstant } from '../../../src/core/time.ts'
import type { SimulatorReply } from '../../../src/simulator/server.ts'
import type { View } from './access.ts'
import { upsertOne } from './collections.ts'
import { entityIsDeleted, noSuchColumn, notFound, refusal } from './errors.ts'
import { fullId } from './ids.ts'
import type { Records } from './records.ts'
import type { Row, Store } from './store.ts'
import { jsonOf, readerOf } from './values.ts'
import type { Writes } from './writes.ts'

const updatedDaysMax = 30
const deletedDaysMax = 15
const dayMs = 86_400_000
export type Sobjects = ReturnType<typeof openSobjects>

/** Single records, and the two calls that tell which were changed or deleted. */
export function openSobjects(store: Store, records: Records, writes: Writes) {
  /** A record that is there. @throws Refusal 404 */
  function rowOf(view: View, given: string): Row {
    const id = fullId(given)
    const row = id === null ? null : store.get(view.object.name, id)
    if (row === null) throw notFound()
    if (row.fields.IsDeleted === true) throw entityIsDeleted()
    return row
  }
  const objectOf = (body: Json): JsonObject => {
    if (isObject(body)) return body
    throw refusal(
      400,
      'INVALID_FIELD',
      "Json Deserialization failed on token 'null' and has left off in the middle of parsing a row. Will go to end of row " +
        'to begin parsing the next row',
    )
  }

  function show(view: View, row: Row, names: string | null, base: string): JsonObject {
    const fields =
      names === null
        ? view.fields()
        : ['Id', ...names.split(',')].map((name) => {
            const field = view.field(name.trim())
            if (field === null) throw noSuchColumn(view.object.name, name)
            return field
          })
    return {
      attributes: { type: view.object.name, url: `${base}/sobjects/${view.object.name}/${row.id}` },
      ...Object.fromEntries(
        fields.map((field) => [field.name, jsonOf(field, row, readerOf(store, view.object, field)(row))]),
      ),
    }
  }

  function byExternalId(type: string, fieldName: string, value: string, base: string) {
    const view = writes.viewOf(type)
    const field = writes.externalField(view, fieldName)
    const matches = writes.matchesOf(view, field, value)
    const several = {
      status: 300,
      body: matches.map((row) => `${base}/sobjects/${view.object.name}/${row.id}`),
    }
    return { view, field, matches, several: matches.length > 1 ? several : null }
  }

  return {
    create(type: string, body: Json): SimulatorReply {
      const view = writes.viewOf(type)
      const row = writes.create(writes.draft(view, objectOf(body)))
      return { status: 201, body: { id: row.id, success: true, errors: [] } }
    },
    read: (type: string, id: string, fields: string | null, base: string): SimulatorReply => {
      const view = writes.viewOf(type)
      return { status: 200, body: show(view, rowOf(view, id), fields, base) }
    },
    update(type: string, id: string, body: Json): SimulatorReply {
      const view = writes.viewOf(type)
      const draft = writes.draft(view, objectOf(body))
      writes.update(rowOf(view, id), draft)
      return { status: 204 }
    },
    remove(type: string, id: string): SimulatorReply {
      const view = writes.viewOf(type)
      writes.remove(view, rowOf(view, id))
      return { status: 204 }
    },
    readByExternalId(type: string, fieldName: string, value: string, base: string): SimulatorReply {
      const { view, matches, several } = byExternalId(type, fieldName, value, base)
      const [row] = matches
      if (row === undefined) throw notFound()
      return several ?? { status: 200, body: show(view, row, null, base) }
    },
    /** @param apiVersion  since 46.0 an update has a body */
    upsert(
      { type, field: fieldName, value }: { readonly type: string; readonly field: string; readonly value: string },
      body: Json,
      updateOnly: boolean,
      base: string,
      apiVersion: number,
    ): SimulatorReply {
      const { view, field, matches, several } = byExternalId(type, fieldName, value, base)
      const json = objectOf(body)
      if (Object.keys(json).some((name) => name.toLowerCase() === field.name.toLowerCase())) {
        const message = `The ${field.name} field should not be specified in the sobject data.`
        throw refusal(400, 'INVALID_FIELD', message)
      }
      const draft = writes.draft(view, json)
      if (several !== null) return several
      if (matches.length === 0 && (updateOnly || field.name === 'Id')) throw notFound()
      const { id, created } = upsertOne(writes, draft, field.name, matches, value)
      if (!created && apiVersion < 46) return { status: 204 }
      return { status: created ? 201 : 200, body: { id, success: true, errors: [], created } }
    },
    updated(type: string, query: URLSearchParams): SimulatorReply {
      const view = replicated(writes.viewOf(type))
      const { from, to } = windowOf(query, store.now(), updatedDaysMax)
      const ids: string[] = []
      for (const row of store.since(view.object.name, from / 1000, -1, to / 1000 - 1)) {
        if (row.fields.IsDeleted !== true) ids.push(row.id)
      }
      return { status: 200, body: { ids, latestDateCovered: shown(Math.min(to, store.now())) } }
    },
    deleted(type: string, query: URLSearchParams): SimulatorReply {
      const view = replicated(writes.viewOf(type))
      const { from, to } = windowOf(query, store.now(), deletedDaysMax)
      const found = records.deletions(view.object.name).filter(({ at }) => at >= from && at < to)
      return {
        status: 200,
        body: {
          deletedRecords: found.map(({ id, at }) => ({ id, deletedDate: shown(at) })),
          earliestDateAvailable: shown(store.now() - deletedDaysMax * dayMs),
          latestDateCovered: shown(Math.min(to, store.now())),
        },
      }
    },
  }
}

function replicated(view: View): View {
  if (view.object.kind === 'data') return view
  throw refusal(400, 'INVALID_TYPE_FOR_OPERATION', `entity type ${view.object.name} does not support replicate`)
}

/** Seconds of both ends are passed over, as Salesforce does. */
function windowOf(query: URLSearchParams, now: number, daysMax: number) {
  const [start, end] = ['start', 'end'].map((name) => {
    const instant = parseInstant(query.get(name))
    if (instant === null) throw refusal(400, 'MALFORMED_QUERY', `${name} must be a date-time: ${query.get(name)}`)
    return Math.floor(Date.parse(instant) / 60_000) * 60_000
  })
  const [from = 0, to = 0] = [start, end]
  if (from >= to) {
    throw refusal(400, 'INVALID_REPLICATION_DATE', 'startDate has to be at least one minute greater than endDate')
  }
  if (from < now - daysMax * dayMs) {
    throw refusal(400, 'INVALID_REPLICATION_DATE', `startDate cannot be more than ${daysMax} days ago`)
  }
  return { from, to }
}

const shown = (millis: number): string => `${new Date(millis).toISOString().slice(0, 19)}.000+0000`
