import type { CompiledMapping } from '../../../mapping/compile/compile.ts'
import type { Kind } from '../../bring/kind.ts'
import { belowKind } from './kinds.ts'

/*
 * Addresses and contacts of deals: records of the target below the customer. They belong to the order, so that two orders of
 * one customer may go to two places, and the customer itself stays as it is.
 */

/** What a deal may have below its customer, by the name that `link` gives it, and the mapping that makes it. */
export const belowRoles = { shipTo: 'address', billTo: 'address', contact: 'contact' } as const
export type BelowName = keyof typeof belowRoles
export const belowNames = Object.keys(belowRoles) as readonly BelowName[]

/** By name: ids, or what stands for them; null where the deal has no such thing. */
export type Ids<T = string> = Readonly<Record<BelowName, T | null>>

/** One that the order mapping links to. */
export interface BelowPart {
  readonly name: BelowName
  readonly mapping: CompiledMapping
  readonly kind: Kind
}

/** @param mappingOf  of a role; null where the system has none */
export function belowParts(
  sync: string,
  order: CompiledMapping,
  mappingOf: (role: string) => CompiledMapping | null,
): readonly BelowPart[] {
  const linked = new Set(Object.values(order.fieldLinks).flat())
  return belowNames.flatMap((name): BelowPart[] => {
    const role = belowRoles[name]
    const mapping = linked.has(name) ? mappingOf(role) : null
    return mapping === null ? [] : [{ name, mapping, kind: belowKind(sync, role, mapping) }]
  })
}

/** Paths of the deal that these need. */
export const belowReads = (parts: readonly BelowPart[]): readonly string[] =>
  parts.flatMap(({ name, mapping }) => [
    ...mapping.documentReads.filter((path) => path !== 'use' && path !== 'id').map((path) => `${name}.${path}`),
    ...(name === 'contact' ? ['contact.id', 'contact.name', 'customer.person'] : []),
  ])
