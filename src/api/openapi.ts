import { z } from 'zod'
import { assertNever } from '../core/json.ts'
import { columnsOf } from './columns.ts'
import { type Contract, contract, problemSchema, type Route } from './contract.ts'

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

/** The same for people to read: each operation with who may ask, and its shapes as JSON schemas. */
export const operations = (): z.input<Contract['listOperations']['reply']> => ({
  operations: Object.entries<Route>(contract).map(([name, route]) => {
    const { method, role, summary } = route
    const parameterOf = ({ description, schema, ...one }: Parameter) => ({
      ...one,
      description: description ?? null,
      schema: textOf(schema),
    })
    return {
      ...{ name, method, role, summary },
      path: `/api/v1${route.path.replaceAll(/:(\w+)/g, '{$1}')}`,
      parameters: [...parameters('path', route.params), ...parameters('query', route.query)].map(parameterOf),
      body: hasBody(route) ? textOf(schemaOf(route.body, 'input')) : null,
      replies: Object.entries(contentOf(route)).map(([type, { schema }]) => ({ type, schema: textOf(schema) })),
    }
  }),
})

const textOf = (schema: Schema): string => JSON.stringify(schema, null, 2)
const hasBody = ({ body }: Route): boolean => Object.keys(body.shape).length > 0

function operation(operationId: string, route: Route): Schema {
  const body = schemaOf(route.body, 'input')
  return {
    operationId,
    summary: route.summary,
    parameters: [...parameters('path', route.params), ...parameters('query', route.query)],
    ...(hasBody(route)
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

function contentOf({ form, reply }: Route): Readonly<Record<string, { readonly schema: Schema }>> {
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

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly required: boolean
  readonly description?: string
  readonly schema: Schema
}

function parameters(place: Parameter['in'], object: z.ZodObject): readonly Parameter[] {
  const { properties = {}, required = [] } = schemaOf(object, 'input') as {
    properties?: Record<string, Schema & { description?: string }>
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
