import { type RecordRef, refText } from '../../core/ref.ts'
import type { Ledger } from '../../ports/ledger/ledger.ts'
import { versionFor } from './version.ts'

/**
 * Drops the records that were seen before in exactly this state: echoes of our own writes.
 * @param met  the source's records, with the versions that reading their end of the link would give now, where that is known
 */
export async function unseen(
  sync: { readonly name: string; readonly kind: string; readonly digest: string },
  end: 'source' | 'target',
  met: readonly { readonly ref: RecordRef; readonly versions: readonly string[] | undefined }[],
  ledger: Ledger,
): Promise<readonly RecordRef[]> {
  const asked = met.flatMap(({ ref, versions = [] }) =>
    versions.map((version) => ({ ref, version: versionFor(sync, version) })),
  )
  const known = new Set((await ledger.links.known(sync.name, sync.kind, end, asked)).map(refText))
  return met.map(({ ref }) => ref).filter((ref) => !known.has(refText(ref)))
}
