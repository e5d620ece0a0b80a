import { randomUUID } from 'node:crypto'
import type { Json, JsonObject } from '../../../src/core/json.ts'
import type { Access } from './access.ts'
import type { Happening } from './store.ts'
import { jsonOf } from './values.ts'

interface ChangeEvent {
  readonly channel: string
  readonly payload: JsonObject
}

/** Change events of one transaction. Records of one object that changed in the same way share an event. */
export function changeEventsOf(
  happenings: readonly Happening[],
  { access, entities }: { readonly access: Access; readonly entities: ReadonlySet<string> },
): readonly ChangeEvent[] {
  const transactionKey = randomUUID()
  const groups = new Map<
    string,
    { readonly ids: string[]; readonly happening: Happening; readonly values: JsonObject }
  >()
  for (const happening of happenings) {
    const { row, kind } = happening
    if (!entities.has(row.object)) continue
    const values = valuesOf(happening, access)
    const key = `${row.object} ${kind} ${JSON.stringify(values)}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { ids: [row.id], happening, values })
    else if (!group.ids.includes(row.id)) group.ids.push(row.id)
  }
  return [...groups.values()].map(({ ids, happening, values }, place) => {
    const { row, kind, by, at } = happening
    return {
      channel: `/data/${row.object.replace(/__c$/, '__')}ChangeEvent`,
      payload: {
        ...values,
        ChangeEventHeader: {
          commitNumber: at * 1000 + place,
          commitUser: by,
          sequenceNumber: place + 1,
          entityName: row.object,
          changeType: kind,
          changedFields: kind === 'UPDATE' ? Object.keys(values) : [],
          changeOrigin: by === access.user ? 'com/salesforce/api/rest/67.0' : '',
          transactionKey,
          commitTimestamp: at,
          recordIds: ids,
          nulledFields: [],
          diffFields: [],
        },
      },
    }
  })
}

/** Of a new record all that has a value, of a changed one what is another now. */
function valuesOf({ row, kind, changed }: Happening, access: Access): JsonObject {
  const view = access.view(row.object)
  if (view === null || kind === 'DELETE') return {}
  const names = kind === 'UPDATE' ? new Set([...changed, 'LastModifiedDate']) : null
  const values: Record<string, Json> = {}
  for (const field of view.fields()) {
    if (names !== null ? !names.has(field.name) : (row.fields[field.name] ?? null) === null) continue
    if (field.type !== 'address') values[field.name] = jsonOf(field, row, row.fields[field.name] ?? null)
  }
  return values
}
