import { z } from 'zod'
import { isObject, type Json, type JsonObject } from '../../../src/core/json.ts'
import type { SimulatorReply } from '../../../src/simulator/server.ts'
import { isRefusal, noSuchColumn, type Refusal, recordRefusal, refusal, saveErrorOf } from './errors.ts'
import { fullId } from './ids.ts'
import type { Records } from './records.ts'
import type { Row, Store } from './store.ts'
import { jsonOf, readerOf } from './values.ts'
import type { Draft, Writes } from './writes.ts'

const recordsMax = 200
const retrieveMax = 2000
const chunksMax = 10

const recordsSchema = z.strictObject({
  allOrNone: z.boolean().default(false),
  records: z.array(
    z.custom<JsonObject>(
      (value) => isObject(value) && isObject(value.attributes) && typeof value.attributes.type === 'string',
    ),
  ),
})
const retrieveSchema = z.strictObject({ ids: z.array(z.string()), fields: z.array(z.string()).min(1) })
export type Collections = ReturnType<typeof openCollections>

/** sObject Collections: many records by one call, each with its own outcome. */
export function openCollections(store: Store, records: Records, writes: Writes) {
  /** Reads all records first: what cannot be read fails the request before anything is written. */
  function drafts(body: Json, passed: readonly string[], type?: string) {
    const given = recordsSchema.safeParse(body)
    if (!given.success) {
      throw refusal(
        400,
        'JSON_PARSER_ERROR',
        `The request must have records, each with an attributes map that has a type${unreadIn(given.error)}`,
      )
    }
    const { records: all, allOrNone } = given.data
    refuseTooMany(all.length)
    const types = all.map((record) => String((record.attributes as JsonObject).type))
    const chunks = types.filter((one, place) => one !== types[place - 1]).length
    if (chunks > chunksMax) {
      throw refusal(
        400,
        'LIMIT_EXCEEDED',
        `Cannot have more than ${chunksMax} chunks in a single operation. Please rearrange the data to reduce chunking.`,
      )
    }
    if (type !== undefined && types.some((one) => one.toLowerCase() !== type.toLowerCase())) {
      throw refusal(400, 'INVALID_TYPE', `The records must be of the type ${type}`)
    }
    const views = new Map([...new Set(types)].map((one) => [one, writes.viewOf(one)]))
    if (views.size > 1 && [...views.values()].some(({ object }) => object.kind === 'setup')) {
      throw refusal(400, 'MIXED_DML_OPERATION', 'Records of a setup object cannot be written together with others')
    }
    return {
      allOrNone,
      drafts: all.map((record, place) => {
        const view = views.get(types[place] ?? '')
        if (view === undefined) throw new Error('a view for each type')
        return { record, draft: writes.draft(view, record, passed) }
      }),
    }
  }

  /** Writes one after the other; a refused record leaves nothing, and with `allOrNone` the others neither. */
  function save<T>(all: readonly T[], allOrNone: boolean, one: (item: T, place: number) => JsonObject): SimulatorReply {
    const run = () => {
      const results = all.map((item, place): { shown: JsonObject; failed: boolean } => {
        try {
          return { shown: { ...store.transaction(() => one(item, place)), success: true, errors: [] }, failed: false }
        } catch (error) {
          if (!isRefusal(error) || error.whole) throw error
          return { shown: { success: false, errors: [saveErrorOf(error)] }, failed: true }
        }
      })
      if (allOrNone && results.some(({ failed }) => failed)) throw Object.assign(new Error('rolled back'), { results })
      return results
    }
    try {
      return { status: 200, body: records.together(run).map(({ shown }) => shown) }
    } catch (error) {
      if (!isRolledBack(error)) throw error
      return {
        status: 200,
        body: error.results.map(({ shown, failed }) =>
          failed ? shown : { success: false, errors: [saveErrorOf(rolledBack)] },
        ),
      }
    }
  }

  return {
    create(body: Json): SimulatorReply {
      const { drafts: all, allOrNone } = drafts(body, [])
      return save(all, allOrNone, ({ draft }) => ({ id: writes.create(draft).id }))
    },
    update(body: Json): SimulatorReply {
      const { drafts: all, allOrNone } = drafts(body, ['id'])
      return save(all, allOrNone, ({ record, draft }) => {
        const row = writes.target(draft.view, record.id ?? record.Id)
        writes.update(row, draft)
        return { id: row.id }
      })
    },
    upsert(type: string, fieldName: string, body: Json): SimulatorReply {
      const field = writes.externalField(writes.viewOf(type), fieldName)
      const { drafts: all, allOrNone } = drafts(body, [field.name.toLowerCase()], type)
      const keyOf = (record: JsonObject): string => {
        const name = Object.keys(record).find((one) => one.toLowerCase() === field.name.toLowerCase())
        return name === undefined || record[name] === null ? '' : String(record[name])
      }
      const keys = all.map(({ record }) => keyOf(record).toLowerCase())
      return save(all, allOrNone, ({ record, draft }, place) => {
        const key = keyOf(record)
        if (key === '') throw recordRefusal('MISSING_ARGUMENT', `${field.name} not specified`, [field.name])
        const twice = keys.some((one, other) => other !== place && one === key.toLowerCase())
        if (twice) throw recordRefusal('DUPLICATE_VALUE', `Duplicate external id specified: ${key}`, [field.name])
        return upsertOne(writes, draft, field.name, writes.matchesOf(draft.view, field, key), key)
      })
    },
    remove(ids: string | null, allOrNone: boolean): SimulatorReply {
      const all = (ids ?? '').split(',').filter((id) => id !== '')
      refuseTooMany(all.length)
      return save(all, allOrNone, (given) => {
        const id = fullId(given)
        const row = id === null ? null : store.any(id)
        if (row === null)
          throw recordRefusal(id === null ? 'MALFORMED_ID' : 'INVALID_CROSS_REFERENCE_KEY', `bad id ${given}`)
        writes.remove(writes.viewOf(row.object), row)
        return { id: row.id }
      })
    },
    /** Records by id, in the order asked for; null where one is gone. Fields of the object itself only. */
    retrieve(type: string, body: Json, base: string): SimulatorReply {
      const view = writes.viewOf(type)
      const given = retrieveSchema.safeParse(body)
      if (!given.success)
        throw refusal(400, 'JSON_PARSER_ERROR', `The request must have ids and fields${unreadIn(given.error)}`)
      const { ids, fields } = given.data
      if (ids.length > retrieveMax) {
        throw refusal(
          400,
          'EXCEEDED_ID_LIMIT',
          `record limit reached. cannot retrieve more than ${retrieveMax} records`,
        )
      }
      const readers = fields.map((name) => {
        const field = view.field(name)
        if (field === null) throw noSuchColumn(view.object.name, name)
        const read = readerOf(store, view.object, field)
        return [field.name, (row: Row) => jsonOf(field, row, read(row))] as const
      })
      const found = ids.map((asked): Json => {
        const id = fullId(asked)
        if (id === null) throw refusal(400, 'MALFORMED_ID', `bad id ${asked}`)
        const row = store.get(view.object.name, id)
        if (row === null || row.fields.IsDeleted === true) return null
        return {
          attributes: { type: view.object.name, url: `${base}/sobjects/${view.object.name}/${row.id}` },
          ...Object.fromEntries(readers.map(([name, read]) => [name, read(row)])),
        }
      })
      return { status: 200, body: found }
    },
  }
}

/** Creates or updates by what already carries the key. */
export function upsertOne(
  writes: Writes,
  draft: Draft,
  field: string,
  matches: readonly Row[],
  key: string,
): { readonly id: string; readonly created: boolean } {
  const [row, second] = matches
  if (second !== undefined) {
    throw recordRefusal(
      'DUPLICATE_EXTERNAL_ID',
      `${field}: more than one record found for external id field: [${matches.map((one) => one.id).join(', ')}]`,
      [field],
    )
  }
  if (row !== undefined) {
    writes.update(row, draft)
    return { id: row.id, created: false }
  }
  return { id: writes.create({ ...draft, values: { ...draft.values, [field]: key } }).id, created: true }
}

/** Names what of a body nobody here reads. */
const unreadIn = ({ issues }: z.ZodError): string =>
  issues
    .flatMap((issue) => (issue.code === 'unrecognized_keys' ? [`; not simulated: ${issue.keys.join(', ')}`] : []))
    .join('')

function refuseTooMany(count: number): void {
  if (count <= recordsMax) return
  throw refusal(
    400,
    'EXCEEDED_ID_LIMIT',
    `record limit reached. cannot submit more than ${recordsMax} records into this call`,
  )
}

const rolledBack: Refusal = recordRefusal(
  'ALL_OR_NONE_OPERATION_ROLLED_BACK',
  'Record rolled back because not all records were valid and the request was using AllOrNone header',
)
interface RolledBack extends Error {
  readonly results: readonly { readonly shown: JsonObject; readonly failed: boolean }[]
}
const isRolledBack = (error: unknown): error is RolledBack => error instanceof Error && 'results' in error
