import { z } from 'zod'
import type { Json } from '../../src/core/json.ts'
import { SyncError } from '../../src/core/problem.ts'
import { type Instant, parseInstant, shift } from '../../src/core/time.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Rotation } from '../../src/ports/connector.ts'
import { once } from '../kit/once.ts'
import { type Client, read } from './client.ts'
import { isSyncError } from './errors.ts'
import type { Settings } from './settings.ts'

const dayMs = 86_400_000
// Odoo lets a key live three months at most.
const lifeMs = 89 * dayMs
const model = 'res.users.apikeys'

export interface Keys extends Rotation {
  /** What a key is called that we make, and that a person makes for us. */
  readonly label: string
  /** Whether this Odoo gives a new key for the one in hand. 19.0 has keys made in the browser alone. */
  renews(): Promise<boolean>
}

/** Renews the API key, which JSON-2 needs and which expires. Passwords and the keys of older versions do not. */
export function openRotation(client: Client, settings: Settings, name: string, clock: Clock): Keys {
  const label = `crosswalk ${name}`
  const renews = once(async (): Promise<boolean> => {
    try {
      // Without its arguments it makes nothing: only whether it is there is asked.
      await client.call({ model, method: 'generate', effect: 'read' })
    } catch (error) {
      if (!isSyncError(error, 'configuration_invalid', 'permission_missing', 'auth_rejected', 'record_rejected'))
        throw error
      // JSON-2 and JSON-RPC say it differently.
      return !/does not exist|has no attribute/.test(error.message)
    }
    return true
  })
  return {
    label,
    renews,
    async expiresAt() {
      if ((await client.transport()) !== 'json-2') return null
      // An administrator sees the keys of everybody.
      const userId = await client.userId()
      const keys = await client.searchRead(model, {
        domain: userId === null ? [] : [['user_id', '=', userId]],
        fields: ['name', 'expiration_date'],
      })
      // Which key is in use cannot be seen: of those with our name it is the last to end, of others it may be any.
      const named = keys.filter((key) => String(key.name).startsWith(label))
      const ends = (named.length > 0 ? named : keys).map((key) => instantOf(key.expiration_date))
      if (named.length > 0 && ends.includes(null)) return null
      const sorted = ends.filter((end) => end !== null).sort()
      return (named.length > 0 ? sorted.at(-1) : sorted[0]) ?? null
    },
    async renew() {
      if (!(await renews())) {
        throw new SyncError(`Odoo ${(await client.version()).text} gives no new API key to a program`, {
          problem: { kind: 'configuration_invalid', path: 'password' },
          fix: `${newKey(label)} and put it into the configuration before the old one ends.`,
        })
      }
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

/** What a person does where Odoo renews no key. */
export const newKey = (label: string): string =>
  `Make a new API key named "${label}" in Odoo (user menu, My Preferences, Security; an administrator may choose one without an end)`

const instantOf = (value: unknown): Instant | null =>
  typeof value === 'string'
    ? parseInstant(`${value.replace(' ', 'T')}${value.length === 10 ? 'T00:00:00' : ''}Z`)
    : null
