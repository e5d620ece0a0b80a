import type { Instant } from '../../core/time.ts'
import type { WebhookEvent } from '../../ports/connector.ts'
import type { Ledger } from '../../ports/ledger/ledger.ts'
import type { Job } from '../../ports/queue.ts'
import type { Project } from '../project/project.ts'

/** Hints that come one by one within this time are one run. */
const runMs = 60_000

/**
 * Stores the raw events of a connection and puts the records that they hint at into inboxes; an event that was stored before has
 * no effect. To be called in a transaction.
 * @returns jobs for the syncs that have work now
 */
export async function storeEvents(
  project: Project,
  received: {
    readonly connection: string
    readonly events: readonly WebhookEvent[]
    readonly body: string
    readonly at: Instant
  },
  ledger: Ledger,
): Promise<readonly Job[]> {
  const { connection, events, body, at } = received
  const fresh = new Set(await ledger.events.store(connection, events, body))
  const hints = events.filter((event) => fresh.has(event.id)).flatMap((event) => event.hint ?? [])
  const woken: Job[] = []
  for (const [name, config] of Object.entries(project.config.syncs)) {
    if (config.from !== connection) continue
    const sync = await project.sync(name).catch(() => null)
    // A sync that cannot open yet finds these changes by polling.
    if (sync === null) continue
    for (const watch of sync.watches) {
      const ids = [...new Set(hints.filter((hint) => hint.object === watch.object).map((hint) => hint.id))]
      if (ids.length === 0) continue
      const records = await sync.concerns(watch, { ids, cursor: {} }, ledger)
      if (records.length === 0) continue
      const run = await ledger.runs.join(name, 'webhook', at, runMs)
      const added = await ledger.inbox.add(name, records, { lane: 'live', run })
      await ledger.runs.count(run, { found: added })
      await ledger.runs.finish(run, { state: 'done', reason: null, now: at })
      woken.push({ queue: 'deliver', sync: name, lane: 'live' })
    }
  }
  return woken
}
