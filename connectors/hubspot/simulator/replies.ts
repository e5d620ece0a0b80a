import type { z } from 'zod'
import { isObject, type Json, type JsonObject } from '../../../src/core/json.ts'
import type { SimulatorReply } from '../../../src/simulator/server.ts'
import type { SimulatedPipeline } from './definitions.ts'
import type { Refusal, Store, Stored } from './store.ts'

const batchMax = 100

/** What comes when nothing is asked for, beside what always comes. */
const defaults: Readonly<Record<string, readonly string[]>> = {
  deals: ['amount', 'closedate', 'dealname', 'dealstage', 'pipeline'],
  companies: ['domain', 'name'],
  contacts: ['email', 'firstname', 'lastname'],
  products: ['description', 'name', 'price'],
}

/** Properties asked for, and the three that always come. @param names null for all */
export function recordBody(inner: Store, object: string, record: Stored, names: readonly string[] | null): JsonObject {
  const always = ['hs_object_id', 'createdate', inner.modifiedName(object)]
  const asked = names?.length === 0 ? (defaults[object] ?? []) : names
  const wanted = asked === null ? Object.keys(record.properties) : [...asked, ...always]
  const known = inner.properties(object)
  const properties: Record<string, Json> = {}
  // A name that is no property's is passed over when reading.
  for (const name of wanted) if (known.has(name)) properties[name] = record.properties[name] ?? null
  return {
    id: record.id,
    properties,
    createdAt: new Date(record.createdAt).toISOString(),
    updatedAt: new Date(record.updatedAt).toISOString(),
    archived: record.archivedAt !== null,
  }
}

export const ownerBody = (owner: {
  readonly id: string
  readonly email: string
  readonly firstName: string
  readonly lastName: string
  readonly archived: boolean
}) => ({
  ...owner,
  userId: Number(owner.id) - 60_000_000,
  type: 'PERSON',
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  teams: [],
})
export const pipelineBody = (pipeline: SimulatedPipeline, displayOrder: number): JsonObject => ({
  id: pipeline.id,
  label: pipeline.label,
  displayOrder,
  archived: false,
  stages: pipeline.stages.map(({ id, label, probability, closed }, order) => ({
    ...{ id, label, displayOrder: order, archived: false },
    metadata: { isClosed: String(closed), probability: probability.toFixed(1) },
  })),
})

export const paging = (after: string | null): JsonObject =>
  after === null ? {} : { paging: { next: { after, link: `?after=${after}` } } }

export function batchReply(results: readonly JsonObject[], errors: readonly JsonObject[]): SimulatorReply {
  const times = { startedAt: '2026-01-01T00:00:00.000Z', completedAt: '2026-01-01T00:00:00.000Z' }
  const whole = { status: 'COMPLETE', results, ...times }
  return errors.length === 0
    ? { status: 200, body: whole }
    : { status: 207, body: { ...whole, numErrors: errors.length, errors } }
}
export function notFoundErrors(object: string, ids: readonly string[]): readonly JsonObject[] {
  if (ids.length === 0) return []
  const message = `Could not get some ${object} objects, they may be deleted or not exist. Check that ids are valid.`
  return [{ status: 'error', category: 'OBJECT_NOT_FOUND', message, context: { ids } }]
}
export function batchFlaw(ids: readonly string[]): SimulatorReply | null {
  if (ids.length === 0 || ids.length > batchMax) {
    return failure(400, 'VALIDATION_ERROR', `1 to ${batchMax} inputs are allowed, ${ids.length} were given`)
  }
  const twice = ids.find((id, place) => ids.indexOf(id) !== place)
  return twice === undefined ? null : failure(400, 'VALIDATION_ERROR', `Duplicate IDs found in batch input: [${twice}]`)
}

/** Which part of a body does not fit; names of what is not known, as these are not read here. */
export const flawsOf = ({ issues }: z.ZodError): string =>
  issues
    .map((issue) =>
      issue.code === 'unrecognized_keys' ? `not simulated: ${issue.keys.join(', ')}` : issue.path.join('.'),
    )
    .join('; ')

export function failure(status: number, category: string, message: string): SimulatorReply {
  return { status, body: { status: 'error', message, correlationId: '00000000-0000-0000-0000-000000000000', category } }
}
export const notFound = failure(404, 'OBJECT_NOT_FOUND', 'resource not found')
export const refused = ({ status, category, message }: Refusal): SimulatorReply => failure(status, category, message)
export function missingScopes(scopes: readonly string[]): SimulatorReply {
  const message = "This app hasn't been granted all required scopes to make this call."
  const reply = failure(403, 'MISSING_SCOPES', message)
  const errors = [
    { message: 'One or more of the following scopes are required.', context: { requiredGranularScopes: scopes } },
  ]
  return { ...reply, body: isObject(reply.body) ? { ...reply.body, errors } : { errors } }
}
