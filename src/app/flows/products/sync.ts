import type { CompiledMapping } from '../../../mapping/compile/compile.ts'
import type { Kind } from '../../bring/kind.ts'
import type { Opening } from '../flow.ts'
import type { ProductSyncConfig } from './config.ts'

/** A `product → CRM catalogue` sync with its mappings. */
export interface ProductSync extends Opening {
  readonly config: ProductSyncConfig
  /** Record of the ERP → Product. */
  readonly product: CompiledMapping
  /** Product → record of the CRM's catalogue. */
  readonly catalogue: CompiledMapping
  readonly reads: readonly string[]
  readonly products: Kind
}
