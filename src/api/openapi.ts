import { z } from 'zod'
import { assertNever } from '../core/json.ts'
import { columnsOf } from './columns.ts'
import { contract, problemSchema, type Route } from './contract.ts'

type Schema = Record<string, unknown>

/** The OpenAPI 3.1 document of the contract. */
export function openApi(): Schema {
  const paths: Record<string, Record<string, Schema>> = {}
  for (const [operationId, route] of Object.entries<Route>(contract)) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method]: operation(operationId, route) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Crosswalk', version: '1', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/api/v1' }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: schemaOf(problemSchema, 'output') },
      responses: {
        Problem: {
          description: 'What went wrong and what to do about it',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    },
  }
}

function operation(operationId: string, route: Route): Schema {
  const body = schemaOf(route.body, 'input')
  const hasBody = Object.keys(route.body.shape).length > 0
  return {
    operationId,
    summary: route.summary,
    parameters: [...parameters('path', route.params), ...parameters('query', route.query)],
    ...(hasBody
      ? { requestBody: { required: body.required !== undefined, content: { 'application/json': { schema: body } } } }
      : {}),
    responses: {
      [route.status]: {
        description: route.status === 202 ? 'Accepted' : 'OK',
        content: contentOf(route),
      },
      default: { $ref: '#/components/responses/Problem' },
    },
  }
}

function contentOf({ form, reply }: Route): Schema {
  const schema = schemaOf(reply, 'output')
  switch (form) {
    case 'value':
      return { 'application/json': { schema } }
    case 'events':
      return { 'text/event-stream': { schema } }
    case 'rows':
      return {
        'text/csv': { schema: { type: 'string', description: `Columns: ${columnsOf(reply).join(', ')}` } },
        'application/json': { schema: { type: 'array', items: schema } },
      }
    default:
      return assertNever(form)
  }
}

function parameters(place: 'path' | 'query', object: z.ZodObject): readonly Schema[] {
  const { properties = {}, required = [] } = schemaOf(object, 'input') as {
    properties?: Record<string, Schema>
    required?: string[]
  }
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: place,
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema,
  }))
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Schema {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io })
  return rest
}
