import { shift } from '../../core/time.ts'
import type { ChangePage, ChangesSince } from '../../ports/connector.ts'
import type { Lane } from '../../ports/http.ts'
import type { RunKind } from '../../ports/ledger/runs.ts'
import type { Deps } from '../bench/deps.ts'
import { versionFor } from '../bench/version.ts'
import type { FulfilmentSync } from '../flows/fulfilment/sync.ts'
import type { DealSync } from '../flows/orders/sync.ts'
import type { Sync } from '../flows/sync.ts'
import { noticeChanges } from './notice.ts'

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
    for await (const given of sync.source.changes(
      { object, paths: [], where: sync.document === 'deal' ? sync.deal.watch : [] },
      since,
    )) {
      const page = await deps.ledger.inTransaction(async (ledger) => {
        // Who asks for the past wants all of it.
        const met = options.since === undefined ? given : { ...given, versions: {} }
        const news =
          sync.document === 'deal' ? await newDeals(sync, met, ledger) : await newOrders(sync, object, met, ledger)
        const counted = news.length === 0 ? run : (run ?? (await ledger.runs.start(sync.name, options.kind, now)))
        await ledger.inbox.add(sync.name, news, { lane, run: counted })
        if (options.since === undefined) await ledger.syncs.setCursor(sync.name, given.cursor)
        return { run: counted, found: news.length }
      })
      run = page.run
      found += page.found
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

/** Deals but those that were read in just this state: our own write-back, met again. */
async function newDeals(sync: DealSync, page: ChangePage, ledger: Deps['ledger']): Promise<readonly string[]> {
  const versions = versionsIn(sync, page.versions ?? {}, page.ids, (id) => id)
  return without(page.ids, await ledger.links.known(sync.name, 'source', versions))
}

/** The deals whose orders these are, but orders that were reported in just this state. Other orders are nobody's business. */
async function newOrders(
  sync: FulfilmentSync,
  object: string,
  page: ChangePage,
  ledger: Deps['ledger'],
): Promise<readonly string[]> {
  if (page.ids.length === 0) return []
  const links = await ledger.links.byTarget(sync.source.name, object, page.ids)
  const own = links.filter((link) => link.sync === sync.of && link.kind === 'order')
  const deals = new Map(own.map((link) => [link.targetId, link.sourceId]))
  const versions = versionsIn(sync, page.versions ?? {}, page.ids, (id) => deals.get(id))
  return without([...deals.values()], await ledger.links.known(sync.of, 'target', versions))
}

function versionsIn(
  sync: Sync,
  versions: Readonly<Record<string, readonly string[]>>,
  ids: readonly string[],
  sourceOf: (id: string) => string | undefined,
): Record<string, readonly string[]> {
  const found: Record<string, readonly string[]> = {}
  for (const id of ids) {
    const source = sourceOf(id)
    if (source !== undefined && versions[id] !== undefined)
      found[source] = versions[id].map((one) => versionFor(sync, one))
  }
  return found
}

function without(ids: readonly string[], known: readonly string[]): readonly string[] {
  const left = new Set(known)
  return left.size === 0 ? ids : ids.filter((id) => !left.has(id))
}
