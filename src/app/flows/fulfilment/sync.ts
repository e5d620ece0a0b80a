import type { CompiledMapping } from '../../../mapping/compile/compile.ts'
import type { Endpoint } from '../../bench/endpoint.ts'
import type { ReportSync } from './config.ts'

/** A `fulfilment → deal` sync. Its inbox holds ids of the CRM's records. */
export interface FulfilmentSync {
  readonly document: 'fulfilment'
  readonly name: string
  readonly config: ReportSync
  /** The ERP. */
  readonly source: Endpoint
  /** The CRM. */
  readonly target: Endpoint
  /** Order of the ERP → Fulfilment, as far as the report and the stage need it. */
  readonly fulfilment: CompiledMapping
  /** Fulfilment → the CRM's record. */
  readonly report: CompiledMapping
  /** What to read of an order, for both mappings. */
  readonly reads: readonly string[]
  readonly digest: string
  /** The `deal → order` sync whose orders are reported. */
  readonly of: string
}
