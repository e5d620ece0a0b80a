import type { Decimal } from '../../core/decimal.ts'
import type { Failure, ProblemKind } from '../../core/problem.ts'
import type { RecordRef } from '../../core/ref.ts'
import type { Instant } from '../../core/time.ts'
import type { Condition } from '../alerts.ts'

/** How it goes with a channel, for all processes. */
export interface ChannelState {
  readonly channel: string
  /** Since when there is something to tell; null when there is nothing. */
  readonly waitingSince: Instant | null
  /** When the last message arrived. */
  readonly toldAt: Instant | null
  /** Failures in a row, since when, and when it is tried again. */
  readonly failures: number
  readonly failingSince: Instant | null
  readonly nextTryAt: Instant | null
  readonly failure: Failure | null
  /** Id of the last certificate that was told there. */
  readonly certified: string
}

/** What a channel was told of last. */
export interface Told {
  readonly subject: string
  /** As it was then. */
  readonly condition: Condition
  /** How many of the reminders it had. */
  readonly step: number
  readonly toldAt: Instant
}

/** A record that waits on a problem. */
export interface HeldRecord {
  readonly connection: string
  readonly object: string
  readonly id: string
  readonly label: string | null
  readonly amount: Decimal | null
  readonly currency: string | null
}
export interface HeldBy {
  readonly problem: string
  /** The largest amounts first. */
  readonly records: readonly HeldRecord[]
  /** By currency. */
  readonly sums: readonly { readonly currency: string; readonly amount: Decimal }[]
  /** Records of which no amount is known. */
  readonly unknown: number
}

export interface WaitingDeal {
  readonly sync: string
  readonly ref: RecordRef
  readonly kind: ProblemKind
  /** What is wrong with this very deal. */
  readonly message: string
  readonly since: Instant
  /** On which it waits with others. */
  readonly problem: string
}

/** What people were told, so that several processes tell it once, and a restart tells nothing twice. */
export interface Alerts {
  /** Takes the right to tell for `leaseMs`. @returns false while it is taken */
  take(worker: string, leaseMs: number): Promise<boolean>
  leave(worker: string): Promise<void>
  channels(): Promise<readonly ChannelState[]>
  setChannel(channel: string, state: Omit<ChannelState, 'channel'>): Promise<void>
  told(channel: string): Promise<readonly Told[]>
  /** What the owners that a channel writes to were told, see `ownerChannel`. */
  toldOwners(channel: string): Promise<readonly (Told & { readonly channel: string })[]>
  /** Notes what the channel knows now, and forgets what is over. */
  setTold(channel: string, told: readonly Told[], over: readonly string[]): Promise<void>
  /** Deals of these syncs that wait on problems of these kinds, those that wait longest first. */
  waiting(syncs: readonly string[], kinds: readonly ProblemKind[], max: number): Promise<readonly WaitingDeal[]>
  /** Forgets all channels but these. */
  keepChannels(channels: readonly string[]): Promise<void>
  /**
   * What waits on problems, with what the links of these syncs know of it: name and amount.
   * @param most  records named for each problem
   */
  held(
    problems: readonly string[],
    links: { syncs: readonly string[]; kinds: readonly string[] },
    most: number,
  ): Promise<readonly HeldBy[]>
}
