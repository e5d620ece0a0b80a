import { z } from 'zod'
import type { SimulatorReply } from '../../../src/simulator/server.ts'
import type { SimulatedProperty } from './definitions.ts'
import { failure, flawsOf } from './replies.ts'
import type { Store } from './store.ts'

const propertySchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9_]{0,99}$/),
  label: z.string().min(1),
  type: z.enum(['string', 'number', 'date', 'datetime', 'enumeration', 'bool']),
  fieldType: z.string(),
  groupName: z.string(),
  description: z.string().default(''),
  hasUniqueValue: z.boolean().default(false),
  options: z
    .array(
      z.strictObject({
        label: z.string(),
        value: z.string(),
        displayOrder: z.number().default(0),
        hidden: z.boolean(),
        description: z.string().optional(),
      }),
    )
    .default([]),
  // How the property is shown to people, which nobody looks at here.
  displayOrder: z.int().default(-1),
  hidden: z.boolean().default(false),
  formField: z.boolean().default(false),
  externalOptions: z.literal(false).default(false),
})
export const fieldTypes: Readonly<Record<string, readonly string[]>> = {
  string: ['text', 'textarea', 'file', 'html', 'phonenumber'],
  number: ['number'],
  date: ['date'],
  datetime: ['date'],
  enumeration: ['select', 'radio', 'checkbox'],
  bool: ['booleancheckbox'],
}

const uniqueMax = 10

export function createProperty(inner: Store, object: string, body: unknown): SimulatorReply {
  const given = propertySchema.safeParse(body)
  if (!given.success) return failure(400, 'VALIDATION_ERROR', `Invalid property: ${flawsOf(given.error)}`)
  const { name, label, type, fieldType, groupName, description, hasUniqueValue, options } = given.data
  const { displayOrder, hidden, formField } = given.data
  if (inner.properties(object).has(name)) {
    return failure(409, 'CONFLICT', `A property named "${name}" already exists`)
  }
  if (!fieldTypes[type]?.includes(fieldType))
    return failure(400, 'VALIDATION_ERROR', `${fieldType} does not go with ${type}`)
  if (groupName !== '' && !inner.groups(object).has(groupName)) {
    return failure(400, 'VALIDATION_ERROR', `There is no property group "${groupName}"`)
  }
  if (
    type === 'bool' &&
    options
      .map((option) => option.value)
      .sort()
      .join() !== 'false,true'
  ) {
    const words = 'exactly two options; one with a value of true, the other with a value of false'
    return failure(400, 'VALIDATION_ERROR', `Boolean properties must have ${words}`)
  }
  const unique = [...inner.properties(object).values()].filter((one) => !one.hubspotDefined && one.hasUniqueValue)
  if (hasUniqueValue && unique.length >= uniqueMax) {
    return failure(400, 'VALIDATION_ERROR', `no more than ${uniqueMax} properties with unique values`)
  }
  const property: SimulatedProperty = {
    ...{ name, label, type, fieldType, groupName, description, hasUniqueValue, displayOrder, hidden, formField },
    options: options.map(({ label: shown, value, displayOrder, hidden }) => ({
      label: shown,
      value,
      displayOrder,
      hidden,
    })),
    hubspotDefined: false,
    calculated: false,
    externalOptions: false,
    archived: false,
    modificationMetadata: { archivable: true, readOnlyDefinition: false, readOnlyValue: false },
  }
  inner.properties(object).set(name, property)
  return { status: 201, body: { ...property } }
}
