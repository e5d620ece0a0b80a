import type { Json } from '../../core/json.ts'
import { SyncError, verdictOf } from '../../core/problem.ts'
import { type Instant, shift } from '../../core/time.ts'
import { changedFields } from '../../plan/difference.ts'
import type { Deps } from '../bench/deps.ts'
import { connectionCause, type Endpoint, loginEnds } from '../bench/endpoint.ts'

const renewBeforeMs = 14 * 86_400_000

/**
 * Renews a login secret that expires soon (rotation): the new one is created, stored and in use before the old one is revoked, so
 * that a crash between two steps leaves a secret that works.
 * @param store  keeps the renewed settings for all processes
 * @returns whether a secret was renewed
 */
export async function rotateSecret(
  unscoped: Endpoint,
  settings: Readonly<Record<string, Json>>,
  store: (changed: Readonly<Record<string, Json>>) => Promise<void>,
  deps: Deps,
): Promise<boolean> {
  // Without a login nothing else goes on.
  const scope = { lane: 'live', mayWrite: true } as const
  const endpoint = unscoped.within(scope)
  const { rotate } = endpoint.connection
  if (rotate === null) return false
  const { problems } = deps.ledger
  const over = () => problems.close(connectionCause(endpoint.name), [loginEnds])
  let expiresAt: Instant | null = null
  try {
    expiresAt = await endpoint.use(() => rotate.expiresAt())
    await deps.ledger.connections.setExpiry(endpoint.name, expiresAt)
    if (expiresAt === null || expiresAt > shift(deps.clock.now(), renewBeforeMs)) {
      await over()
      return false
    }
    const renewed = await endpoint.use(() => rotate.renew())
    await store(changedFields(settings, renewed))
    await endpoint.refresh()
    await deps.ledger.connections.setExpiry(endpoint.name, null)
    await deps.scopes.within(scope, async () => endpoint.connection.rotate?.retire(settings))
    await over()
    deps.log.info('login secret renewed', { connection: endpoint.name, expired_at: expiresAt })
    return true
  } catch (error) {
    if (!(error instanceof SyncError)) throw error
    deps.log.warn('login secret could not be renewed', { connection: endpoint.name, why: error.message })
    // What passes by itself is tried again in an hour; what a person has to do is told while the login still works.
    const { do: verdict } = verdictOf(error.problem)
    if (expiresAt !== null && (verdict === 'hold_sync' || verdict === 'park_record')) {
      const message = `The login of connection "${endpoint.name}" ends on ${expiresAt.slice(0, 10)}, and was not renewed: ${error.message}`
      const failure = { problem: error.problem, message, fix: error.fix }
      await problems.raise([{ sync: connectionCause(endpoint.name), causeKey: loginEnds, failure, records: [] }])
    }
    return false
  }
}
