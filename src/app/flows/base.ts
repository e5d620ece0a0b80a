import { CronExpressionParser } from 'cron-parser'
import { IANAZone } from 'luxon'
import { z } from 'zod'
import { type Instant, parseInstant } from '../../core/time.ts'

export const name = z.string().regex(/^[a-z][a-z0-9_-]{0,40}$/, 'a name has small letters, digits, "_" and "-"')

export const instant = z.string().transform((value, context): Instant => {
  const parsed = parseInstant(value)
  if (parsed !== null) return parsed
  context.addIssue({ code: 'custom', message: 'not an instant with a zone, such as "2026-11-01T00:00:00Z"' })
  return z.NEVER
})

function isCron(text: string): boolean {
  try {
    CronExpressionParser.parse(text)
    return true
  } catch {
    return false
  }
}

/** The next times of a schedule after a moment; none for one that never comes, such as the 30th of February. */
export function nextTimes({ cron, time_zone }: Schedule, after: Instant, count: number): readonly Instant[] {
  const times = CronExpressionParser.parse(cron, { tz: time_zone, currentDate: after })
  try {
    return Array.from({ length: count }, () => times.next().toDate().toISOString() as Instant)
  } catch {
    return []
  }
}

export const isZone = (text: string): boolean => IANAZone.isValidZone(text)

export const syncBase = {
  from: name.describe('Connection that is read'),
  to: name.describe('Connection that is written to'),
  schedule: z
    .strictObject({
      cron: z.string().refine(isCron, 'not a cron expression, such as "*/2 * * * *"').describe('Five or six fields'),
      time_zone: z
        .string()
        .refine(isZone, 'not a time zone, such as "Europe/Berlin"')
        .default('UTC')
        .describe('IANA name'),
    })
    .nullable()
    .default({ cron: '*/2 * * * *', time_zone: 'UTC' })
    .describe('When changes are polled; null leaves it to webhooks and to `crosswalk run`'),
  mode: z
    .enum(['live', 'shadow'])
    .default('live')
    .describe('shadow is a dry run: it plans and reports everything and writes nothing'),
  batch: z.int().min(1).max(1000).default(1000).describe('Records worked on at once'),
}

export const mappingFile = z.string().optional().describe('Path from the folder of the project')

/** What every sync has in the configuration. */
export interface SyncConfig extends z.output<z.ZodObject<typeof syncBase>> {
  readonly document: string
}
export type Schedule = NonNullable<SyncConfig['schedule']>

const scalar = z.union([z.string(), z.number(), z.boolean()])
/** Values by path: one, one of several, or any at all. */
export const condition = z.record(
  z.string(),
  z.union([scalar, z.array(scalar).min(1), z.strictObject({ present: z.literal(true) })]),
)
