import type { RecordRef } from '../../../core/ref.ts'
import type { CompiledMapping } from '../../../mapping/compile/compile.ts'
import type { Kind } from '../../bring/kind.ts'

/** Orders: one deal, one order, whichever CRM the deal is in. */
export const orderKind = (sync: string, order: CompiledMapping): Kind => ({
  sync,
  name: 'order',
  object: order.object,
  scope: '',
  alike: 'other',
  shared: false,
  guarded: true,
  firstStage: 'draft',
  match: [],
  whenMissing: 'create',
  texts: {
    ambiguous: (subject, _by, matches) => takenOrder(subject.label, matches[0]?.id ?? ''),
    missing: (subject) => takenOrder(subject.label, ''),
    taken: (subject, id) => takenOrder(subject.label, id),
  },
})

const takenOrder = (label: string, id: string) => ({
  problem: { kind: 'record_rejected', field: null, remoteCode: 'order_taken' } as const,
  message: `The ERP answered with order ${id} for ${label}, and that order already belongs to another deal.`,
  fix: 'Compare both deals with the order in the ERP, correct the external id there, then retry.',
})

/** Customers: several deals of a batch, and several workers, bring the same one; two CRMs may share one. */
export const customerKind = (sync: string, customer: CompiledMapping, whenMissing: Kind['whenMissing']): Kind => ({
  sync,
  name: 'customer',
  object: customer.object,
  scope: sync,
  alike: 'other',
  shared: true,
  guarded: false,
  firstStage: null,
  match: customer.match,
  whenMissing,
  texts: {
    ambiguous({ ref, label }, by, matches, owner) {
      const names = matches
        .map((match) => `${match.label} (${match.id}${match.archived ? ', archived' : ''})`)
        .join(', ')
      const because =
        owner !== null
          ? `${names === '' ? 'the match' : names} already belongs to "${owner}" of the CRM`
          : matches.length === 1
            ? `${names} is archived`
            : `${matches.length} customers of the ERP match: ${names}`
      return {
        problem: {
          kind: 'customer_ambiguous',
          value: by,
          hits: matches.length,
          choice: choiceOf(ref, matches, owner !== null),
        },
        message: `Customer "${label}" (${ref.id}) cannot be identified by ${by}: ${because}.`,
        fix:
          'Merge the duplicates, restore the archived customer, or give one of them a tax id or another name; then retry. Or link ' +
          `the right one: crosswalk link ${ref.id} <id in the ERP>${owner === null ? '' : ' --move'}.`,
      }
    },
    missing: ({ ref, label }) => ({
      problem: { kind: 'customer_missing', value: label, choice: choiceOf(ref, [], false) },
      message: `Customer "${label}" (${ref.id}) is not in the ERP.`,
      fix: 'Create the customer in the ERP with the same tax id, e-mail or name, or set missing_customer: create.',
    }),
    taken: ({ ref, label }, id) => ({
      problem: {
        kind: 'customer_ambiguous',
        value: label,
        hits: 1,
        choice: choiceOf(ref, [{ id, label: '', archived: false }], true),
      },
      message: `The ERP answered with customer ${id} for "${label}" (${ref.id}), and that one already belongs to another customer of the CRM.`,
      fix: `Compare both in the ERP and correct the external id there; or link the right one: crosswalk link ${ref.id} <id in the ERP> --move.`,
    }),
  },
})

const candidatesMost = 10

const choiceOf = (
  { id }: RecordRef,
  matches: readonly { readonly id: string; readonly label: string; readonly archived: boolean }[],
  isTaken: boolean,
) => ({
  customer: id,
  candidates: matches.slice(0, candidatesMost).map(({ id, label, archived }) => ({ id, label, archived })),
  isTaken,
})

/**
 * Addresses and contacts below a customer: what says the same is the same, whoever made it. Which of several alike is taken
 * does not matter.
 */
export const belowKind = (sync: string, what: string, mapping: CompiledMapping): Kind => ({
  sync,
  name: what,
  object: mapping.object,
  scope: sync,
  alike: 'same',
  shared: true,
  guarded: false,
  firstStage: null,
  match: mapping.match,
  whenMissing: 'create',
  texts: {
    ambiguous: ({ label }, _by, matches) => takenBelow(what, label, matches[0]?.id ?? ''),
    missing: ({ label }) => takenBelow(what, label, ''),
    taken: ({ label }, id) => takenBelow(what, label, id),
  },
})

const takenBelow = (what: string, label: string, id: string) => ({
  problem: { kind: 'record_rejected', field: null, remoteCode: 'taken' } as const,
  message: `The ERP answered with record ${id} for the ${what} "${label}", and that one belongs to something else.`,
  fix: 'Compare both in the ERP and correct the external id there; then retry the record.',
})
