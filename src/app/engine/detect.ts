import { shift } from '../../core/time.ts'
import type { Watch } from '../../ports/connector.ts'
import type { RunKind } from '../../ports/ledger/runs.ts'
import type { Deps } from '../bench/deps.ts'
import type { Sync } from '../flows/flow.ts'
import { noticeChanges } from './notice.ts'

// The source's clock may be behind ours: a change just after the beginning may carry an earlier time.
const skewMs = 3_600_000

/** The result of a poll: records put into the inbox, and the run that counts them (null when there were none). */
export interface Detection {
  readonly found: number
  readonly run: string | null
}

/**
 * Reads a sync's changes page by page into the inbox; the cursor moves with the page, in one transaction, so that a
 * crash between two pages loses and repeats nothing.
 * @throws SyncError when the source fails; what was read before is kept
 */
export async function detect(
  sync: Sync,
  options: { kind: RunKind; actor?: string | null; signal?: AbortSignal },
  deps: Deps,
): Promise<Detection> {
  await noticeChanges(sync, deps)
  const looking = { found: 0, run: null as string | null }
  try {
    for (const watch of sync.watches) await look(sync, watch, options, looking, deps)
  } catch (error) {
    if (looking.run !== null) {
      const reason = error instanceof Error ? error.message : String(error)
      await deps.ledger.runs.finish(looking.run, { state: 'stopped', reason, now: deps.clock.now() })
    }
    throw error
  }
  if (looking.run !== null) await deps.ledger.runs.count(looking.run, { found: looking.found })
  await deps.ledger.syncs.set(sync.name, { lookedAt: deps.clock.now() })
  return looking
}

async function look(
  sync: Sync,
  watch: Watch,
  options: { kind: RunKind; actor?: string | null; signal?: AbortSignal },
  looking: { found: number; run: string | null },
  deps: Deps,
): Promise<void> {
  const now = deps.clock.now()
  const state = await deps.ledger.syncs.get(sync.name, now)
  const cursor = state.cursors[watch.object]
  const since = cursor === undefined ? { from: shift(sync.begin(state), -skewMs) } : { cursor }
  const source = sync.source.within({ lane: 'live', mayWrite: false })
  for await (const page of source.changes(watch, since)) {
    const met = await deps.ledger.inTransaction(async (ledger) => {
      const news = await sync.concerns(watch, page, ledger)
      const { run } = looking
      const counted =
        news.length === 0
          ? run
          : (run ?? (await ledger.runs.start(sync.name, options.kind, now, options.actor ?? null)))
      await ledger.inbox.add(sync.name, news, { lane: 'live', run: counted })
      await ledger.syncs.setCursor(sync.name, watch.object, page.cursor)
      await ledger.syncs.set(sync.name, { lookedAt: deps.clock.now() })
      return { run: counted, found: news.length }
    })
    looking.run = met.run
    looking.found += met.found
    if (options.signal?.aborted === true) return
  }
}
