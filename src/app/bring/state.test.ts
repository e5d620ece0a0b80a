import { describe, expect, test } from '@jest/globals'
import type { Problem, ProblemKind } from '../../core/problem.ts'
import type { LinkState } from '../../ports/ledger/links.ts'
import { type Step, stateAfter, stepOf } from './state.ts'

const steps: Readonly<Record<LinkState, { readonly found: Step; readonly missing: Step }>> = {
  intended: { found: 'adopt', missing: 'make' },
  sent: { found: 'recover', missing: 'make' },
  unknown: { found: 'recover', missing: 'make' },
  rejected: { found: 'adopt', missing: 'make' },
  linked: { found: 'use', missing: 'use' },
}

describe('what is done about a record', () => {
  test.each(Object.entries(steps))('whose link is %s', (state, { found, missing }) => {
    expect(stepOf(state as LinkState, true)).toBe(found)
    expect(stepOf(state as LinkState, false)).toBe(missing)
  })
})

type Sample = { readonly [K in ProblemKind]: readonly [Extract<Problem, { kind: K }>, LinkState] }
const after: Sample = {
  // It may have been carried out.
  outcome_unknown: [{ kind: 'outcome_unknown' }, 'unknown'],
  bad_reply: [{ kind: 'bad_reply' }, 'unknown'],
  // It was not, and it is tried again without being asked for.
  unavailable: [{ kind: 'unavailable' }, 'sent'],
  busy: [{ kind: 'busy' }, 'sent'],
  rate_limited: [{ kind: 'rate_limited', retryAfterMs: 1 }, 'sent'],
  auth_rejected: [{ kind: 'auth_rejected' }, 'sent'],
  permission_missing: [{ kind: 'permission_missing', missing: [] }, 'sent'],
  configuration_invalid: [{ kind: 'configuration_invalid', path: '' }, 'sent'],
  guard_tripped: [{ kind: 'guard_tripped', allowed: 1, wanted: 2 }, 'sent'],
  ledger_behind: [{ kind: 'ledger_behind', orders: 1 }, 'rejected'],
  // It was refused for what it is.
  mapping_failed: [{ kind: 'mapping_failed', rule: '', path: '' }, 'rejected'],
  lookup_failed: [{ kind: 'lookup_failed', object: '', value: '', hits: 0 }, 'rejected'],
  won_date_unclear: [{ kind: 'won_date_unclear' }, 'rejected'],
  customer_ambiguous: [{ kind: 'customer_ambiguous', value: '', hits: 2 }, 'rejected'],
  customer_missing: [{ kind: 'customer_missing', value: '' }, 'rejected'],
  record_rejected: [{ kind: 'record_rejected', field: null, remoteCode: '' }, 'rejected'],
  record_gone: [{ kind: 'record_gone', object: '', id: '' }, 'rejected'],
  order_drifted: [{ kind: 'order_drifted', differences: [] }, 'rejected'],
  totals_differ: [{ kind: 'totals_differ', field: 'net', expected: '1', actual: '2', differences: [] }, 'rejected'],
  amendment_refused: [{ kind: 'amendment_refused', orderState: '' }, 'rejected'],
  unwon_refused: [{ kind: 'unwon_refused', orderState: '' }, 'rejected'],
}

describe('a link whose create failed', () => {
  test.each(Object.values(after))('with %j is %s', (problem, state) => {
    expect(stateAfter(problem)).toBe(state)
  })

  test('is looked for by our key before anything is sent again, whatever the failure was', () => {
    for (const [problem] of Object.values(after)) {
      expect(['recover', 'adopt']).toContain(stepOf(stateAfter(problem), true))
    }
  })
})
