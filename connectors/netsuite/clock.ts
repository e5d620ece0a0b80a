import { DateTime } from 'luxon'
import { type Instant, shift, toMillis } from '../../src/core/time.ts'
import type { Client } from './client.ts'
import { asTime } from './schema.ts'
import type { Settings } from './settings.ts'

const minuteMs = 60_000
const quarterMs = 15 * minuteMs

/** Times of SuiteQL have no zone. Minutes that they are ahead of UTC, rounded to what zones differ by. */
export const offsetBetween = (text: string, at: Instant): number =>
  Math.round((millisOf(text) - toMillis(at)) / quarterMs) * 15

/** `2026-11-24 01:30:00`, as SuiteQL would show the instant. */
export const localText = (at: Instant, offset: number): string =>
  shift(at, offset * minuteMs)
    .slice(0, 19)
    .replace('T', ' ')

export const instantOf = (text: string, offset: number): Instant =>
  new Date(millisOf(text) - offset * minuteMs).toISOString() as Instant

/** Of a text as if it were in UTC: for differences between two of them. */
export const millisOf = (text: string): number => Date.parse(`${text.replace(' ', 'T')}Z`)

interface Measure {
  readonly offset: number
  /** UTC when it was measured. */
  readonly at: Instant
}

/** The zone that SuiteQL shows times in: named by the settings, else measured. */
export interface ServerZone {
  /** Null where it has to be measured. */
  named(at: Instant): number | null
  /** Compares NetSuite's local time with its UTC, in one call. */
  measure(): Promise<Measure>
}

export function openZone(client: Client, { timeZone }: Settings): ServerZone {
  return {
    named: (at) => (timeZone === undefined ? null : DateTime.fromISO(at, { zone: timeZone }).offset),
    async measure() {
      const page = await client.query(`SELECT ${asTime('SYSDATE')} AS now FROM dual`, [], { limit: 1 })
      const at = page.at ?? (await client.serverTime())
      const now = page.rows[0]?.now
      return { offset: now === undefined ? 0 : offsetBetween(now, at), at }
    },
  }
}
