import { holds } from '../../../core/condition.ts'
import type { RecordRef } from '../../../core/ref.ts'
import { type Instant, shift } from '../../../core/time.ts'
import { mapInbound } from '../../../mapping/run/run.ts'
import { type Dating, datingFields } from '../../../plan/plan.ts'
import type { Deps } from '../../bench/deps.ts'
import type { DealSync } from './sync.ts'
import { watchOf } from './watch.ts'

/** How far back it is looked for: each time further, until one is found, so that few of many deals are read. */
const lookBackDays = [1, 7, 30, 365, 3650]
/** Of the deals that changed last, so many are read. */
const readMax = 500
const dayMs = 86_400_000

/** The deal that was won last, of those that changed last and that the sync's conditions admit; null when there is none. */
export async function newestWon(sync: DealSync, deps: Deps): Promise<RecordRef | null> {
  const source = sync.source.within({ lane: 'backfill', mayWrite: false })
  const narrow = sync.deal.only(['id', ...datingFields])
  const paths = [...new Set([...narrow.reads, ...Object.keys(sync.config.where ?? {})])]
  const account = { ...(await source.account()) }

  async function newestSince(from: Instant): Promise<string | null> {
    let ids: string[] = []
    for await (const page of source.changes(watchOf(sync), { from })) ids = [...ids, ...page.ids].slice(-readMax)
    const read = await source.use((connection) => connection.read(sync.deal.object, [...new Set(ids)], paths))
    const { where } = sync.config
    const records = read.filter((one) => one !== null).filter((one) => where === undefined || holds(where, one.fields))
    const mapped = await mapInbound<Dating>(narrow, records, account, deps.evaluator)
    let newest: { readonly id: string; readonly wonAt: string } | null = null
    for (const [index, { id }] of records.entries()) {
      const result = mapped[index]
      if (result?.ok !== true || !result.value.won) continue
      const wonAt = result.value.wonAt ?? ''
      if (newest === null || wonAt >= newest.wonAt) newest = { id, wonAt }
    }
    return newest?.id ?? null
  }

  for (const days of lookBackDays) {
    const id = await newestSince(shift(deps.clock.now(), -days * dayMs))
    if (id !== null) return { ...sync.records, id }
  }
  return null
}
