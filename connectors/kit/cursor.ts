import { z } from 'zod'
import { SyncError } from '../../src/core/problem.ts'
import { type Instant, parseInstant } from '../../src/core/time.ts'

/** An instant as we write it: UTC, milliseconds. */
export const instantSchema = z.custom<Instant>((value) => typeof value === 'string' && parseInstant(value) === value)

/** A cursor of ours as the engine gave it back. @param system  its title. @throws SyncError when it is none of ours */
export function parseCursor<T>(schema: z.ZodType<T>, cursor: unknown, system: string): T {
  const read = schema.safeParse(cursor)
  if (read.success) return read.data
  throw new SyncError(`The stored place in the changes of ${system} cannot be read`, {
    problem: { kind: 'configuration_invalid', path: 'cursor' },
    fix: 'Start the sync anew from a date with `crosswalk backfill`; what was transferred before is recognised.',
    cause: read.error,
  })
}
