import { assertNever } from '../../core/json.ts'
import type { Failure } from '../../core/problem.ts'

/** The cause by which records are grouped into one problem: fixing it fixes them all. */
export function causeKeyOf(failure: Failure, recordId: string): string {
  const { problem } = failure
  switch (problem.kind) {
    case 'lookup_failed':
      return `lookup_failed ${problem.object} ${problem.value}`
    case 'customer_ambiguous':
    case 'customer_missing':
      return `${problem.kind} ${problem.value}`
    case 'mapping_failed':
      return `mapping_failed ${problem.path} ${problem.rule} ${failure.message}`
    case 'configuration_invalid':
      return `configuration_invalid ${problem.path}`
    case 'permission_missing':
      return `permission_missing ${problem.missing.join(' ')}`
    // Each of these is about one record alone.
    case 'record_rejected':
    case 'record_gone':
    case 'totals_differ':
    case 'order_drifted':
    case 'amendment_refused':
    case 'unwon_refused':
      return `${problem.kind} ${recordId}`
    case 'won_date_unclear':
    case 'unavailable':
    case 'outcome_unknown':
    case 'busy':
    case 'rate_limited':
    case 'auth_rejected':
    case 'guard_tripped':
    case 'ledger_behind':
    case 'bad_reply':
      return problem.kind
    default:
      return assertNever(problem)
  }
}
