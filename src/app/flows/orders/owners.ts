import type { Deal } from '../../../core/documents.ts'
import type { RecordRef } from '../../../core/ref.ts'
import { mapInbound } from '../../../mapping/run/run.ts'
import type { Deps } from '../../bench/deps.ts'
import type { OwnedDeal } from '../flow.ts'
import type { DealSync } from './sync.ts'

type Owned = Pick<Deal, 'number' | 'name' | 'url' | 'owner'>

const fields = ['number', 'name', 'url', 'owner.id', 'owner.name', 'owner.email', 'owner.active']

/**
 * Whose deals are, by the mapping of the deal. One that does not map has no owner that could be told. A CRM that does not say it,
 * for want of a permission for instance, is not paused for that: orders do not wait for who is told of them.
 */
export async function ownersOf(
  sync: DealSync,
  records: readonly RecordRef[],
  deps: Deps,
): Promise<readonly OwnedDeal[]> {
  const narrow = sync.mapping('deal').only(fields)
  const account = { ...(await sync.source.account()) }
  const ids = records.map(({ id }) => id)
  const source = sync.source.within({ lane: 'backfill', mayWrite: false })
  const read = await source.ask((connection) => connection.read(sync.deal.object, ids, narrow.reads))
  const present = records.flatMap((ref, index) => {
    const record = read[index] ?? null
    return record === null ? [] : [{ ref, record }]
  })
  const mapped = await mapInbound<Owned>(
    narrow,
    present.map(({ record }) => record),
    account,
    deps.evaluator,
  )
  return present.map(({ ref }, index) => {
    const result = mapped[index]
    if (result?.ok !== true) return { ref, label: ref.id, url: null, owner: null }
    const { number, name, url, owner } = result.value
    return { ref, label: name ?? number, url, owner }
  })
}
