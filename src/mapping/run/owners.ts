import { parseDecimal } from '../../core/decimal.ts'
import { canonicalJson, type Json, type JsonObject } from '../../core/json.ts'
import type { Instant } from '../../core/time.ts'
import type { Owner } from '../compile/rule-context.ts'
import { coerce } from './value.ts'

/** One record of a flow that goes both ways, as the mapping towards one of its sides sees it. */
export interface Contest {
  /** What the mapping gives for the record now. */
  readonly wanted: JsonObject
  readonly owners: Readonly<Record<string, Owner>>
  /** What was last written to the record; null when nothing ever was. */
  readonly written: JsonObject | null
  /** What the record holds now, for every field of `wanted`. */
  readonly held: JsonObject
  /** The side that the record is on. */
  readonly side: 'crm' | 'erp'
  /** When each side last changed; null when that is not known, which counts as long ago. */
  readonly changedAt: Readonly<Record<'crm' | 'erp', Instant | null>>
}

/**
 * The fields to write to a record that is there, so that each owner's change counts:
 *
 * - the other side owns the field: what it has is written, over any edit on this side;
 * - this side owns it: it is left alone, but for the first time, when the record has nothing there;
 * - `latest`: a change of one side is taken over; when both changed, the later one counts, and the ERP's when they are
 *   equally late, so that both directions decide alike;
 * - no owner: written when what the mapping gives is not what was last written.
 *
 * What the record holds already is never written.
 */
export function fieldsToWrite({ wanted, owners, written, held, side, changedAt }: Contest): JsonObject {
  const other = side === 'crm' ? 'erp' : 'crm'
  const mayWrite = (name: string, value: Json): boolean => {
    const before = written?.[name]
    const here = held[name] ?? null
    const changedThere = before === undefined || !alike(before, value)
    const owner = Object.hasOwn(owners, name) ? owners[name] : undefined
    switch (owner) {
      case undefined:
        return changedThere
      case 'latest': {
        const changedHere = before === undefined ? !isEmpty(here) : !alike(before, here)
        if (!changedThere || !changedHere) return changedThere
        return laterOf(changedAt) === other
      }
      case 'crm':
      case 'erp':
        return owner === other || (before === undefined && isEmpty(here))
    }
  }
  return Object.fromEntries(
    Object.entries(wanted).filter(([name, value]) => !alike(value, held[name] ?? null) && mayWrite(name, value)),
  )
}

/** Instants are texts of one form, so that they compare as such. */
const laterOf = ({ crm, erp }: Contest['changedAt']): 'crm' | 'erp' => ((crm ?? '') > (erp ?? '') ? 'crm' : 'erp')

const isEmpty = (value: Json): boolean => value === null || value === ''

/** Whether two values are one, as systems write them: an empty text is nothing, a reference its id, 10.50 the number 10.5. */
function alike(a: Json, b: Json): boolean {
  if (isEmpty(a) || isEmpty(b)) return isEmpty(a) && isEmpty(b)
  // Two texts are compared as such: "007" and "7" are two article numbers.
  if (typeof a === 'number' || typeof b === 'number') {
    const number = parseDecimal(a)
    return number !== null && number === parseDecimal(b)
  }
  return canonicalJson(coerce(a, 'reference') ?? a) === canonicalJson(coerce(b, 'reference') ?? b)
}
