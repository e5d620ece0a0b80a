import type { CompiledMapping } from '../../../mapping/compile/compile.ts'
import type { Endpoint } from '../../bench/endpoint.ts'
import type { OrderSync } from './config.ts'

/** A `deal → order` sync, ready to run. */
export interface DealSync {
  readonly document: 'deal'
  readonly name: string
  readonly config: OrderSync
  readonly source: Endpoint
  readonly target: Endpoint
  /** CRM record → Deal. */
  readonly deal: CompiledMapping
  /** Deal → order of the ERP. */
  readonly order: CompiledMapping
  readonly customer: CompiledMapping
  /** Order of the ERP → Fulfilment, to see how far an order is. */
  readonly fulfilment: CompiledMapping
  /** What to read of a deal, for all three mappings. */
  readonly reads: readonly string[]
  /** Digest of the mappings' text. */
  readonly digest: string
  /** The sync that writes back, null when none is configured. */
  readonly reportSync: string | null
}
