import { z } from 'zod'
import type { Json } from '../../src/core/json.ts'
import { SyncError } from '../../src/core/problem.ts'
import { type Instant, parseInstant, shift } from '../../src/core/time.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Rotation } from '../../src/ports/connector.ts'
import { type Client, read } from './client.ts'
import { isSyncError } from './errors.ts'
import type { Settings } from './settings.ts'

const dayMs = 86_400_000
// Odoo lets a key live three months at most.
const lifeMs = 89 * dayMs
const model = 'res.users.apikeys'

/** Renews the API key, which JSON-2 needs and which expires. Passwords and the keys of older versions do not. */
export function openRotation(client: Client, settings: Settings, name: string, clock: Clock): Rotation {
  const label = `crosswalk ${name}`
  return {
    async expiresAt() {
      if ((await client.transport()) !== 'json-2') return null
      const keys = await client.searchRead(model, { domain: [], fields: ['name', 'expiration_date'] })
      const named = keys.filter((key) => String(key.name).startsWith(label))
      const ends = (named.length > 0 ? named : keys).flatMap((key) => instantOf(key.expiration_date) ?? [])
      // Which key is in use cannot be seen: of those we made it is the newest, of others it may be any.
      const sorted = ends.sort()
      return (named.length > 0 ? sorted.at(-1) : sorted[0]) ?? null
    },
    async renew() {
      const ends = shift(clock.now(), lifeMs)
      const value = await client.call({
        model,
        method: 'generate',
        args: {
          key: settings.password,
          scope: 'rpc',
          name: `${label} ${clock.now().slice(0, 10)}`,
          expiration_date: ends.slice(0, 19).replace('T', ' '),
        },
        effect: 'write',
      })
      const password = read(z.string().min(1), value, 'a new API key')
      const kept: Readonly<Record<string, Json | undefined>> = { ...settings, password }
      return Object.fromEntries(
        Object.entries(kept).flatMap(([key, one]): [string, Json][] => (one === undefined ? [] : [[key, one]])),
      )
    },
    async retire(old: Readonly<Record<string, Json>>) {
      const key = old.password
      if (typeof key !== 'string' || key === settings.password) {
        throw new SyncError(`The old API key of connection "${name}" cannot be told from the new one`, {
          problem: { kind: 'configuration_invalid', path: 'password' },
          fix: 'Revoke the old key in Odoo, under the security settings of the user.',
        })
      }
      try {
        await client.call({ model, method: 'revoke', args: { key }, effect: 'write' })
      } catch (error) {
        // Odoo denies a key that it does not know, as one that was revoked before, and says the same when our own login
        // fails: another call tells which.
        if (!isSyncError(error, 'permission_missing', 'auth_rejected')) throw error
        await client.searchRead(model, { domain: [], fields: ['name'], limit: 1 })
      }
    },
  }
}

const instantOf = (value: unknown): Instant | null =>
  typeof value === 'string'
    ? parseInstant(`${value.replace(' ', 'T')}${value.length === 10 ? 'T00:00:00' : ''}Z`)
    : null
