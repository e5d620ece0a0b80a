import type { ProblemKind } from './problem.ts'

/** Whether who sells the deal is told of a problem, or its administrator alone. */
interface Concern {
  readonly whose: 'owner' | 'admin'
  readonly because: string
  /** What who sells the deal can do, in words that need no knowledge of Crosswalk. */
  readonly ask: string
}

const informed = 'You need not do anything: your administrator was told.'
const admin = (because: string): Concern => ({ whose: 'admin', because, ask: informed })
const owner = (because: string, ask: string): Concern => ({ whose: 'owner', because, ask })

/** By kind. `docs/reference/problems.md` shows it. */
export const concerns: Readonly<Record<ProblemKind, Concern>> = {
  unavailable: admin('It is about a system, not about the deal, and goes on by itself.'),
  outcome_unknown: admin('It settles itself by a look at the other system.'),
  busy: admin('It goes on by itself.'),
  rate_limited: admin('It is about a system, not about the deal, and goes on by itself.'),
  auth_rejected: admin('Only who keeps the login can renew it.'),
  permission_missing: admin('Only who grants permissions can do so.'),
  configuration_invalid: admin('Only who configures Crosswalk can correct it.'),
  mapping_failed: owner(
    'A value of the deal is missing or wrong, and who sells it knows the right one.',
    'Correct it on the deal. If it is right as it is, tell your administrator, who was told as well.',
  ),
  lookup_failed: owner(
    'The deal names a product or a code that the ERP does not have: a slip on the deal, or news for the ERP.',
    'Check the product or code on the deal. If it is right, have it entered in the ERP: your administrator was told as well.',
  ),
  won_date_unclear: owner(
    'Who sold the deal knows whether it is to become an order.',
    'Tell your administrator, who was told as well, whether this deal is to become an order.',
  ),
  customer_ambiguous: owner(
    'Who sold the deal knows which customer is meant.',
    'Tell your administrator, who was told as well, which of them is meant.',
  ),
  customer_missing: owner(
    'Who sold the deal knows whether the customer is new.',
    'Check the company on the deal. If it is a new customer, have it entered in the ERP: your administrator was told as well.',
  ),
  record_rejected: owner(
    'Most often a value of the deal breaks a rule of the ERP.',
    'If it names something that is wrong on the deal, correct it there. Otherwise wait: your administrator was told as well.',
  ),
  record_gone: owner(
    'The customer gets nothing as long as there is no order.',
    'Ask why the order was deleted. Your administrator was told as well, and can have it restored.',
  ),
  totals_differ: owner(
    'What the customer agreed to is not what would be billed.',
    'Compare the lines, discounts and amount of the deal with the order, and correct the deal if it is wrong. Your administrator was told as well.',
  ),
  order_drifted: owner(
    'The order is no longer what the deal says.',
    'Find out which of both is right, and tell your administrator, who was told as well.',
  ),
  amendment_refused: owner(
    'The deal was changed too late for its order.',
    'Change the deal back, or agree with those who deliver on what to do about the order. Your administrator was told as well.',
  ),
  unwon_refused: owner(
    'The deal was taken back too late for its order.',
    'Have the order cancelled by those who deliver, or win the deal again. Your administrator was told as well.',
  ),
  guard_tripped: admin('Only who may allow so many orders can.'),
  ledger_behind: admin('The orders are there; who restored the backup brings the ledger up to date.'),
  bad_reply: admin('It is about a system, not about the deal.'),
}

/** Kinds of problems that owners of deals are told of. */
export const ownersKinds: readonly ProblemKind[] = (Object.keys(concerns) as ProblemKind[]).filter(
  (kind) => concerns[kind].whose === 'owner',
)
