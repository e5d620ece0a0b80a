import type { JsonObject } from '../../src/core/json.ts'
import type { Write } from '../../src/ports/connector.ts'

type Update = Pick<Extract<Write, { do: 'update' }>, 'fields' | 'unchanged'>

/**
 * What is sent of a record or a line. Where a system computes the rest anew from one of `causes` (the price from the
 * quantity), what was agreed goes along. The `product` of a line does not: sent again, it would count as another one and
 * take back the description that somebody typed in.
 */
export function withWhatGoesAlong(
  { fields, unchanged = {} }: Update,
  { causes, product }: { readonly causes: readonly string[]; readonly product?: string },
): JsonObject {
  if (!causes.some((name) => Object.hasOwn(fields, name))) return fields
  const along = Object.entries(unchanged).filter(([name, value]) => name !== product && value !== null)
  return { ...Object.fromEntries(along), ...fields }
}
