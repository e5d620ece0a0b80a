import type { Problem, ProblemKind } from '../../src/core/problem.ts'

/** One of each kind. */
export const everyProblem: { readonly [Kind in ProblemKind]: Extract<Problem, { kind: Kind }> } = {
  unavailable: { kind: 'unavailable' },
  outcome_unknown: { kind: 'outcome_unknown' },
  busy: { kind: 'busy' },
  rate_limited: { kind: 'rate_limited', retryAfterMs: 1000 },
  auth_rejected: { kind: 'auth_rejected' },
  permission_missing: { kind: 'permission_missing', missing: ['read sale.order'] },
  configuration_invalid: { kind: 'configuration_invalid', path: 'sale.order.x' },
  mapping_failed: { kind: 'mapping_failed', rule: 'map_code', path: 'x' },
  lookup_failed: { kind: 'lookup_failed', object: 'product.product', value: 'LAMP', hits: 0 },
  won_date_unclear: { kind: 'won_date_unclear' },
  customer_ambiguous: { kind: 'customer_ambiguous', value: 'Acme', hits: 2 },
  customer_missing: { kind: 'customer_missing', value: 'Acme' },
  record_rejected: { kind: 'record_rejected', field: null, remoteCode: 'x' },
  record_gone: { kind: 'record_gone', object: 'deals', id: '1' },
  totals_differ: { kind: 'totals_differ', field: 'net', expected: '1', actual: '2', differences: [] },
  order_drifted: { kind: 'order_drifted', differences: [] },
  amendment_refused: { kind: 'amendment_refused', orderState: 'confirmed' },
  unwon_refused: { kind: 'unwon_refused', orderState: 'confirmed' },
  guard_tripped: { kind: 'guard_tripped', allowed: 1, wanted: 2 },
  ledger_behind: { kind: 'ledger_behind', orders: 1 },
  bad_reply: { kind: 'bad_reply' },
}
