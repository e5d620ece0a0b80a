import type { CompiledMapping } from '../../../mapping/compile/compile.ts'
import type { Kind } from '../../bring/kind.ts'
import type { Opening } from '../flow.ts'
import type { BelowPart } from './below-parts.ts'
import type { OrderSync } from './config.ts'

/** A `deal → order` sync with its mappings. */
export interface DealSync extends Opening {
  readonly config: OrderSync
  /** CRM record → Deal. */
  readonly deal: CompiledMapping
  /** Deal → order of the ERP. */
  readonly order: CompiledMapping
  readonly customer: CompiledMapping
  /** Addresses and contacts that the order mapping links to. */
  readonly below: readonly BelowPart[]
  /** Order of the ERP → Fulfilment, to see how far an order is. */
  readonly fulfilment: CompiledMapping
  /** What to read of a deal, for all mappings and conditions. */
  readonly reads: readonly string[]
  readonly orders: Kind
  readonly customers: Kind
}
