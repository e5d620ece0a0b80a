import type { CompiledMapping } from '../../../mapping/compile/compile.ts'
import type { Match } from '../../../ports/connector.ts'
import type { Kind, Subject } from '../../bring/kind.ts'

/** Products of a catalogue: each belongs to one product of this sync's ERP; two ERPs may share one. */
export const productKind = (sync: string, catalogue: CompiledMapping, whenMissing: Kind['whenMissing']): Kind => {
  const failed = ({ label, ref }: Subject, hits: number, because: string, fix: string) => ({
    problem: { kind: 'lookup_failed' as const, object: catalogue.object, value: label, hits },
    message: `Product "${label}" (${ref.id}) ${because}`,
    fix,
  })
  const named = (matches: readonly Match[]) =>
    matches.map(({ label, id, archived }) => `${label} (${id}${archived ? ', archived' : ''})`).join(', ')
  return {
    sync,
    name: 'product',
    object: catalogue.object,
    scope: sync,
    alike: 'other',
    shared: false,
    guarded: false,
    firstStage: null,
    match: catalogue.match,
    whenMissing,
    texts: {
      ambiguous: (subject, by, matches, owner) =>
        owner === null
          ? failed(
              subject,
              matches.length,
              `cannot be told apart by ${by} in the catalogue: ${named(matches)}.`,
              'Leave one product of that SKU in the CRM, restore it if it is archived, then retry.',
            )
          : failed(
              subject,
              matches.length,
              `has the SKU ${by}, which belongs to "${owner}" already.`,
              'Give one of the two products of the ERP another SKU, then retry.',
            ),
      missing: (subject) =>
        failed(
          subject,
          0,
          'is not in the catalogue of the CRM.',
          'Enter it there with the same SKU, or set missing_product: create.',
        ),
      taken: (subject, id) =>
        failed(
          subject,
          1,
          `was answered with product ${id} of the CRM, which belongs to another product of the ERP.`,
          'Compare both products in the CRM and correct the key of the wrong one, then retry.',
        ),
    },
  }
}
