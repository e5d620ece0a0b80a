import type { CompiledMapping } from '../../../mapping/compile/compile.ts'
import type { Opening } from '../flow.ts'
import type { ReportSync } from './config.ts'

/** A `fulfilment → deal` sync with its mappings. Its inbox names records of the CRM. */
export interface FulfilmentSync extends Opening {
  readonly config: ReportSync
  /** Order of the ERP → Fulfilment, as far as the report and the stage need it. */
  readonly fulfilment: CompiledMapping
  /** Fulfilment → the CRM's record. */
  readonly report: CompiledMapping
  /** What to read of an order, for both mappings. */
  readonly reads: readonly string[]
}

/** Kind of the links that are reported: those of the sync that `of` names. */
export const reportedKind = 'order'
