import { AssociationTypes } from '@hubspot/api-client/lib/src/enums/AssociationTypes.js'
import { multiply, one, parseDecimal } from '../../src/core/decimal.ts'
import type { FieldSchema, ObjectSchema } from '../../src/ports/connector.ts'
import { list, value } from '../kit/field.ts'
import { onceEach } from '../kit/once.ts'
import { wonFields } from '../kit/wins.ts'
import type { Client, Property, Row } from './client.ts'

/** A deal's record besides its properties: lists of related records, and the one among several that counts. */
export const dealRelations = {
  line_items: { object: 'line_items', single: null, preferred: null },
  companies: { object: 'companies', single: 'company', preferred: AssociationTypes.primaryDealToCompany as number },
  contacts: { object: 'contacts', single: 'contact', preferred: null },
} as const
export type DealRelation = keyof typeof dealRelations

/** Our key on records that we make: HubSpot itself keeps its values unique. `setup` makes it. */
export const keyProperty = 'erp_key'
/** Objects that are made by our key. */
export const keyedObjects: readonly string[] = ['products', 'companies', 'contacts']

/** HubSpot does not tell what a new record needs; for products it is this. Of companies and contacts any one of several. */
const needed: Readonly<Record<string, readonly string[]>> = { products: ['name'] }

/** A field of ours on HubSpot's records, made of the properties it needs. */
interface Derived {
  readonly label: string
  readonly type: FieldSchema['type']
  readonly needs: readonly string[]
  of(id: string, properties: Row['properties']): string | boolean | null
}
/** Spares mappings what HubSpot has in two places or means otherwise than its name says. */
export const derivedFields: Readonly<Record<string, Readonly<Record<string, Derived>>>> = {
  companies: {
    key: { label: 'ID with the kind of record', type: 'text', needs: [], of: (id) => `company-${id}` },
    is_person: { label: 'Is a person', type: 'boolean', needs: [], of: () => false },
  },
  contacts: {
    key: { label: 'ID with the kind of record', type: 'text', needs: [], of: (id) => `contact-${id}` },
    is_person: { label: 'Is a person', type: 'boolean', needs: [], of: () => true },
    name: {
      label: 'First and last name',
      type: 'text',
      needs: ['firstname', 'lastname'],
      of: (_, { firstname, lastname }) => [firstname, lastname].filter(Boolean).join(' ') || null,
    },
  },
  line_items: {
    discount_amount: {
      label: 'Unit discount × quantity, where there is no discount in percent',
      type: 'number',
      needs: ['discount', 'quantity', 'hs_discount_percentage'],
      of: (_, properties) => discountAmount(properties),
    },
  },
}

/** `discount` is an amount off one unit, and does not count beside a percentage. */
function discountAmount({ discount, quantity, hs_discount_percentage }: Row['properties']): string | null {
  const percent = parseDecimal(hs_discount_percentage)
  const perUnit = parseDecimal(discount)
  if (perUnit === null || (percent !== null && percent !== '0')) return null
  return multiply(perUnit, parseDecimal(quantity) ?? one)
}

/** Contacts are older than the naming rule of the others. */
export const modifiedProperty = (object: string): string =>
  object === 'contacts' ? 'lastmodifieddate' : 'hs_lastmodifieddate'

/** Numbers of the standard objects in links and in events of the newer kind. */
export const objectTypeIds: Readonly<Record<string, string>> = {
  contacts: '0-1',
  companies: '0-2',
  deals: '0-3',
  products: '0-7',
  line_items: '0-8',
}

export interface Definitions {
  schema(object: string): Promise<ObjectSchema>
  properties(object: string): Promise<ReadonlyMap<string, Property>>
  /** Forgets what was read, because an admin may have added a property since. */
  forget(object: string): void
}

/** Property definitions, read once an object. */
export function openDefinitions(client: Client): Definitions {
  const properties = onceEach(async (object: string): Promise<ReadonlyMap<string, Property>> => {
    const all = await client.properties(object)
    return new Map(all.filter((one) => one.archived !== true).map((one) => [one.name, one]))
  })
  return {
    properties: properties.of,
    forget: properties.forget,
    schema: async (object) => schemaOf(object, [...(await properties.of(object)).values()]),
  }
}

function schemaOf(object: string, properties: readonly Property[]): ObjectSchema {
  const own: Record<string, FieldSchema> = {}
  for (const property of properties) own[property.name] = fieldOf(object, property)
  const fields: Record<string, FieldSchema> = {
    id: value('Record ID', 'text'),
    url: value('Link to the record', 'text'),
    properties: { ...value('Properties', 'object'), fields: own },
  }
  for (const [name, { label, type }] of Object.entries(derivedFields[object] ?? {})) fields[name] = value(label, type)
  if (object === 'deals') {
    for (const [name, { object: relation, single }] of Object.entries(dealRelations)) {
      fields[name] = list(name, relation)
      if (single !== null) fields[single] = value(single, 'reference', relation)
    }
    fields.person = value('The contact, on a deal without a company', 'reference', 'contacts')
    const owner = {
      id: value('Owner ID', 'text'),
      name: value('Name', 'text'),
      email: value('E-mail', 'text'),
      active: value('Active', 'boolean'),
    }
    for (const [name, { label, type }] of Object.entries(wonFields)) fields[name] = value(label, type)
    fields.owner = { ...value('Owner', 'object'), fields: owner }
  }
  return { object, fields }
}

const types: Readonly<Record<string, FieldSchema['type']>> = {
  number: 'number',
  bool: 'boolean',
  date: 'date',
  datetime: 'instant',
}

function fieldOf(object: string, property: Property): FieldSchema {
  const options = optionsOf(property)
  return {
    label: property.label,
    type: types[property.type] ?? 'text',
    // The key is ours to write, not a mapping's.
    writable: isWritable(property) && !isKey(object, property.name),
    // Further rules for required properties are the admin's and show only as a refusal when writing.
    required: needed[object]?.includes(property.name) === true,
    ...(options === null ? {} : { options }),
  }
}

export const isKey = (object: string, name: string): boolean => name === keyProperty && keyedObjects.includes(object)

export const isWritable = (property: Property): boolean =>
  property.calculated !== true && property.modificationMetadata?.readOnlyValue !== true

/** Legal values of a choice; null when the list is not the property's own (owners, business units) or there is none. */
export const optionsOf = (property: Property): readonly string[] | null =>
  property.type === 'enumeration' && property.externalOptions !== true && (property.options ?? []).length > 0
    ? property.options.map((option) => option.value)
    : null
