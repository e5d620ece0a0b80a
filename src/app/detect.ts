import { shift } from '../core/time.ts'
import type { ChangesSince } from '../ports/connector.ts'
import type { Lane } from '../ports/http.ts'
import type { RunKind } from '../ports/ledger.ts'
import { noticeChanges } from './notice.ts'
import type { Deps, Sync } from './sync.ts'

// The source's clock may be behind ours: what it stamps just after the beginning must not count as before.
const skewMs = 3_600_000

/** What a poll found: records marked as changed, and the run that counts them (null when there was nothing). */
export interface Detection {
  readonly found: number
  readonly run: string | null
}

/**
 * Reads a sync's changes page by page into the inbox; the cursor moves with the page, in one transaction, so that a
 * crash between two pages loses and repeats nothing.
 * @param since  where to begin, in place of the stored cursor: a backfill; the cursor then stays
 * @throws SyncError when the source fails; what was read before is kept
 */
export async function detect(
  sync: Sync,
  options: { kind: RunKind; since?: ChangesSince; signal?: AbortSignal },
  deps: Deps,
): Promise<Detection> {
  await noticeChanges(sync, deps)
  const now = deps.clock.now()
  const state = await deps.ledger.syncs.get(sync.name, now)
  const from = sync.document === 'deal' ? (sync.config.since ?? state.enabledAt) : state.enabledAt
  const since = options.since ?? (state.cursor === null ? { from: shift(from, -skewMs) } : { cursor: state.cursor })
  const object = sync.document === 'deal' ? sync.deal.object : sync.fulfilment.object
  const lane: Lane = options.kind === 'backfill' ? 'backfill' : 'live'
  let run: string | null = null
  let found = 0
  try {
    for await (const page of sync.source.changes(object, since)) {
      if (page.ids.length > 0) run ??= await deps.ledger.runs.start(sync.name, options.kind, now)
      await deps.ledger.inTransaction(async (ledger) => {
        const ids =
          sync.document === 'deal' ? page.ids : await dealsOf(sync.of, sync.source.name, object, page.ids, ledger)
        if (ids.length > 0) await ledger.inbox.add(sync.name, ids, { lane, run })
        if (options.since === undefined) await ledger.syncs.setCursor(sync.name, page.cursor)
        found += ids.length
      })
      if (options.signal?.aborted === true) break
    }
  } catch (error) {
    if (run !== null) {
      const reason = error instanceof Error ? error.message : String(error)
      await deps.ledger.runs.finish(run, { state: 'stopped', reason, now: deps.clock.now() })
    }
    throw error
  }
  if (run !== null) await deps.ledger.runs.count(run, { found })
  return { found, run }
}

/** The deals whose orders these are. Orders that are not ours are nobody's business. */
async function dealsOf(
  ordersOf: string,
  connection: string,
  object: string,
  orderIds: readonly string[],
  ledger: Deps['ledger'],
): Promise<string[]> {
  if (orderIds.length === 0) return []
  const links = await ledger.links.byTarget(connection, object, orderIds)
  return links.filter((link) => link.sync === ordersOf && link.kind === 'order').map((link) => link.sourceId)
}
