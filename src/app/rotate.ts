import type { Json } from '../core/json.ts'
import { SyncError } from '../core/problem.ts'
import { shift } from '../core/time.ts'
import type { Connection } from '../ports/connector.ts'
import type { Endpoint } from './endpoint.ts'
import type { Deps } from './sync.ts'

const renewBeforeMs = 14 * 86_400_000

/**
 * Renews a login secret that expires soon: the new one is made and stored before the old one is revoked, so that a
 * crash between two steps leaves a secret that works.
 * @param reopen  opens the connection with these settings in place of its own
 * @returns the new settings, null when nothing was due
 */
export async function rotateSecret(
  endpoint: Endpoint,
  settings: Readonly<Record<string, Json>>,
  reopen: (settings: Readonly<Record<string, Json>>) => Connection,
  deps: Deps,
): Promise<Readonly<Record<string, Json>> | null> {
  const { rotate } = endpoint.connection
  if (rotate === null) return null
  try {
    const expiresAt = await endpoint.use(() => rotate.expiresAt())
    if (expiresAt === null || expiresAt > shift(deps.clock.now(), renewBeforeMs)) return null
    const renewed = await endpoint.use(() => rotate.renew())
    await deps.ledger.connections.setSecrets(endpoint.name, renewed)
    await reopen(renewed).rotate?.retire(settings)
    deps.log.info('login secret renewed', { connection: endpoint.name, expired_at: expiresAt })
    return renewed
  } catch (error) {
    if (!(error instanceof SyncError)) throw error
    deps.log.warn('login secret could not be renewed', { connection: endpoint.name, why: error.message })
    return null
  }
}
