import type { RecordRef } from '../../core/ref.ts'
import type { Link } from '../../ports/ledger/links.ts'
import type { Bench } from '../bench/bench.ts'
import type { Kind } from './kind.ts'

/** Stores the intent before any call: from here on each of them has a link. @returns links in the order given */
export async function intend(
  kind: Pick<Kind, 'sync' | 'name' | 'object' | 'scope' | 'alike'>,
  subjects: readonly { readonly ref: RecordRef; readonly key: string; readonly label: string | null }[],
  bench: Pick<Bench, 'links' | 'target'>,
): Promise<readonly Link[]> {
  return bench.links.intend(
    subjects.map(({ ref, key, label }) => ({
      sync: kind.sync,
      kind: kind.name,
      key,
      source: { ref, label },
      target: { connection: bench.target.name, object: kind.object },
      scope: kind.alike === 'same' ? key : kind.scope,
    })),
  )
}
