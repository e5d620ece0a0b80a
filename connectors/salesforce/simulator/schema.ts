import { choices, defaultStages, objectDefinitions, restricted, type SimulatedStage } from './objects.ts'

export type FieldType =
  | 'id'
  | 'string'
  | 'textarea'
  | 'picklist'
  | 'multipicklist'
  | 'boolean'
  | 'currency'
  | 'double'
  | 'percent'
  | 'int'
  | 'date'
  | 'datetime'
  | 'reference'
  | 'email'
  | 'phone'
  | 'url'
  | 'address'

export interface SimulatedField {
  readonly name: string
  readonly label: string
  readonly type: FieldType
  /** Of text, in characters. */
  readonly length: number
  readonly precision: number
  readonly scale: number
  readonly nillable: boolean
  readonly createable: boolean
  readonly updateable: boolean
  readonly calculated: boolean
  readonly custom: boolean
  readonly unique: boolean
  readonly externalId: boolean
  readonly filterable: boolean
  readonly picklist: readonly { readonly value: string; readonly label: string; readonly active: boolean }[]
  readonly restricted: boolean
  /** The object that a reference leads to. */
  readonly target: string | null
  readonly relationship: string | null
  /** Name of the list at the other end of a reference. */
  readonly list: string | null
  /** Deleted with the record that it leads to. */
  readonly cascade: boolean
  readonly indexed: boolean
  /** Relationship and field that this one follows. */
  readonly follows: readonly [string, string] | null
}

export interface SimulatedObject {
  readonly name: string
  readonly label: string
  readonly plural: string
  readonly prefix: string
  readonly kind: 'data' | 'setup' | 'tooling'
  readonly custom: boolean
  /** By name in lower case: Salesforce does not mind the case. */
  readonly fields: Map<string, SimulatedField>
}
export interface ChildList {
  readonly name: string
  readonly object: string
  readonly field: string
}

/** A field that an admin has made. */
export interface CustomField {
  /** Ends in `__c`. */
  readonly name: string
  readonly label?: string
  /** `string` when not given. */
  readonly type?: Exclude<FieldType, 'id' | 'address'>
  /** Of text; 255 when not given. */
  readonly length?: number
  /** Of numbers; 18 and 2 when not given. */
  readonly precision?: number
  readonly scale?: number
  readonly values?: readonly string[]
  /** A picklist that takes only its own values. */
  readonly restricted?: boolean
  readonly externalId?: boolean
  readonly unique?: boolean
  /** A formula: nobody sets it. */
  readonly calculated?: boolean
  readonly required?: boolean
  /** The object that a reference leads to. */
  readonly target?: string
}

interface SchemaOptions {
  /** Corporate first; empty in an org with one currency. */
  readonly currencies: readonly string[]
  readonly personAccounts: boolean
  readonly stages?: readonly SimulatedStage[]
}
export type Schema = ReturnType<typeof openSchema>

const textTypes: ReadonlySet<FieldType> = new Set([
  'string',
  'textarea',
  'picklist',
  'multipicklist',
  'email',
  'phone',
  'url',
])
const numberTypes: ReadonlySet<FieldType> = new Set(['currency', 'double', 'percent', 'int'])
export const isText = (type: FieldType): boolean => textTypes.has(type)
export const isNumber = (type: FieldType): boolean => numberTypes.has(type)

const system =
  'CreatedDate:datetime* CreatedById:reference(User)* LastModifiedDate:datetime* LastModifiedById:reference(User)* ' +
  'SystemModstamp:datetime*'

/** The objects and fields of one org; admins add fields while it runs. */
export function openSchema({ currencies, personAccounts, stages = defaultStages }: SchemaOptions) {
  const objects = new Map<string, SimulatedObject>()
  const lists = new Map<string, ChildList[]>()
  let version = 1

  const values: Readonly<Record<string, SimulatedField['picklist']>> = {
    ...Object.fromEntries(Object.entries(choices).map(([name, list]) => [name, picklistOf(list)])),
    currencies: picklistOf(currencies),
    stages: stages.map(({ name, label = name, active = true }) => ({ value: name, label, active })),
  }

  for (const [name, { fields, ...rest }] of Object.entries(objectDefinitions)) {
    if (name === 'CurrencyType' && currencies.length === 0) continue
    const object: SimulatedObject = { name, ...rest, custom: name.endsWith('__c'), fields: new Map() }
    objects.set(name.toLowerCase(), object)
    const own = rest.kind === 'data' ? `IsDeleted:boolean* ${system}` : system
    for (const word of `Id:id* ${fields} ${own}`.split(/\s+/)) {
      if (word.startsWith('$') && currencies.length === 0) continue
      if (word.startsWith('@') && !personAccounts) continue
      add(object, fieldOf(word.replace(/^[$@]/, ''), values))
    }
  }

  function add(object: SimulatedObject, field: SimulatedField): void {
    object.fields.set(field.name.toLowerCase(), field)
    if (field.target !== null && field.list !== null) {
      const list = { name: field.list, object: object.name, field: field.name }
      lists.set(field.target, [...(lists.get(field.target) ?? []), list])
    }
  }
  const object = (name: string): SimulatedObject => {
    const found = objects.get(name.toLowerCase())
    if (found === undefined) throw new Error(`the simulated org has no object "${name}"`)
    return found
  }

  return {
    stages,
    currencies,
    personAccounts,
    objects: (): Iterable<SimulatedObject> => objects.values(),
    find: (name: string): SimulatedObject | null => objects.get(name.toLowerCase()) ?? null,
    object,
    field: (objectName: string, name: string): SimulatedField | null =>
      object(objectName).fields.get(name.toLowerCase()) ?? null,
    /** Lists of other records that lead here. */
    lists: (name: string): readonly ChildList[] => lists.get(name) ?? [],
    /** Grows with every field that is added. */
    version: () => version,
    addField(objectName: string, given: CustomField): SimulatedField {
      const to = object(objectName)
      if (to.fields.has(given.name.toLowerCase())) throw new Error(`${objectName} has a field ${given.name} already`)
      const field = customField(given)
      add(to, field)
      version += 1
      return field
    },
  }
}

const picklistOf = (list: readonly string[]) => list.map((value) => ({ value, label: value, active: true }))

function fieldOf(word: string, values: Readonly<Record<string, SimulatedField['picklist']>>): SimulatedField {
  const match = /^(\w+):(\w+)(?:\(([^)]*)\))?([!*+~^&#]*)(?:=(\w+)\.(\w+))?$/.exec(word)
  if (match === null) throw new Error(`not a field: ${word}`)
  const [, name = '', type = '', argument = '', marks = '', relationship, follows = ''] = match
  const has = (mark: string) => marks.includes(mark)
  const [target, list] = type === 'reference' ? argument.split('.') : []
  const numbers = argument.split(',').map(Number)
  return {
    name,
    label: labelOf(name, type as FieldType),
    type: type as FieldType,
    length: type === 'id' || type === 'reference' ? 18 : isText(type as FieldType) ? Number(argument) || 255 : 0,
    precision: isNumber(type as FieldType) ? (numbers[0] ?? 18) : 0,
    scale: isNumber(type as FieldType) ? (numbers[1] ?? 0) : 0,
    nillable: !has('!') && type !== 'boolean' && type !== 'id',
    createable: !has('*'),
    updateable: !has('*') && !has('+'),
    calculated: relationship !== undefined,
    custom: name.endsWith('__c'),
    unique: has('#'),
    externalId: has('#'),
    filterable: !has('~'),
    picklist: type === 'picklist' ? (values[argument] ?? []) : [],
    restricted: type === 'picklist' && (restricted.has(argument) || argument === 'stages'),
    target: target ?? null,
    relationship: target === undefined ? null : relationshipOf(name),
    list: list ?? null,
    cascade: has('^'),
    indexed: has('&') || has('#') || list !== undefined,
    follows: relationship === undefined ? null : [relationship, follows],
  }
}

function customField(given: CustomField): SimulatedField {
  const { name, type = 'string', externalId = false, calculated = false, target } = given
  return {
    name,
    label: given.label ?? name.replace(/__c$/, '').replaceAll('_', ' '),
    type,
    length: type === 'reference' ? 18 : isText(type) ? (given.length ?? 255) : 0,
    precision: isNumber(type) ? (given.precision ?? 18) : 0,
    scale: isNumber(type) ? (given.scale ?? 2) : 0,
    nillable: given.required !== true && type !== 'boolean',
    createable: !calculated,
    updateable: !calculated,
    calculated,
    custom: true,
    unique: given.unique ?? externalId,
    externalId,
    filterable: !(type === 'textarea' && (given.length ?? 255) > 255),
    picklist: picklistOf(given.values ?? []),
    restricted: given.restricted ?? false,
    target: target ?? null,
    relationship: target === undefined ? null : relationshipOf(name),
    list: null,
    cascade: false,
    indexed: externalId || given.unique === true,
    follows: null,
  }
}

const relationshipOf = (name: string): string =>
  name.endsWith('__c') ? name.replace(/__c$/, '__r') : name.replace(/Id$/, '')

/** Those that do not follow from the name. */
const labels: Readonly<Record<string, string>> = {
  StageName: 'Stage',
  IsWon: 'Won',
  IsClosed: 'Closed',
  IsDeleted: 'Deleted',
  IsActive: 'Active',
  CurrencyIsoCode: 'Currency ISO Code',
  StockKeepingUnit: 'Product SKU',
}

/** `CloseDate` is shown as `Close Date`, `AccountId` as `Account ID`. */
function labelOf(name: string, type: FieldType): string {
  const known = labels[name]
  if (known !== undefined) return known
  const words = name
    .replace(/__c$/, '')
    .replaceAll('_', ' ')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
  return type === 'reference' || type === 'id' ? words.replace(/ Id$/, ' ID') : words
}
