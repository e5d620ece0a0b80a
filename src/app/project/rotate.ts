import type { Json } from '../../core/json.ts'
import { SyncError } from '../../core/problem.ts'
import { shift } from '../../core/time.ts'
import { changedFields } from '../../plan/difference.ts'
import type { Deps } from '../bench/deps.ts'
import type { Endpoint } from '../bench/endpoint.ts'

const renewBeforeMs = 14 * 86_400_000

/**
 * Renews a login secret that expires soon (rotation): the new one is created, stored and in use before the old one is revoked, so
 * that a crash between two steps leaves a secret that works.
 * @param store  keeps the renewed settings for all processes
 * @returns whether a secret was renewed
 */
export async function rotateSecret(
  endpoint: Endpoint,
  settings: Readonly<Record<string, Json>>,
  store: (changed: Readonly<Record<string, Json>>) => Promise<void>,
  deps: Deps,
): Promise<boolean> {
  const { rotate } = endpoint.connection
  if (rotate === null) return false
  try {
    const expiresAt = await endpoint.use(() => rotate.expiresAt())
    await deps.ledger.connections.setExpiry(endpoint.name, expiresAt)
    if (expiresAt === null || expiresAt > shift(deps.clock.now(), renewBeforeMs)) return false
    const renewed = await endpoint.use(() => rotate.renew())
    await store(changedFields(settings, renewed))
    await endpoint.refresh()
    await deps.ledger.connections.setExpiry(endpoint.name, null)
    await endpoint.connection.rotate?.retire(settings)
    deps.log.info('login secret renewed', { connection: endpoint.name, expired_at: expiresAt })
    return true
  } catch (error) {
    if (!(error instanceof SyncError)) throw error
    deps.log.warn('login secret could not be renewed', { connection: endpoint.name, why: error.message })
    return false
  }
}
