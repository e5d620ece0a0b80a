import { z } from 'zod'

export const days = z.int().min(1).max(36_500)
const asAll = days.optional()

/** How long each kind of data is kept. */
export const retentionSchema = z
  .strictObject({
    timelines_days: asAll.describe('Entries of timelines; `retention_days` unless given'),
    timeline_entries: z
      .int()
      .min(20)
      .default(500)
      .describe('Entries of the timeline of one record; beyond them those in the middle are removed, which it tells'),
    webhooks_days: asAll.describe('Raw webhooks, and which events came; `retention_days` unless given, but 30 at most'),
    runs_days: asAll.describe('Runs; `retention_days` unless given'),
    problems_days: asAll.describe('Problems that are solved; `retention_days` unless given'),
    certificates_days: days.default(3650).describe('The nightly certificates'),
    audit_days: days.default(1095).describe('Who asked for what'),
    links_days: days
      .default(90)
      .describe(
        'Of an order that is paid or cancelled, what was written to it and its deal; then it is kept compressed',
      ),
    unconfigured_days: days
      .default(30)
      .describe('What is remembered of a sync or a connection that is taken out of the configuration'),
  })
  .prefault({})
