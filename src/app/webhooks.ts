import type { WebhookRequest } from '../ports/connector.ts'
import type { Job } from '../ports/queue.ts'
import type { Project } from './project.ts'
import type { Deps } from './sync.ts'

export type Receipt =
  /** Stored durably; the sender may be told so. */
  { readonly status: 204; readonly events: number } | { readonly status: 400 | 401 | 404; readonly reason: string }

/**
 * Takes a webhook in: verified, stored raw, its hints in the inbox, all before the answer, in one transaction. A
 * redelivery stores nothing and is welcome.
 * @param sameToken  compares two secrets in constant time
 * @throws when storing failed: the sender must try again
 */
export async function receiveWebhook(
  project: Project,
  webhook: { connection: string; token: string; request: WebhookRequest },
  deps: Deps & { sameToken: (a: string, b: string) => boolean; wake: (jobs: readonly Job[]) => Promise<void> },
): Promise<Receipt> {
  const configured = project.config.connections[webhook.connection]
  const endpoint = project.endpoints.get(webhook.connection)
  const receive = endpoint?.connection.receive ?? null
  const token = configured?.webhook_token
  if (token === undefined || !deps.sameToken(token, webhook.token) || receive === null || endpoint === undefined) {
    return { status: 404, reason: 'unknown address' }
  }
  const verdict = receive(webhook.request)
  if (!verdict.accept) {
    deps.log.warn('webhook refused', { connection: webhook.connection, status: verdict.status, reason: verdict.reason })
    return { status: verdict.status, reason: verdict.reason }
  }
  const body = new TextDecoder().decode(webhook.request.body)
  const woken = new Set<string>()
  await deps.ledger.inTransaction(async (ledger) => {
    const fresh = new Set(await ledger.events.store(webhook.connection, verdict.events, body))
    const hints = verdict.events.filter((event) => fresh.has(event.id)).flatMap((event) => event.hint ?? [])
    for (const [name, sync] of Object.entries(project.config.syncs)) {
      if (sync.from !== webhook.connection) continue
      const opened = await project.sync(name).catch(() => null)
      const object = opened === null ? null : opened.document === 'deal' ? opened.deal.object : opened.fulfilment.object
      // A sync that cannot open yet finds these changes by polling.
      const ids = [...new Set(hints.filter((hint) => hint.object === object).map((hint) => hint.id))]
      if (ids.length === 0 || opened === null) continue
      const records =
        opened.document === 'deal'
          ? ids
          : (await ledger.links.byTarget(webhook.connection, object ?? '', ids))
              .filter((link) => link.sync === opened.of && link.kind === 'order')
              .map((link) => link.sourceId)
      if (records.length === 0) continue
      await ledger.inbox.add(name, records, { lane: 'live' })
      woken.add(name)
    }
  })
  await deps.wake([...woken].map((sync) => ({ queue: 'deliver', sync, lane: 'live' })))
  return { status: 204, events: verdict.events.length }
}
