import { assertNever } from './json.ts'
import { shortened, soundText } from './text.ts'

/** Which customer of the ERP a person may choose for one of the CRM. */
interface CustomerChoice {
  /** Id in the CRM, as linking takes it. */
  readonly customer: string
  /** Those that match, the first of them. */
  readonly candidates: readonly { readonly id: string; readonly label: string; readonly archived: boolean }[]
  /** They belong to another customer of the CRM, from which linking one takes it. */
  readonly isTaken: boolean
}

/**
 * Everything that can go wrong with the outside world or with what it holds. A new kind does not compile until
 * `verdictOf` handles it. `docs/reference/problems.md` is made from `problemTitles`.
 */
export type Problem =
  /** Not reached, or reached and refused before anything was done: safe to send again. */
  | { kind: 'unavailable' }
  /** The request may have been carried out. Only looking tells. */
  | { kind: 'outcome_unknown' }
  /** A lock or a lost race in the other system: nothing was done, retried soon. */
  | { kind: 'busy' }
  /** Where they are known: the connection that has to wait, and the lane whose share of its quota is used up. */
  | { kind: 'rate_limited'; retryAfterMs: number; connection?: string; lane?: string }
  | { kind: 'auth_rejected' }
  | { kind: 'permission_missing'; missing: readonly string[] }
  /** The configuration names what is not there: a field that is gone, a mapping that does not compile. */
  | { kind: 'configuration_invalid'; path: string }
  /** `entry`: what a table lacks, where that is the reason. */
  | { kind: 'mapping_failed'; rule: string; path: string; entry?: { table: string; key: string } }
  | { kind: 'lookup_failed'; object: string; value: string; hits: number }
  /** Won, but perhaps before the sync began. Only a person can tell. */
  | { kind: 'won_date_unclear' }
  | { kind: 'customer_ambiguous'; value: string; hits: number; choice?: CustomerChoice }
  | { kind: 'customer_missing'; value: string; choice?: CustomerChoice }
  | { kind: 'record_rejected'; field: string | null; remoteCode: string }
  | { kind: 'record_gone'; object: string; id: string }
  | {
      kind: 'totals_differ'
      field: 'net' | 'tax' | 'total' | 'currency' | 'quantity'
      expected: string
      actual: string
      /** All that differ, of which the fields above tell the first. */
      differences: readonly Disagreement[]
    }
  /** Somebody changed the order in the ERP after it was written. */
  | { kind: 'order_drifted'; differences: readonly Disagreement[] }
  | { kind: 'amendment_refused'; orderState: string }
  | { kind: 'unwon_refused'; orderState: string }
  | { kind: 'guard_tripped'; allowed: number; wanted: number }
  /** The ERP has orders of ours that the ledger does not know: a backup was restored, or somebody else works on both accounts. */
  | { kind: 'ledger_behind'; orders: number }
  /** The other system answered something that its documentation does not allow. */
  | { kind: 'bad_reply' }

export type ProblemKind = Problem['kind']

/** One thing in which an order is not what its deal says. A person may accept just this: these two values. */
export interface Disagreement {
  /** Names it within the order: `net`, or a line's key with a field of it. */
  readonly place: string
  /** For people: `Chair 4 → 7`. */
  readonly text: string
  /** What the deal makes of it; null where it has no such line. */
  readonly expected: string | null
  /** What the order holds; null where it has no such line. */
  readonly actual: string | null
}

export type Verdict =
  | { do: 'retry'; afterMs: number | null }
  | { do: 'look_before_retry' }
  | { do: 'pause_connection' }
  | { do: 'hold_sync' }
  | { do: 'park_record' }

/** What follows from a problem, from its kind alone. */
export function verdictOf(problem: Problem): Verdict {
  switch (problem.kind) {
    case 'rate_limited':
      return { do: 'retry', afterMs: problem.retryAfterMs }
    case 'unavailable':
    case 'busy':
      return { do: 'retry', afterMs: null }
    // The remote may have saved the record. A blind retry would create it twice.
    case 'outcome_unknown':
    case 'bad_reply':
      return { do: 'look_before_retry' }
    case 'auth_rejected':
    case 'permission_missing':
      return { do: 'pause_connection' }
    case 'configuration_invalid':
    case 'guard_tripped':
      return { do: 'hold_sync' }
    case 'mapping_failed':
    case 'lookup_failed':
    case 'won_date_unclear':
    case 'customer_ambiguous':
    case 'customer_missing':
    case 'record_rejected':
    case 'record_gone':
    case 'totals_differ':
    case 'order_drifted':
    case 'amendment_refused':
    case 'unwon_refused':
    case 'ledger_behind':
      return { do: 'park_record' }
    default:
      return assertNever(problem)
  }
}

/** One failure in full: what happened (`message`), its kind, and what a person can do about it (`fix`). */
export interface Failure {
  readonly problem: Problem
  /** A sentence that names the record, the value and the other system's own words; no secrets. */
  readonly message: string
  readonly fix: string
  /** The field that failed, in the mapping's or the other system's words. */
  readonly field?: string
}

export interface RecordReference {
  readonly system: string
  readonly object: string
  readonly id: string
}

/** A whole call that failed. The failure of one record among others is a value (`Failure`), not an error. */
export class SyncError extends Error {
  readonly problem: Problem
  readonly fix: string
  readonly record: RecordReference | null
  constructor(message: string, options: { problem: Problem; fix: string; record?: RecordReference; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'SyncError'
    this.problem = options.problem
    this.fix = options.fix
    this.record = options.record ?? null
  }
}

export const failureOf = (error: SyncError): Failure => ({
  problem: error.problem,
  message: error.message,
  fix: error.fix,
})

/** No message that people read is longer; a list of everything in which a large order differs may come near it. */
const messageMax = 10_000

/** The failure as it is stored and shown: a mapping may make a message of whatever a record holds. */
export const bounded = (failure: Failure): Failure => ({
  ...failure,
  message: shortened(soundText(failure.message), messageMax),
  fix: shortened(soundText(failure.fix), messageMax),
})

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure }

/** The title a person reads; the message carries the particulars. */
export const problemTitles: Readonly<Record<ProblemKind, string>> = {
  unavailable: 'System not reachable',
  outcome_unknown: 'Outcome of a write unknown',
  busy: 'Record busy in the other system',
  rate_limited: 'Rate limit reached',
  auth_rejected: 'Login refused',
  permission_missing: 'Permission missing',
  configuration_invalid: 'Configuration invalid',
  mapping_failed: 'Value cannot be mapped',
  lookup_failed: 'Referenced record not found',
  won_date_unclear: 'Unclear when the deal was won',
  customer_ambiguous: 'Several customers match',
  customer_missing: 'Customer not in the ERP',
  record_rejected: 'Record refused by the other system',
  record_gone: 'Record deleted in the other system',
  totals_differ: 'Totals differ',
  order_drifted: 'Order changed by hand in the ERP',
  amendment_refused: 'Change of the deal not applied to its order',
  unwon_refused: 'Deal no longer won, order not cancelled',
  guard_tripped: 'More new orders than the guard allows',
  ledger_behind: 'Ledger older than the ERP',
  bad_reply: 'Unexpected answer',
}
