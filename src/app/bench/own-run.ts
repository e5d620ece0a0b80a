import type { RecordRef } from '../../core/ref.ts'
import type { Instant } from '../../core/time.ts'
import type { Lane } from '../../ports/http.ts'
import type { Ledger } from '../../ports/ledger/ledger.ts'
import type { RunKind } from '../../ports/ledger/runs.ts'

/** Queues records as a run of their own, which then shows what became of them; nothing is no run. */
export async function queueAsRun(
  sync: string,
  records: readonly RecordRef[],
  how: { readonly kind: RunKind; readonly lane: Lane; readonly actor: string | null; readonly at: Instant },
  ledger: Pick<Ledger, 'inTransaction'>,
): Promise<void> {
  if (records.length === 0) return
  await ledger.inTransaction(async ({ runs, inbox }) => {
    const run = await runs.start(sync, how.kind, how.at, how.actor)
    await inbox.add(sync, records, { lane: how.lane, run })
    await runs.count(run, { found: records.length })
    await runs.finish(run, { state: 'done', reason: null, now: how.at })
  })
}
