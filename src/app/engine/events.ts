import type { WebhookEvent } from '../../ports/connector.ts'
import type { Ledger } from '../../ports/ledger/ledger.ts'
import type { Job } from '../../ports/queue.ts'
import type { Project } from '../project/project.ts'

/**
 * Stores events of a connection, raw, and marks the records that they hint at; an event that was stored before does
 * nothing. To be called in a transaction.
 * @returns jobs for the syncs that have work now
 */
export async function storeEvents(
  project: Project,
  received: { readonly connection: string; readonly events: readonly WebhookEvent[]; readonly body: string },
  ledger: Ledger,
): Promise<readonly Job[]> {
  const { connection, events, body } = received
  const fresh = new Set(await ledger.events.store(connection, events, body))
  const hints = events.filter((event) => fresh.has(event.id)).flatMap((event) => event.hint ?? [])
  const woken: Job[] = []
  for (const [name, sync] of Object.entries(project.config.syncs)) {
    if (sync.from !== connection) continue
    const opened = await project.sync(name).catch(() => null)
    // A sync that cannot open yet finds these changes by polling.
    if (opened === null) continue
    const object = opened.document === 'deal' ? opened.deal.object : opened.fulfilment.object
    const ids = [...new Set(hints.filter((hint) => hint.object === object).map((hint) => hint.id))]
    if (ids.length === 0) continue
    const records =
      opened.document === 'deal'
        ? ids
        : (await ledger.links.byTarget(connection, object, ids))
            .filter((link) => link.sync === opened.of && link.kind === 'order')
            .map((link) => link.sourceId)
    if (records.length === 0) continue
    await ledger.inbox.add(name, records, { lane: 'live' })
    woken.push({ queue: 'deliver', sync: name, lane: 'live' })
  }
  return woken
}
