import { z } from 'zod'
import type { JsonObject } from '../../../src/core/json.ts'
import type { SimulatorReply } from '../../../src/simulator/server.ts'
import { batchReply, failure, paging, recordBody } from './replies.ts'
import type { Store } from './store.ts'

const associationInputsMax = 1000
const associationPage = 100

export function listRecords(inner: Store, object: string, query: URLSearchParams): SimulatorReply {
  const limit = Number(query.get('limit') ?? 10)
  if (!(limit >= 1 && limit <= 100)) return failure(400, 'VALIDATION_ERROR', 'limit must be between 1 and 100')
  const names = query.getAll('properties').flatMap((list) => list.split(','))
  const archived = query.get('archived') === 'true'
  const after = query.get('after')
  const results: JsonObject[] = []
  let last: string | null = null
  let passed = after === null
  for (const record of inner.records(object).values()) {
    if (!passed) passed = record.id === after
    else if ((record.archivedAt !== null) === archived) {
      if (results.length === limit) return { status: 200, body: { results, ...paging(last) } }
      results.push(recordBody(inner, object, record, names))
      last = record.id
    }
  }
  return { status: 200, body: { results } }
}

export function readAssociations(inner: Store, from: string, to: string, body: unknown): SimulatorReply {
  const input = z.looseObject({ id: z.string(), after: z.string().optional() })
  const given = z.looseObject({ inputs: z.array(input) }).safeParse(body)
  if (!given.success) return failure(400, 'VALIDATION_ERROR', 'Invalid input JSON')
  const { inputs } = given.data
  if (inputs.length === 0 || inputs.length > associationInputsMax) {
    return failure(
      400,
      'VALIDATION_ERROR',
      `1 to ${associationInputsMax} inputs are allowed, ${inputs.length} were given`,
    )
  }
  const results: JsonObject[] = []
  const none: string[] = []
  for (const { id, after } of inputs) {
    const links = (inner.get(from, id)?.links[to] ?? []).filter((link) => inner.get(to, link.id) !== null)
    const start = Number(after ?? 0)
    const part = links.slice(start, start + associationPage)
    if (part.length === 0) none.push(id)
    else {
      results.push({
        from: { id },
        // A number in the answers of this call, although ids are text elsewhere.
        to: part.map((link) => ({
          toObjectId: Number(link.id),
          associationTypes: link.types.map((typeId) => ({ category: 'HUBSPOT_DEFINED', typeId, label: null })),
        })),
        ...paging(start + associationPage < links.length ? String(start + associationPage) : null),
      })
    }
  }
  const errors = none.map((id) => ({
    status: 'error',
    category: 'OBJECT_NOT_FOUND',
    subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND',
    message: `No ${to} is associated with ${from} ${id}.`,
    context: { fromObjectId: [id] },
  }))
  return batchReply(results, errors)
}
