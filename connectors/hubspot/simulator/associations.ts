import { z } from 'zod'
import type { JsonObject } from '../../../src/core/json.ts'
import type { SimulatorReply } from '../../../src/simulator/server.ts'
import { batchReply, failure, flawsOf, paging } from './replies.ts'
import type { Refusal, Store, Stored } from './store.ts'

const associationInputsMax = 1000
const associationPage = 100

interface Kind {
  readonly from: string
  readonly to: string
  /** All types that a link made by this one carries: the primary company comes under two. */
  readonly forth: readonly number[]
  readonly back: readonly number[]
  readonly name: string
}
const kinds: ReadonlyMap<number, Kind> = new Map([
  [3, { from: 'deals', to: 'contacts', forth: [3], back: [4], name: 'deal_to_contact' }],
  [4, { from: 'contacts', to: 'deals', forth: [4], back: [3], name: 'contact_to_deal' }],
  [5, { from: 'deals', to: 'companies', forth: [5, 341], back: [6, 342], name: 'deal_to_company' }],
  [6, { from: 'companies', to: 'deals', forth: [6, 342], back: [5, 341], name: 'company_to_deal' }],
  [19, { from: 'deals', to: 'line_items', forth: [19], back: [20], name: 'deal_to_line_item' }],
  [20, { from: 'line_items', to: 'deals', forth: [20], back: [19], name: 'line_item_to_deal' }],
  [341, { from: 'deals', to: 'companies', forth: [341], back: [342], name: 'deal_to_company_unlabeled' }],
  [342, { from: 'companies', to: 'deals', forth: [342], back: [341], name: 'company_to_deal_unlabeled' }],
])

export const newAssociationsSchema = z
  .array(
    z.looseObject({
      to: z.looseObject({ id: z.union([z.string(), z.number()]).transform(String) }),
      types: z.array(z.looseObject({ associationCategory: z.string(), associationTypeId: z.number().int() })).min(1),
    }),
  )
  .nullish()
  .transform((given) => given ?? [])
type NewAssociations = z.infer<typeof newAssociationsSchema>

/** What is wrong with the links of a record that is to be made. */
export function refuseLinks(inner: Store, object: string, associations: NewAssociations): Refusal | null {
  for (const { to, types } of associations) {
    for (const { associationCategory, associationTypeId } of types) {
      const kind = kinds.get(associationTypeId)
      if (associationCategory !== 'HUBSPOT_DEFINED' || kind?.from !== object) {
        const message = `not simulated: association type ${associationCategory} ${associationTypeId} from ${object}`
        return { status: 400, category: 'VALIDATION_ERROR', message }
      }
      if (inner.get(kind.to, to.id) === null) {
        return {
          status: 404,
          category: 'OBJECT_NOT_FOUND',
          message: `No ${kind.to} with ID ${to.id} to associate with`,
        }
      }
    }
  }
  return null
}

export function linkNew(inner: Store, object: string, id: string, associations: NewAssociations): void {
  for (const { to, types } of associations) {
    for (const { associationTypeId } of types) {
      const kind = kinds.get(associationTypeId)
      if (kind !== undefined) inner.link(object, id, kind.to, to.id, kind.forth, kind.back)
    }
  }
}

/** What a record read by GET shows of its links: `{ "line items": { results: [{ id, type }] } }`. */
export function associationsBody(inner: Store, record: Stored, objects: readonly string[]): JsonObject {
  const shown: Record<string, JsonObject> = {}
  for (const object of objects) {
    const links = (record.links[object] ?? []).filter((link) => inner.get(object, link.id) !== null)
    const results = links.flatMap(({ id, types }) => types.map((type) => ({ id, type: kinds.get(type)?.name ?? '' })))
    // Nothing is shown where there is none.
    if (results.length > 0) shown[object.replaceAll('_', ' ')] = { results }
  }
  return shown
}

export function readAssociations(inner: Store, from: string, to: string, body: unknown): SimulatorReply {
  const input = z.strictObject({ id: z.string(), after: z.string().optional() })
  const given = z.strictObject({ inputs: z.array(input) }).safeParse(body)
  if (!given.success) return failure(400, 'VALIDATION_ERROR', `Invalid input JSON: ${flawsOf(given.error)}`)
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
