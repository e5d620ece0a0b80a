import type { FieldSchema, ObjectSchema } from '../../src/ports/connector.ts'
import { list, value } from '../kit/field.ts'
import { onceEach } from '../kit/once.ts'
import { wonFields } from '../kit/wins.ts'
import type { Client, Described, DescribedField } from './client.ts'
import { contactFields, contactRoles, derivedFields } from './derived.ts'
import { keyField, priceList, priceOwners, writes } from './objects.ts'

/** An object as this org has it and as this user sees it. */
export interface Definition {
  readonly object: string
  readonly updateable: boolean
  readonly fields: ReadonlyMap<string, DescribedField>
  /** What paths call a record that a field refers to: the field, and the object where there is only one it can be. */
  readonly references: ReadonlyMap<string, { readonly field: string; readonly object: string | null }>
  /** What paths call the records that refer to this one: their object. */
  readonly lists: ReadonlyMap<string, string>
}

export interface Definitions {
  schema(object: string): Promise<ObjectSchema>
  /** @throws SyncError `configuration_invalid` when there is no such object */
  of(object: string): Promise<Definition>
  /** Forgets what was read, because an admin may have added a field since. */
  forget(object: string): void
}

/** Descriptions, read once an object. */
export function openDefinitions(client: Client): Definitions {
  const definitions = onceEach(async (object: string) => definitionOf(await client.describe(object)))
  return { ...definitions, schema: async (object) => schemaOf(await definitions.of(object)) }
}

function definitionOf(described: Described): Definition {
  const references = new Map<string, { field: string; object: string | null }>()
  for (const { name, relationshipName, referenceTo } of described.fields) {
    if (relationshipName == null) continue
    const [object = null, ...others] = referenceTo ?? []
    references.set(relationshipName, { field: name, object: others.length > 0 ? null : object })
  }
  const lists = described.childRelationships.flatMap(({ relationshipName, childSObject }): [string, string][] =>
    relationshipName == null ? [] : [[relationshipName, childSObject]],
  )
  return {
    object: described.name,
    updateable: described.updateable,
    fields: new Map(described.fields.map((field) => [field.name, field])),
    references,
    lists: new Map(lists),
  }
}

/** The inside of the addresses and places that Salesforce puts together from other fields. */
const compounds: Readonly<Record<string, Readonly<Record<string, FieldSchema['type']>>>> = {
  address: {
    street: 'text',
    city: 'text',
    state: 'text',
    stateCode: 'text',
    postalCode: 'text',
    country: 'text',
    countryCode: 'text',
    latitude: 'number',
    longitude: 'number',
    geocodeAccuracy: 'text',
  },
  location: { latitude: 'number', longitude: 'number' },
}
/** What is known of a record that may be of several objects; Salesforce calls that `Name`. */
export const namedRecord = { Id: 'text', Name: 'text', Type: 'text' } as const

const inside = (types: Readonly<Record<string, FieldSchema['type']>>): Record<string, FieldSchema> =>
  Object.fromEntries(Object.entries(types).map(([name, type]) => [name, value(name, type)]))

function schemaOf(definition: Definition): ObjectSchema {
  const { object } = definition
  const fields: Record<string, FieldSchema> = {
    id: value('Record ID', 'text'),
    url: value('Link to the record', 'text'),
  }
  for (const [name, { label, type }] of Object.entries(derivedFields[object] ?? {})) fields[name] = value(label, type)
  if (object === 'Opportunity') {
    for (const [name, { label, type }] of Object.entries(wonFields)) fields[name] = value(label, type)
  }
  for (const field of definition.fields.values()) fields[field.name] = fieldOf(object, field)
  for (const [name, { field, object: relation }] of definition.references) {
    const label = definition.fields.get(field)?.label ?? name
    fields[name] =
      relation === null
        ? { ...value(label, 'object'), fields: inside(namedRecord) }
        : value(label, 'reference', relation)
  }
  for (const [name, relation] of definition.lists) {
    const writable = object === priceList.owner && name === priceList.name
    fields[name] = { ...list(name, relation), writable }
  }
  if (object === 'Opportunity' && definition.lists.has(contactRoles)) {
    for (const [name, label] of Object.entries(contactFields)) {
      fields[name] = value(label, 'reference', 'Contact')
    }
  }
  return { object, fields }
}

const types: Readonly<Record<string, FieldSchema['type']>> = {
  boolean: 'boolean',
  int: 'number',
  long: 'number',
  double: 'number',
  currency: 'number',
  percent: 'number',
  date: 'date',
  datetime: 'instant',
  address: 'object',
  location: 'object',
}
export const kindOf = (field: Pick<DescribedField, 'type'>): FieldSchema['type'] => types[field.type] ?? 'text'

function fieldOf(object: string, field: DescribedField): FieldSchema {
  // We give these ourselves.
  const given = field.name === keyField || (object === priceList.object && priceOwners.includes(field.name))
  const options = optionsOf(field)
  const parts = compounds[field.type]
  return {
    label: field.label,
    type: kindOf(field),
    writable: !given && (isWritable(field) || (writes[object]?.create === true && isCreatable(field))),
    required: !given && isCreatable(field) && !field.nillable && !field.defaultedOnCreate,
    ...(options === null ? {} : { options }),
    ...(parts === undefined ? {} : { fields: inside(parts) }),
  }
}

export const isWritable = (field: DescribedField): boolean => field.updateable && !field.calculated

export const isCreatable = (field: DescribedField): boolean => field.createable && !field.calculated

/** Legal values of a choice; null where Salesforce takes others too. */
export const optionsOf = (field: DescribedField): readonly string[] | null =>
  field.restrictedPicklist
    ? (field.picklistValues ?? []).flatMap(({ value, active }) => (active && value != null ? [value] : []))
    : null
