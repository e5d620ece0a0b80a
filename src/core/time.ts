/** A moment in UTC, ISO 8601 with milliseconds: `2026-11-24T09:30:00.000Z`. Sorts as text. */
export type Instant = string & { readonly instant: true }
/** A calendar date without a zone: `2026-11-24`. */
export type PlainDate = string & { readonly plainDate: true }

const instantShape = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/
const dateShape = /^\d{4}-\d{2}-\d{2}$/

/** Reads ISO 8601 with a zone, or epoch milliseconds as a number or digits. Null for anything else. */
export function parseInstant(value: unknown): Instant | null {
  if (typeof value === 'number') return fromMillis(value)
  if (typeof value !== 'string') return null
  if (/^\d{12,14}$/.test(value)) return fromMillis(Number(value))
  return instantShape.test(value) ? fromMillis(Date.parse(value)) : null
}

/** Reads `YYYY-MM-DD`; an impossible date (30 February) is null. */
export function parsePlainDate(value: unknown): PlainDate | null {
  if (typeof value !== 'string' || !dateShape.test(value)) return null
  const at = new Date(`${value}T00:00:00Z`)
  return Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== value ? null : (value as PlainDate)
}

export function fromMillis(millis: number): Instant | null {
  return Number.isFinite(millis) && Math.abs(millis) <= 8.64e15 ? (new Date(millis).toISOString() as Instant) : null
}
export const toMillis = (instant: Instant): number => Date.parse(instant)
/** Moves an instant by milliseconds, either way. */
export const shift = (instant: Instant, millis: number): Instant =>
  new Date(toMillis(instant) + millis).toISOString() as Instant
