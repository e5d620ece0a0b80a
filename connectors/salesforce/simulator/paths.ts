import type { Access, View } from './access.ts'
import { noSuchType } from './errors.ts'
import type { SimulatedField } from './schema.ts'
import { soqlRefusal } from './soql.ts'
import type { Row, Store } from './store.ts'
import { type Reader, readerOf } from './values.ts'

/** Everything that a query is understood in. */
export interface QueryContext {
  /** The whole statement, for the place of an error. */
  readonly text: string
  readonly access: Access
  readonly store: Store
  readonly now: number
  readonly timeZone: string
  readonly tooling: boolean
  /** Whether the Recycle Bin is looked into. */
  readonly all: boolean
}

/** A field, and the lookups that lead to it. */
export interface Path {
  /** Names as the org has them, whatever the case they were asked in. */
  readonly names: readonly string[]
  readonly views: readonly View[]
  readonly field: SimulatedField
  read: Reader
  /** The record whose field it is; null where a lookup on the way is empty. */
  rowOf(row: Row): Row | null
}

const hopsMax = 5

export function viewOf({ access, tooling }: QueryContext, name: string): View {
  const view = access.view(name, tooling)
  if (view === null) throw noSuchType(name)
  return view
}

/** @throws Refusal INVALID_FIELD for a name that the running user knows nothing of */
export function pathOf(context: QueryContext, view: View, words: string, alias: string | undefined): Path {
  const parts = words.split('.')
  const [first = ''] = parts
  const own = [alias, view.object.name].some((name) => name?.toLowerCase() === first.toLowerCase())
  if (parts.length > 1 && own && relationshipOf(view, first) === null) parts.shift()
  const name = parts.pop() ?? ''
  const names: string[] = []
  const views = [view]
  const lookups: string[] = []
  let at = view
  for (const part of parts) {
    const field = relationshipOf(at, part)
    const next = field === null ? null : context.access.view(field.target ?? '', context.tooling)
    if (field === null || next === null || lookups.length === hopsMax) {
      throw soqlRefusal(
        'INVALID_FIELD',
        context.text,
        words,
        `Didn't understand relationship '${part}' in field path. If you are attempting to use a custom relationship, be ` +
          "sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call " +
          'for the appropriate names.',
      )
    }
    names.push(field.relationship ?? part)
    lookups.push(field.name)
    views.push(next)
    at = next
  }
  const field = at.field(name)
  if (field === null) throw noColumn(context, at, words, name)
  const { store } = context
  const rowOf = (row: Row): Row | null => {
    let current: Row | null = row
    for (const lookup of lookups) {
      const id: unknown = current?.fields[lookup]
      current = typeof id === 'string' ? store.any(id) : null
    }
    return current
  }
  const ownReader = readerOf(store, at.object, field)
  const read: Reader =
    lookups.length === 0
      ? ownReader
      : (row) => {
          const end = rowOf(row)
          return end === null ? null : ownReader(end)
        }
  return { names: [...names, field.name], views, field, read, rowOf }
}

const relationshipOf = (view: View, name: string): SimulatedField | null =>
  view.fields().find((field) => field.relationship?.toLowerCase() === name.toLowerCase()) ?? null

const noColumn = ({ text }: QueryContext, view: View, words: string, name: string) =>
  soqlRefusal(
    'INVALID_FIELD',
    text,
    words,
    `No such column '${name}' on entity '${view.object.name}'. If you are attempting to use a custom field, be sure to ` +
      "append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate " +
      'names.',
  )
