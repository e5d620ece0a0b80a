import { z } from 'zod'
import { type DocumentName, documentSchemas } from '../../core/documents.ts'
import type { Json } from '../../core/json.ts'
import type { FieldSchema, ObjectSchema } from './schema.ts'

/** What kind of value stands at a place. `any` where nothing is known; then nothing is refused before it runs. */
export type Kind =
  | 'any'
  | 'text'
  | 'number'
  | 'integer'
  | 'boolean'
  | 'date'
  | 'instant'
  | 'reference'
  | 'list'
  | 'object'

export interface Shape {
  readonly kind: Kind
  /** Legal values, when there is a list of them. */
  readonly options?: readonly string[]
  /** How many digits of a number are kept after the point, where that is settled. */
  readonly digits?: number
  /** What is inside an object or behind a reference; null when not known. Absent: nothing is inside. */
  readonly fields?: () => Fields | null
  /** The object that a reference leads to, where it is known. */
  readonly object?: string
  /** What a list holds. */
  readonly item?: () => Shape
}
export interface Fields {
  /** Name of the object or document, for messages. */
  readonly owner: string
  readonly names: readonly string[]
  get(name: string): Field | undefined
}
export interface Field {
  readonly shape: Shape
  readonly writable: boolean
  /** Must be there: a document has no null and no default for it, a system makes no record without it. */
  readonly required: boolean
  readonly nullable: boolean
  /** The value when there is none. */
  readonly fallback: Json
  readonly description: string
}

export const anyShape: Shape = { kind: 'any', fields: () => null, item: () => anyShape }

/** The part of JSON Schema that our documents come out as. */
interface JsonSchema {
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly enum?: readonly string[]
  readonly anyOf?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly default?: Json
  readonly description?: string
}

const documents = new Map<DocumentName, Fields>()

/** The fields of a document, read off its schema. */
export function documentFields(name: DocumentName): Fields {
  const known = documents.get(name)
  if (known !== undefined) return known
  const schema = z.toJSONSchema(documentSchemas[name], { unrepresentable: 'any', io: 'input' }) as JsonSchema
  const fields = fieldsOfJson(name, schema)
  documents.set(name, fields)
  return fields
}

function fieldsOfJson(owner: string, schema: JsonSchema): Fields {
  const required = new Set(schema.required)
  const members = new Map(
    Object.entries(schema.properties ?? {}).map(([name, inner]): [string, Field] => {
      const nullable = isNullable(inner) || (inner.type === undefined && inner.format === undefined)
      return [
        name,
        {
          shape: shapeOfJson(`${owner}.${name}`, inner),
          writable: true,
          required: required.has(name),
          nullable,
          fallback: inner.default ?? null,
          description: inner.description ?? '',
        },
      ]
    }),
  )
  return { owner, names: [...members.keys()], get: (name) => members.get(name) }
}

const isNullable = (schema: JsonSchema): boolean =>
  schema.anyOf?.some((one) => one.type === 'null') ?? (Array.isArray(schema.type) && schema.type.includes('null'))

function shapeOfJson(owner: string, schema: JsonSchema): Shape {
  const inner = schema.anyOf?.find((one) => one.type !== 'null')
  if (inner !== undefined) return shapeOfJson(owner, inner)
  if (schema.format === 'decimal') return { kind: 'number' }
  if (schema.format === 'instant' || schema.format === 'date') return { kind: schema.format }
  const type = typeof schema.type === 'string' ? schema.type : schema.type?.find((one) => one !== 'null')
  switch (type) {
    case 'string':
      return schema.enum === undefined ? { kind: 'text' } : { kind: 'text', options: schema.enum }
    case 'boolean':
    case 'integer':
      return { kind: type }
    case 'object': {
      const fields = fieldsOfJson(owner, schema)
      return { kind: 'object', fields: () => fields }
    }
    case 'array': {
      const item = shapeOfJson(owner, schema.items ?? {})
      return { kind: 'list', item: () => item }
    }
    default:
      return anyShape
  }
}

/** Finds the fields of another object of the same system; null when it was not described. */
export type FieldsOf = (object: string) => Fields | null

/** The fields of a described object; relations lead on through `fieldsOf` when a path goes there. */
export function remoteFields(schema: ObjectSchema, fieldsOf: FieldsOf): Fields {
  return fieldsOfSchema(schema.object, schema.fields, fieldsOf)
}

function fieldsOfSchema(owner: string, schemas: Readonly<Record<string, FieldSchema>>, fieldsOf: FieldsOf): Fields {
  return {
    owner,
    names: Object.keys(schemas),
    get(name) {
      const schema = Object.hasOwn(schemas, name) ? schemas[name] : undefined
      if (schema === undefined) return undefined
      return {
        shape: shapeOfSchema(`${owner}.${name}`, schema, fieldsOf),
        writable: schema.writable,
        required: schema.required === true,
        nullable: true,
        fallback: null,
        description: '',
      }
    },
  }
}

function shapeOfSchema(owner: string, schema: FieldSchema, fieldsOf: FieldsOf): Shape {
  const behind = (): Fields | null => (schema.relation === undefined ? null : fieldsOf(schema.relation))
  switch (schema.type) {
    case 'object': {
      const inner = schema.fields
      return { kind: 'object', fields: () => (inner === undefined ? behind() : fieldsOfSchema(owner, inner, fieldsOf)) }
    }
    case 'reference':
      return schema.relation === undefined
        ? { kind: 'reference', fields: () => null }
        : recordShape(schema.relation, fieldsOf)
    case 'list':
      return { kind: 'list', item: () => listItem(schema, fieldsOf) }
    default:
      return {
        kind: schema.type,
        ...(schema.options === undefined ? {} : { options: schema.options }),
        ...(schema.digits === undefined ? {} : { digits: schema.digits }),
      }
  }
}

const listItem = (schema: FieldSchema, fieldsOf: FieldsOf): Shape =>
  schema.relation === undefined ? anyShape : recordShape(schema.relation, fieldsOf)

/** A record of an object that another one leads to. */
export const recordShape = (object: string, fieldsOf: FieldsOf): Shape => ({
  kind: 'reference',
  object,
  fields: () => withId(fieldsOf(object)),
})

/** A record that another one leads to always comes with its id, described or not. */
function withId(fields: Fields | null): Fields | null {
  if (fields === null || fields.get('id') !== undefined) return fields
  const id: Field = {
    shape: { kind: 'text' },
    writable: false,
    required: false,
    nullable: false,
    fallback: null,
    description: '',
  }
  return { ...fields, names: ['id', ...fields.names], get: (name) => (name === 'id' ? id : fields.get(name)) }
}
