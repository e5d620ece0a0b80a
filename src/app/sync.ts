import type { CompiledMapping } from '../mapping/compile.ts'
import type { Evaluator } from '../mapping/run.ts'
import type { Clock } from '../ports/clock.ts'
import type { Ledger } from '../ports/ledger.ts'
import type { Log } from '../ports/log.ts'
import type { OrderSync, ReportSync } from './config.ts'
import type { Endpoint } from './endpoint.ts'

/** What every use case needs; made once in main. */
export interface Deps {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly log: Log
  readonly evaluator: Evaluator
  /** Names this process in leases. */
  readonly worker: string
}

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

export type Sync = DealSync | FulfilmentSync

/** A version as the ledger keeps it: what was read by other mappings is to be read again. */
export const versionFor = (sync: Pick<Sync, 'digest'>, version: string): string =>
  `${sync.digest.slice(0, 8)} ${version}`
