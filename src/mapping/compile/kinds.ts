import type { Kind } from './shape.ts'

const scalars: readonly Kind[] = ['text', 'number', 'integer', 'boolean', 'date', 'instant']
// What can never become what, whatever the value. Text may hold a number, a date or an id, so it is not judged here.
const impossible: Readonly<Record<Kind, readonly Kind[]>> = {
  any: [],
  text: ['list', 'object'],
  reference: ['list', 'boolean', 'date', 'instant'],
  number: ['boolean', 'date', 'instant', 'list', 'object'],
  integer: ['boolean', 'date', 'instant', 'list', 'object'],
  boolean: ['number', 'integer', 'date', 'instant', 'list', 'object'],
  date: ['number', 'integer', 'boolean', 'instant', 'list', 'object'],
  instant: ['boolean', 'date', 'list', 'object'],
  list: [...scalars, 'object'],
  object: [...scalars, 'list'],
}

/** Whether a value of one kind can never be taken where another is wanted. */
export const clashes = (given: Kind, wanted: Kind): boolean => impossible[wanted].includes(given)

/** What to put between the two kinds. */
export function bridgeOf(given: Kind, wanted: Kind): string | undefined {
  if (given === 'instant' && wanted === 'date') return 'Add `with: [to_date]`.'
  if (given === 'date' && wanted === 'instant') return 'Add `with: [to_instant]`.'
  if (given === 'list' && scalars.includes(wanted)) return 'Name one entry (`list.0.name`), or add `with: [join]`.'
  if (given === 'object' || given === 'list') return 'Name one of the fields inside.'
  return undefined
}
