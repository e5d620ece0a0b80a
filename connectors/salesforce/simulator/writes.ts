import type { Json, JsonObject } from '../../../src/core/json.ts'
import type { Access, View } from './access.ts'
import { entityIsDeleted, noSuchColumn, noSuchType, type Refusal, recordRefusal, refusal } from './errors.ts'
import { fullId } from './ids.ts'
import type { Records } from './records.ts'
import type { SimulatedField } from './schema.ts'
import type { Row, Store, Value, Values } from './store.ts'
import { parseValue } from './values.ts'

/** One record of a request, read and ready to be written; what is wrong with it alone waits until then. */
export interface Draft {
  readonly view: View
  readonly values: Values
  /** Fields named that may not be set, when the record is made and when it is changed. */
  readonly refused: { readonly create: readonly string[]; readonly update: readonly string[] }
}
export type Writes = ReturnType<typeof openWrites>

/** Writing as the running user: by field-level security first, then by the rules that hold for everybody. */
export function openWrites(store: Store, records: Records, access: Access) {
  const hand = { user: access.user }

  function viewOf(name: string): View {
    const view = access.view(name)
    if (view === null) throw noSuchType(name)
    return view
  }

  /** @throws Refusal of the whole request for a name or a JSON type that the object does not have */
  function draft(view: View, json: JsonObject, passed: readonly string[] = []): Draft {
    const values: Record<string, Value> = {}
    const refused: { create: string[]; update: string[] } = { create: [], update: [] }
    for (const [name, given] of Object.entries(json)) {
      if (name === 'attributes' || passed.includes(name.toLowerCase())) continue
      const field = view.field(name)
      if (field === null) throw noSuchColumn(view.object.name, name)
      if (field.name === 'Id') {
        throw refusal(400, 'INVALID_FIELD', 'The Id field should not be specified in the sobject data.')
      }
      values[field.name] = parseValue(field, given)
      const edits = view.mayEdit(field)
      if (!edits || !field.createable) refused.create.push(field.name)
      if (!edits || !field.updateable) refused.update.push(field.name)
    }
    return { view, values, refused }
  }

  function create({ view, values, refused }: Draft): Row {
    if (!view.writable) {
      throw recordRefusal(
        'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
        `entity type cannot be inserted: ${view.object.label}`,
      )
    }
    if (refused.create.length > 0) throw uneditable(refused.create)
    return records.create(view.object.name, values, hand)
  }

  function update(row: Row, { view, values, refused }: Draft): void {
    if (row.fields.IsDeleted === true) throw entityIsDeleted()
    if (!view.writable) {
      throw recordRefusal('INSUFFICIENT_ACCESS_OR_READONLY', 'insufficient access rights on object id')
    }
    if (refused.update.length > 0) throw uneditable(refused.update)
    records.update(row, values, hand)
  }

  /** The record that an id in a list names. @throws Refusal of this record alone */
  function target(view: View, given: Json | undefined): Row {
    if (typeof given !== 'string' || given === '') {
      throw recordRefusal('MISSING_ARGUMENT', 'Id not specified in an update call')
    }
    const id = fullId(given)
    if (id === null || !id.startsWith(view.object.prefix)) {
      throw recordRefusal('MALFORMED_ID', `${view.object.label} ID: id value of incorrect type: ${given}`, ['Id'])
    }
    const row = store.get(view.object.name, id)
    if (row === null) throw recordRefusal('INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id')
    return row
  }

  /** The field that records are recognised by. @throws Refusal when it is none, or not seen */
  function externalField(view: View, name: string): SimulatedField {
    const field = view.field(name)
    if (field === null || !(field.externalId || field.name === 'Id')) {
      throw refusal(404, 'NOT_FOUND', `Provided external ID field does not exist or is not accessible: ${name}`)
    }
    return field
  }
  const matchesOf = (view: View, field: SimulatedField, value: string): readonly Row[] =>
    field.name === 'Id'
      ? [store.get(view.object.name, fullId(value) ?? '')].filter((row) => row !== null)
      : store.having(view.object.name, field.name, value).filter((row) => row.fields.IsDeleted !== true)

  function remove(view: View, row: Row): void {
    if (!view.writable) {
      throw recordRefusal('INSUFFICIENT_ACCESS_OR_READONLY', 'insufficient access rights on object id')
    }
    records.remove(row, hand)
  }

  return { viewOf, draft, create, update, target, externalField, matchesOf, remove }
}

const uneditable = (names: readonly string[]): Refusal =>
  recordRefusal(
    'INVALID_FIELD_FOR_INSERT_UPDATE',
    `Unable to create/update fields: ${names.join(', ')}. Please check the security settings of this field and verify that ` +
      'it is read/write for your profile or permission set.',
    names,
  )
