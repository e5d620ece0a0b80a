import { SyncError } from '../../core/problem.ts'
import type { WebhookReply, WebhookRequest } from '../../ports/connector.ts'
import type { Job } from '../../ports/queue.ts'
import type { Deps } from '../bench/deps.ts'
import type { Endpoint } from '../bench/endpoint.ts'
import type { Project } from '../project/project.ts'
import { storeEvents } from './events.ts'

export type Receipt =
  /** Stored durably; `reply` is the acknowledgement that the sender expects, where an empty one is not enough. */
  | { readonly status: 200 | 204; readonly events: number; readonly reply: WebhookReply | null }
  | { readonly status: 400 | 401 | 404 | 503; readonly reason: string }

/** Whether this is the secret part of the address of a connection that receives webhooks. */
export function knowsHook(
  project: Project,
  { connection, token }: { connection: string; token: string },
  sameToken: (a: string, b: string) => boolean,
): boolean {
  const own = project.config.connections[connection]?.webhook_token
  return own !== undefined && sameToken(own, token)
}

/**
 * Takes a webhook in: verified, stored raw, its hints in the inbox, all in one transaction before it is answered. A redelivery
 * is recognised and stores nothing.
 * @param sameToken  compares two secrets in constant time
 * @throws when storing failed: the sender must try again
 */
export async function receiveWebhook(
  project: Project,
  webhook: { connection: string; token: string; request: WebhookRequest },
  deps: Deps & { sameToken: (a: string, b: string) => boolean; wake: (jobs: readonly Job[]) => Promise<void> },
): Promise<Receipt> {
  const endpoint = project.endpoints.get(webhook.connection)
  const receive = endpoint?.connection.receive ?? null
  if (!knowsHook(project, webhook, deps.sameToken) || endpoint === undefined || receive === null) {
    return { status: 404, reason: 'unknown address' }
  }
  const verdict = receive(webhook.request, await accountOf(endpoint, deps))
  if (!verdict.accept) {
    deps.log.warn('webhook refused', { connection: webhook.connection, status: verdict.status, reason: verdict.reason })
    return { status: verdict.status, reason: verdict.reason }
  }
  const body = new TextDecoder().decode(webhook.request.body)
  const woken = await deps.ledger.inTransaction((ledger) =>
    storeEvents(
      project,
      { connection: webhook.connection, events: verdict.events, body, at: deps.clock.now() },
      ledger,
    ),
  )
  await deps.wake(woken)
  const reply = verdict.reply ?? null
  return { status: reply === null ? 204 : 200, events: verdict.events.length, reply }
}

/** Null while the system cannot be asked. */
async function accountOf(endpoint: Endpoint, { ledger, clock }: Deps): Promise<string | null> {
  const state = await ledger.connections.get(endpoint.name)
  if (state.account !== null) return state.account.id
  if (state.pausedUntil !== null && state.pausedUntil > clock.now()) return null
  try {
    return (await endpoint.account()).id
  } catch (error) {
    if (error instanceof SyncError) return null
    throw error
  }
}
