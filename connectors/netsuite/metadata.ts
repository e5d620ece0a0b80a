import { isObject, type Json, type JsonObject } from '../../src/core/json.ts'
import { SyncError } from '../../src/core/problem.ts'
import type { FieldSchema, ObjectSchema } from '../../src/ports/connector.ts'
import { onceEach } from '../kit/once.ts'
import type { Client } from './client.ts'
import { isSyncError } from './errors.ts'
import {
  customerAddresses,
  customerObject,
  itemFields,
  itemObject,
  lineUnit,
  orderFields,
  orderObject,
  partFields,
  required,
  tables,
  taxNumber,
} from './schema.ts'
import type { Settings } from './settings.ts'

/** What a record type's field takes. */
export interface Field {
  readonly label: string
  readonly shape:
    | 'text'
    | 'number'
    | 'integer'
    | 'boolean'
    | 'date'
    | 'instant'
    | 'choice'
    | 'reference'
    | 'references'
    | 'sublist'
    | 'subrecord'
  readonly readOnly: boolean
  /** Ids of a choice. */
  readonly options?: readonly string[]
  /** Of a line of a sublist, or of a subrecord. A sublist without them is there, and not described. */
  readonly fields?: Fields
}
export type Fields = Readonly<Record<string, Field>>

/** What this account has, as the metadata of its record types shows. */
export interface Features {
  readonly multiCurrency: boolean
  readonly oneWorld: boolean
  readonly locations: boolean
  readonly suiteTax: boolean
  /** Whether order lines have the field that carries our key. */
  readonly lineKey: boolean
  /** How a customer's tax number is kept; null where it is not. */
  readonly taxNumber: 'suiteTax' | 'legacy' | null
}

/** Record types of this account, asked once each and kept for the connection's life. */
export interface Metadata {
  /** Null when there is no such record type, or the role may not see it. @throws SyncError */
  fields(type: string): Promise<Fields | null>
  features(): Promise<Features>
  describe(object: string): Promise<ObjectSchema>
}

/** Sublists and subrecords that may come as links to pages of their own. Others are not looked into. */
const followed: ReadonlySet<string> = new Set([
  'item',
  'shippingAddress',
  'billingAddress',
  'addressBook',
  'addressBookAddress',
  'taxRegistration',
])
const depthMax = 4

const refOf = (property: JsonObject): string | undefined =>
  typeof property.$ref === 'string' ? property.$ref.split('/').at(-1) : undefined
/** `salesOrder-itemCollection` describes a part of a record; `nsLink`, `customer` or `transaction` what is referred to. */
const isPart = (ref: string): boolean => /-|(Collection|Element)$/.test(ref)
/** The `item` of a line is a reference, whatever its page is called, while that of an order is the list of lines. */
const isFollowed = (name: string, ref: string, depth: number): boolean =>
  followed.has(name) && ref !== 'nsLink' && (isPart(ref) || name !== 'item' || depth === 0)

/**
 * Fields that a feature of the account brings. They are described all the same, so that one mapping fits every account,
 * and are written only where they are.
 */
const featured: Readonly<Record<string, ReadonlySet<string>>> = {
  [orderObject]: new Set(['currency', 'subsidiary', 'location']),
  [customerObject]: new Set(['currency', 'subsidiary']),
}
export const isFeatured = (type: string, field: string): boolean => featured[type]?.has(field) ?? false

export function openMetadata(client: Client, settings: Settings): Metadata {
  async function ask(type: string): Promise<Fields | null> {
    const page = await pageOf(type)
    return page === null ? null : fieldsOf(page, 0)
  }

  /** Null where there is no such page: some that others point to answer 404, and cost no more than what they describe. */
  async function pageOf(name: string): Promise<JsonObject | null> {
    try {
      return await client.metadata(name)
    } catch (error) {
      if (isSyncError(error, 'configuration_invalid', 'record_gone', 'record_rejected', 'permission_missing'))
        return null
      throw error
    }
  }

  async function fieldsOf(page: Json, depth: number): Promise<Fields> {
    const properties = isObject(page) && isObject(page.properties) ? page.properties : {}
    const entries = await Promise.all(
      Object.entries(properties).map(async ([name, property]): Promise<[string, Field][]> => {
        const field = isObject(property) ? await fieldOf(name, property, depth) : null
        return field === null || name === 'links' ? [] : [[name, field]]
      }),
    )
    return Object.fromEntries(entries.flat())
  }

  /** Null for what we cannot read. */
  async function fieldOf(
    name: string,
    property: { readonly [name: string]: Json },
    depth: number,
  ): Promise<Field | null> {
    const title = typeof property.title === 'string' ? property.title : name
    const base = { label: title, readOnly: property.readOnly === true || neverWritten.has(name) }
    const ref = refOf(property)
    if (ref !== undefined) {
      if (!isFollowed(name, ref, depth)) return { ...base, shape: isPart(ref) ? 'sublist' : 'reference' }
      const page = depth >= depthMax ? null : await pageOf(ref)
      return page === null ? { ...base, shape: 'sublist' } : fieldOf(name, { ...page, title }, depth)
    }
    const type = typeOf(property.type)
    const options = Array.isArray(property.enum) ? property.enum.filter((one) => typeof one === 'string') : undefined
    if (type !== 'object') {
      const shape = options === undefined ? scalarShape(type, property.format) : 'choice'
      return { ...base, shape, ...(options === undefined ? {} : { options }) }
    }
    const inner = isObject(property.properties) ? property.properties : {}
    if (isObject(inner.items)) {
      if (depth >= depthMax) return null
      const line = isObject(inner.items.items) ? inner.items.items : {}
      const lineRef = refOf(line)
      if (lineRef !== undefined && !isFollowed(name, lineRef, depth)) {
        return { ...base, shape: isPart(lineRef) ? 'sublist' : 'references' }
      }
      if (isLink(line)) return { ...base, shape: 'references' }
      const page = lineRef === undefined ? line : await pageOf(lineRef)
      return { ...base, shape: 'sublist', ...(page === null ? {} : { fields: await fieldsOf(page, depth + 1) }) }
    }
    if (isLink(property)) {
      const ids = isObject(inner.id) && Array.isArray(inner.id.enum) ? inner.id.enum : undefined
      const choices = ids?.filter((one) => typeof one === 'string')
      return choices === undefined ? { ...base, shape: 'reference' } : { ...base, shape: 'choice', options: choices }
    }
    return depth >= depthMax ? null : { ...base, shape: 'subrecord', fields: await fieldsOf(property, depth + 1) }
  }

  const metadata: Metadata = {
    fields: onceEach(ask).of,
    async features() {
      const [order, customer] = await Promise.all([metadata.fields(orderObject), metadata.fields(customerObject)])
      const has = (fields: Fields | null | undefined, name: string): boolean => Object.hasOwn(fields ?? {}, name)
      return {
        multiCurrency: has(order, 'currency'),
        oneWorld: has(order, 'subsidiary') || has(customer, 'subsidiary'),
        locations: has(order, 'location'),
        suiteTax: has(order, 'taxDetails'),
        lineKey: has(order?.item?.fields, settings.lineKeyField),
        taxNumber: has(customer, 'vatRegNumber') ? 'legacy' : has(customer, 'taxRegistration') ? 'suiteTax' : null,
      }
    },
    async describe(object) {
      const [type = object, sublist] = object.split('.')
      const parts = partFields[object]
      if (parts !== undefined) {
        const custom = object === 'salesOrder.line' ? customOf((await metadata.fields(orderObject))?.item?.fields) : {}
        return { object, fields: { ...parts, ...custom } }
      }
      const table = tables[object]
      if (table !== undefined && object !== orderObject && object !== customerObject) {
        const own = Object.entries({ id: 'text' as const, ...table.fields })
        const custom = await Promise.all(table.records.map(async (record) => customOf(await metadata.fields(record))))
        return {
          object,
          fields: {
            ...Object.fromEntries(own.map(([name, kind]) => [name, { ...readable, label: name, type: kind }])),
            ...(object === itemObject ? itemFields : {}),
            ...Object.assign({}, ...custom),
          },
        }
      }
      const fields = await metadata.fields(type)
      const named = sublist === undefined ? fields : fields?.[sublist]?.fields
      if (named === null || named === undefined) throw noObject(object)
      const own = Object.entries(named).map(([name, field]): [string, FieldSchema] => [
        name,
        schemaOf(object, name, field),
      ])
      return {
        object,
        fields: { ...featuredFields(object), ...Object.fromEntries(own), ...virtualFields(object, named) },
      }
    },
  }
  return metadata
}

/** Kept by NetSuite itself. */
const neverWritten: ReadonlySet<string> = new Set(['id', 'refName', 'createdDate', 'dateCreated', 'lastModifiedDate'])
const linkNames: ReadonlySet<string> = new Set(['id', 'refName', 'externalId', 'links'])

/** A reference to a record, or a choice with an id and a name. */
const isLink = (property: { readonly [name: string]: Json }): boolean => {
  const names = isObject(property.properties) ? Object.keys(property.properties) : []
  return names.includes('id') && names.every((name) => linkNames.has(name))
}

const typeOf = (type: Json | undefined): string =>
  Array.isArray(type) ? String(type.find((one) => one !== 'null')) : typeof type === 'string' ? type : 'object'

function scalarShape(type: string, format: Json | undefined): Field['shape'] {
  if (type === 'integer') return 'integer'
  if (type === 'number') return 'number'
  if (type === 'boolean') return 'boolean'
  if (format === 'date') return 'date'
  return format === 'date-time' ? 'instant' : 'text'
}

const readable: Pick<FieldSchema, 'writable' | 'required'> = { writable: false, required: false }
const writable: Pick<FieldSchema, 'writable' | 'required'> = { writable: true, required: false }

const types: Readonly<Record<Field['shape'], FieldSchema['type']>> = {
  text: 'text',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  date: 'date',
  instant: 'instant',
  choice: 'text',
  reference: 'reference',
  references: 'list',
  sublist: 'list',
  subrecord: 'object',
}

function schemaOf(object: string, name: string, field: Field): FieldSchema {
  const relation =
    field.shape === 'sublist'
      ? field.fields && `${object}.${name}`
      : field.shape === 'reference'
        ? name === 'currency'
          ? 'currency'
          : 'reference'
        : undefined
  return {
    label: field.label,
    type: types[field.shape],
    writable: !field.readOnly,
    required: required[object] === name,
    ...(field.options === undefined ? {} : { options: field.options }),
    ...(relation === undefined ? {} : { relation }),
    ...(field.shape !== 'subrecord' || field.fields === undefined
      ? {}
      : {
          fields: Object.fromEntries(
            Object.entries(field.fields).map(([inner, one]) => [inner, schemaOf(object, inner, one)]),
          ),
        }),
  }
}

const featuredFields = (object: string): Readonly<Record<string, FieldSchema>> =>
  Object.fromEntries(
    [...(featured[object] ?? [])].map((name) => [
      name,
      { ...writable, label: name, type: 'reference', relation: name === 'currency' ? 'currency' : 'reference' },
    ]),
  )

/** Fields of ours, beside those of the record type. */
function virtualFields(object: string, fields: Fields): Readonly<Record<string, FieldSchema>> {
  if (object === orderObject) return orderFields
  if (object === `${orderObject}.item`)
    return { [lineUnit]: { ...writable, label: 'Unit of the quantity, by its name', type: 'text' } }
  if (object !== customerObject) return {}
  const address = fields.addressBook?.fields?.addressBookAddress?.fields ?? {}
  const inner = Object.entries(address).map(([name, field]) => [name, schemaOf(object, name, field)])
  return {
    [taxNumber]: { ...writable, label: 'Tax number, kept as the tax engine of the account wants it', type: 'text' },
    ...Object.fromEntries(
      customerAddresses.map((name) => [
        name,
        {
          ...writable,
          label: `${name === 'billingAddress' ? 'Billing' : 'Shipping'} address of a new customer, a line of its address book`,
          type: 'object',
          fields: Object.fromEntries(inner),
        },
      ]),
    ),
  }
}

/** Custom fields can be read by their own ids, whatever their type. */
const customOf = (fields: Fields | null | undefined): Readonly<Record<string, FieldSchema>> =>
  Object.fromEntries(
    Object.entries(fields ?? {}).flatMap(([name, field]): [string, FieldSchema][] =>
      isCustom(name) ? [[name, { ...schemaOf('', name, field), writable: false }]] : [],
    ),
  )
export const isCustom = (name: string): boolean => /^(cust(body|col|entity|item)|cseg)_?\w*$/.test(name)

export const noObject = (object: string) =>
  new SyncError(`This NetSuite has no record type or table "${object}" that the role may see`, {
    problem: { kind: 'configuration_invalid', path: object },
    fix: 'Correct the mapping, enable the feature that brings the record type, or give the role the permission for it.',
  })
