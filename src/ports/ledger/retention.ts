import type { Instant } from '../../core/time.ts'

/** How long what is kept for people stays, in days, and what the configuration names. */
export interface Keep {
  readonly timelines: number
  readonly webhooks: number
  readonly runs: number
  readonly problems: number
  readonly certificates: number
  readonly audit: number
  /** How long what belongs to a sync or a connection stays that is configured no more. */
  readonly unconfigured: number
  /** How long what was written to an order that is over stays as it is; then it is archived. */
  readonly links: number
  /** Entries of one record's timeline at most; those in the middle go first. */
  readonly timelineEntries: number
  readonly configured: {
    readonly syncs: readonly string[]
    readonly connections: readonly string[]
    readonly channels: readonly string[]
  }
}

/** Keeps the ledger from growing for ever: every table has a rule. */
export interface Retention {
  /** Takes the turn to do a periodic task. @returns false when some process began it less than `restMs` ago */
  take(task: string, restMs: number): Promise<boolean>
  /** Removes what no rule keeps any longer. @returns the rows that went, by table; those of which none did are absent */
  purge(keep: Keep, now: Instant): Promise<Readonly<Record<string, number>>>
  /** Archives links of orders that are over. Nothing is lost. @returns how many */
  archive(keep: Pick<Keep, 'links'>, now: Instant): Promise<number>
}
