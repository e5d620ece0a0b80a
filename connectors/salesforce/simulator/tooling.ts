import { z } from 'zod'
import type { Json } from '../../../src/core/json.ts'
import type { SimulatorReply } from '../../../src/simulator/server.ts'
import type { Access } from './access.ts'
import { recordRefusal, refusal } from './errors.ts'
import type { CustomField, Schema } from './schema.ts'
import type { Store } from './store.ts'

const metadataSchema = z.looseObject({
  type: z.string(),
  label: z.string().optional(),
  length: z.number().int().optional(),
  precision: z.number().int().optional(),
  scale: z.number().int().optional(),
  visibleLines: z.number().int().optional(),
  externalId: z.boolean().optional(),
  unique: z.boolean().optional(),
  required: z.boolean().optional(),
  formula: z.string().optional(),
  defaultValue: z.union([z.string(), z.boolean(), z.null()]).optional(),
  referenceTo: z.string().optional(),
  valueSet: z
    .looseObject({
      restricted: z.boolean().nullish(),
      valueSetDefinition: z.looseObject({ value: z.array(z.looseObject({ valueName: z.string() })) }).optional(),
    })
    .nullish(),
})
type Metadata = z.output<typeof metadataSchema>
const fieldSchema = z.looseObject({ FullName: z.string(), Metadata: metadataSchema })

const types: Readonly<Record<string, CustomField['type']>> = {
  Text: 'string',
  TextArea: 'textarea',
  LongTextArea: 'textarea',
  Email: 'email',
  Phone: 'phone',
  Url: 'url',
  Number: 'double',
  Currency: 'currency',
  Percent: 'percent',
  Date: 'date',
  DateTime: 'datetime',
  Checkbox: 'boolean',
  Picklist: 'picklist',
  MultiselectPicklist: 'multipicklist',
  Lookup: 'reference',
}
export type Tooling = ReturnType<typeof openTooling>

/** The part of the Tooling API that makes fields. A new field is seen by nobody until a permission set shows it. */
export function openTooling(schema: Schema, store: Store, access: Access) {
  function refuseNonAdmin(): void {
    if (access.administrator) return
    throw refusal(403, 'INSUFFICIENT_ACCESS', 'You do not have sufficient access to perform this operation')
  }

  /** Puts a field into the org, and the row that the Tooling API shows of it. */
  function add(object: string, field: CustomField): string {
    const added = schema.addField(object, field)
    const { name, custom } = schema.object(object)
    store.addColumn(name, added.name, added.type === 'boolean' ? false : null)
    const entity = custom ? entityId(name) : name
    const row = store.insert(
      'CustomField',
      {
        DeveloperName: added.name.replace(/__c$/, ''),
        TableEnumOrId: entity,
        EntityDefinitionId: entity,
        FullName: `${name}.${added.name}`,
        ManageableState: 'unmanaged',
      },
      access.user,
    )
    return row.id
  }
  const entityId = (name: string): string => {
    for (const row of store.rows('EntityDefinition')) if (row.fields.QualifiedApiName === name) return row.id
    return name
  }

  return {
    add,
    create(body: Json): SimulatorReply {
      refuseNonAdmin()
      const given = fieldSchema.safeParse(body)
      if (!given.success) {
        const place = given.error.issues[0]?.path.join('.') ?? ''
        throw recordRefusal('REQUIRED_FIELD_MISSING', `Required fields are missing: [${place}]`, [place])
      }
      const { FullName, Metadata: metadata } = given.data
      const [objectName = '', name = ''] = FullName.split('.')
      const object = schema.find(objectName)
      if (object === null || object.kind !== 'data') {
        throw recordRefusal(
          'INVALID_CROSS_REFERENCE_KEY',
          `Entity Enumeration Or ID: bad value for restricted picklist field: ${objectName}`,
          ['TableEnumOrId'],
        )
      }
      if (!/^[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*__c$/.test(name) || name.length > 43) {
        throw recordRefusal(
          'FIELD_INTEGRITY_EXCEPTION',
          `The Field Name can only contain underscores and alphanumeric characters and must end in __c: ${name}`,
          ['DeveloperName'],
        )
      }
      if (object.fields.has(name.toLowerCase())) {
        throw recordRefusal('DUPLICATE_DEVELOPER_NAME', `There is already a field named ${name} on ${object.label}.`, [
          'DeveloperName',
        ])
      }
      const id = add(object.name, customFieldOf(name, metadata))
      access.guard(object.name, name)
      return { status: 201, body: { id, success: true, errors: [], warnings: [], infos: [] } }
    },
  }
}

/** @throws Refusal when something is missing that the type wants */
function customFieldOf(name: string, metadata: Metadata): CustomField {
  const type = types[metadata.type]
  const refuse = (message: string) => recordRefusal('FIELD_INTEGRITY_EXCEPTION', message, ['Metadata'])
  if (type === undefined) throw refuse(`Unknown type ${metadata.type} for the custom field ${name}`)
  const { label, length, precision, scale, visibleLines, valueSet, referenceTo, formula } = metadata
  if (label === undefined || label === '') throw refuse(`Required field is missing: label`)
  const wants = (present: boolean, what: string) => {
    if (!present) throw refuse(`Must specify '${what}' for a CustomField of type ${metadata.type}`)
  }
  if (formula === undefined) {
    if (type === 'string') wants(length !== undefined && length >= 1 && length <= 255, 'length')
    if (metadata.type === 'LongTextArea')
      wants(length !== undefined && length >= 256 && visibleLines !== undefined, 'length')
    if (type === 'double' || type === 'currency' || type === 'percent') {
      wants(precision !== undefined && scale !== undefined && precision <= 18 && scale <= precision, 'precision')
    }
    if (type === 'boolean') wants(metadata.defaultValue !== undefined && metadata.defaultValue !== null, 'defaultValue')
    if (type === 'picklist' || type === 'multipicklist') wants(valueSet?.valueSetDefinition !== undefined, 'valueSet')
    if (type === 'reference') wants(referenceTo !== undefined, 'referenceTo')
  }
  return {
    name,
    label,
    type,
    ...(length === undefined ? {} : { length }),
    ...(precision === undefined ? {} : { precision }),
    ...(scale === undefined ? {} : { scale }),
    ...(referenceTo === undefined ? {} : { target: referenceTo }),
    values: (valueSet?.valueSetDefinition?.value ?? []).map((value) => value.valueName),
    restricted: valueSet?.restricted === true,
    externalId: metadata.externalId === true,
    unique: metadata.unique === true,
    required: metadata.required === true,
    calculated: formula !== undefined,
  }
}
