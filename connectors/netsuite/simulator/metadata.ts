import type { Json, JsonObject } from '../../../src/core/json.ts'
import type { SimulatorReply, SimulatorRequest } from '../../../src/simulator/server.ts'
import { netsuiteError, noSuchRecord } from './errors.ts'
import type { Fields, RecordTypes, SimulatedField } from './fields.ts'

/** `GET …/metadata-catalog[/{type}]`: which fields the account's records have, its own included. */
export function metadataReply(
  types: RecordTypes,
  name: string | undefined,
  request: SimulatorRequest,
  isDenied: (name: string) => boolean,
): SimulatorReply {
  const base = `http://${request.headers.host}/services/rest/record/v1/metadata-catalog`
  const accept = request.headers.accept ?? '*/*'
  if (name === undefined) {
    const wanted = request.query.get('select')?.split(',')
    const items = [...types.keys()]
      .filter((one) => !isDenied(one) && (wanted === undefined || wanted.includes(one)))
      .map((one) => ({ name: one, links: linksOf(`${base}/${one}`) }))
    return { status: 200, headers: { 'content-type': 'application/json' }, body: { items } }
  }
  const type = types.get(name)
  if (type === undefined || isDenied(name)) throw noSuchRecord()
  if (!/application\/schema\+json/.test(accept)) {
    throw netsuiteError(406, 'NOT_ACCEPTABLE', `The media type '${accept}' is not available here.`, {
      'o:errorHeader': 'Accept',
    })
  }
  const required = [...type.fields].filter(([, field]) => field.required).map(([one]) => one)
  return {
    status: 200,
    headers: { 'content-type': 'application/schema+json' },
    body: {
      ...{
        type: 'object',
        properties: propertiesOf(type.fields),
        required,
        'x-ns-filterable': filterable(type.fields),
      },
      links: [{ rel: 'self', href: `${base}/${name}` }],
    },
  }
}

const linksOf = (href: string): readonly JsonObject[] => [
  { rel: 'canonical', href, mediaType: 'application/json' },
  { rel: 'alternate', href, mediaType: 'application/schema+json' },
]
const filterable = (fields: Fields): readonly string[] =>
  [...fields].filter(([, field]) => field.type !== 'list' && field.type !== 'subrecord').map(([name]) => name)

const propertiesOf = (fields: Fields): JsonObject => ({
  ...Object.fromEntries([...fields].map(([name, field]) => [name, propertyOf(field)])),
  refName: { title: 'Reference Name', type: 'string', readOnly: true },
})

function propertyOf(field: SimulatedField): JsonObject {
  return {
    title: field.title,
    ...shapeOf(field),
    ...(field.readOnly ? { readOnly: true } : {}),
    ...(field.required ? {} : { nullable: true }),
    ...(field.custom ? { 'x-ns-custom-field': true } : {}),
  }
}

function shapeOf(field: SimulatedField): JsonObject {
  switch (field.type) {
    case 'text':
      return { type: 'string' }
    case 'date':
      return { type: 'string', format: 'date' }
    case 'instant':
      return { type: 'string', format: 'date-time' }
    case 'number':
      return { type: 'number', format: 'double' }
    case 'integer':
      return { type: 'integer', format: 'int64' }
    case 'boolean':
      return { type: 'boolean' }
    case 'choice':
      return {
        type: 'object',
        properties: {
          id: { title: 'Internal identifier', type: 'string', enum: field.choices },
          refName: { title: 'Reference Name', type: 'string' },
        },
      }
    case 'reference':
      return { type: 'object', properties: reference }
    case 'subrecord':
      return { type: 'object', properties: propertiesOf(field.fields) }
    case 'list':
      return {
        type: 'object',
        properties: {
          totalResults: { title: 'Total Results', type: 'integer', readOnly: true },
          items: { type: 'array', items: { type: 'object', properties: propertiesOf(field.fields) } },
        },
      }
  }
}
const reference: Json = {
  id: { title: 'Internal identifier', type: 'string' },
  refName: { title: 'Reference Name', type: 'string' },
  externalId: { title: 'External identifier', type: 'string' },
  links: { title: 'Links', type: 'array', readOnly: true, items: { type: 'object' } },
}
