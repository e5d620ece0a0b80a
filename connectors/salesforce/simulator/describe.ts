import type { Json, JsonObject } from '../../../src/core/json.ts'
import type { View } from './access.ts'
import { isNumber, isText, type Schema, type SimulatedField, type SimulatedObject } from './schema.ts'

/** One field as `describe` tells of it. */
function describeField(view: View, field: SimulatedField): JsonObject {
  const { name, type, length, nillable, calculated, custom, unique, externalId, filterable, restricted, target } = field
  const edits = view.mayEdit(field)
  const isName = name === 'Name'
  return {
    aggregatable: filterable && type !== 'boolean',
    autoNumber: false,
    byteLength: length * 3,
    calculated,
    cascadeDelete: field.cascade,
    caseSensitive: false,
    compoundFieldName: compoundOf(view.object, name),
    createable: field.createable && edits,
    custom,
    defaultValue: type === 'boolean' ? false : null,
    defaultedOnCreate: type === 'boolean' || defaulted.has(name),
    digits: type === 'int' ? field.precision : 0,
    externalId,
    filterable,
    groupable: filterable && type !== 'datetime' && !isNumber(type),
    htmlFormatted: false,
    idLookup: name === 'Id' || externalId || type === 'email',
    label: field.label,
    length,
    name,
    nameField: isName,
    nillable: nillable && !defaulted.has(name),
    permissionable: nillable,
    picklistValues: field.picklist.map(({ value, label, active }) => ({
      active,
      defaultValue: false,
      label,
      validFor: null,
      value,
    })),
    precision: field.precision,
    referenceTo: target === null ? [] : [target],
    relationshipName: field.relationship,
    restrictedPicklist: restricted,
    scale: field.scale,
    soapType: soapTypeOf(field),
    sortable: filterable && type !== 'address',
    type,
    unique,
    updateable: field.updateable && edits,
  }
}

/** Fields that Salesforce fills when nobody does. */
const defaulted: ReadonlySet<string> = new Set([
  'Id',
  'OwnerId',
  'CurrencyIsoCode',
  'CreatedDate',
  'CreatedById',
  'LastModifiedDate',
  'LastModifiedById',
  'SystemModstamp',
  'IsDeleted',
  'ForecastCategoryName',
])

function compoundOf(object: SimulatedObject, name: string): Json {
  const part = /^(\w+?)(Street|City|State|PostalCode|Country)$/.exec(name)
  const compound = part === null ? '' : `${part[1]}Address`
  return object.fields.has(compound.toLowerCase()) ? compound : null
}

function soapTypeOf({ type }: SimulatedField): string {
  if (isText(type)) return 'xsd:string'
  const types: Readonly<Record<string, string>> = {
    id: 'tns:ID',
    reference: 'tns:ID',
    boolean: 'xsd:boolean',
    int: 'xsd:int',
    date: 'xsd:date',
    datetime: 'xsd:dateTime',
    address: 'urn:address',
  }
  return types[type] ?? 'xsd:double'
}

/** An object in the list of all. */
export function objectOverview({ object, writable }: View, base: string): JsonObject {
  const { name, label, plural, prefix, custom, kind } = object
  return {
    activateable: false,
    createable: writable,
    custom,
    customSetting: false,
    deletable: writable,
    keyPrefix: prefix,
    label,
    labelPlural: plural,
    name,
    queryable: true,
    replicateable: kind === 'data',
    retrieveable: true,
    searchable: kind === 'data',
    triggerable: kind === 'data',
    undeletable: kind === 'data',
    updateable: writable,
    urls: {
      sobject: `${base}/sobjects/${name}`,
      describe: `${base}/sobjects/${name}/describe`,
      rowTemplate: `${base}/sobjects/${name}/{ID}`,
    },
  }
}

/** An object in full. @param sees  whether the user sees another object */
export function describeObject(view: View, schema: Schema, base: string, sees: (name: string) => boolean): JsonObject {
  const { name } = view.object
  return {
    ...objectOverview(view, base),
    childRelationships: schema
      .lists(name)
      .filter((list) => sees(list.object))
      .map((list) => ({
        cascadeDelete: schema.field(list.object, list.field)?.cascade === true,
        childSObject: list.object,
        deprecatedAndHidden: false,
        field: list.field,
        relationshipName: list.name,
        restrictedDelete: false,
      })),
    fields: view.fields().map((field) => describeField(view, field)),
    recordTypeInfos: [
      {
        active: true,
        available: true,
        defaultRecordTypeMapping: true,
        developerName: 'Master',
        master: true,
        name: 'Master',
        recordTypeId: '012000000000000AAA',
      },
    ],
  }
}
