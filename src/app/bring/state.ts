import { assertNever } from '../../core/json.ts'
import type { Problem } from '../../core/problem.ts'
import type { LinkState } from '../../ports/ledger/links.ts'

/** The next step for a record, by the state of its link and the answer to a search for our key. */
export type Step =
  /** Its target is known. */
  | 'use'
  /** Our create succeeded and its answer was lost. */
  | 'recover'
  /** It was there before this ledger knew of it. */
  | 'adopt'
  /** It is looked for by `match`, and created where that finds nothing. */
  | 'make'

/** @param found  whether a record of the target carries our key */
export function stepOf(state: LinkState, found: boolean): Step {
  switch (state) {
    case 'linked':
      return 'use'
    // A create was sent, or was about to be. A record with our key is its result. Where there is none, the create had no
    // effect, for the target keeps keys unique; so it may be sent once more.
    case 'sent':
    case 'unknown':
      return found ? 'recover' : 'make'
    case 'intended':
    case 'rejected':
      return found ? 'adopt' : 'make'
    default:
      return assertNever(state)
  }
}

/** The state of a link after a failed create. `sent` where certainly nothing was created, and the next pass tries again. */
export function stateAfter(problem: Problem): Exclude<LinkState, 'linked' | 'intended'> {
  switch (problem.kind) {
    case 'outcome_unknown':
    case 'bad_reply':
      return 'unknown'
    case 'unavailable':
    case 'busy':
    case 'rate_limited':
    case 'auth_rejected':
    case 'permission_missing':
    case 'configuration_invalid':
    case 'guard_tripped':
      return 'sent'
    case 'record_rejected':
    case 'record_gone':
    case 'mapping_failed':
    case 'lookup_failed':
    case 'won_date_unclear':
    case 'customer_ambiguous':
    case 'customer_missing':
    case 'totals_differ':
    case 'order_drifted':
    case 'amendment_refused':
    case 'unwon_refused':
    case 'ledger_behind':
      return 'rejected'
    default:
      return assertNever(problem)
  }
}
