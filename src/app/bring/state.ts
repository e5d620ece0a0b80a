import { assertNever } from '../../core/json.ts'
import type { Problem } from '../../core/problem.ts'
import type { LinkState } from '../../ports/ledger/links.ts'

/** What is done about a record of which a link tells, once the target was asked for our key. */
export type Step =
  /** It is known. */
  | 'use'
  /** Its answer was lost: it is ours. */
  | 'recover'
  /** It was there before this ledger knew of it. */
  | 'adopt'
  /** It may be looked for otherwise, and made where that finds nothing. */
  | 'make'

/** @param found  whether a record of the target carries our key */
export function stepOf(state: LinkState, found: boolean): Step {
  switch (state) {
    case 'linked':
      return 'use'
    // A create was sent, or was about to be: what carries our key came of it. Nothing came of it where nothing carries
    // the key, which the target keeps unique; so it may be sent once more.
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

/** What a link is after a create that failed. `sent` where certainly nothing was made, and the next pass tries again. */
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
    case 'customer_ambiguous':
    case 'customer_missing':
    case 'totals_differ':
    case 'amendment_refused':
    case 'unwon_refused':
      return 'rejected'
    default:
      return assertNever(problem)
  }
}
