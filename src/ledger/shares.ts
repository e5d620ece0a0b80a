/** What one process has of a connection's calls at once; instants in milliseconds of the database's clock. */
interface Share {
  /** How many nobody else may have: its share, or what it has under way where that is more. None while it waits for its turn. */
  readonly held: number
  /** When its turn or its wait began. */
  readonly since: number
  /** A process that dies gives up its share then. */
  readonly until: number
}
export type Holders = Readonly<Record<string, Share>>

export const leaseMs = 10_000
/** How long a process keeps its only call where there are more processes than calls. */
const turnMs = 2_000

/**
 * The share of one process, and with it those of all. The processes that have calls to make share alike; none takes what
 * another one still holds, so that together they keep to the limit while shares change.
 * @param busy  calls that it has under way, which cannot be taken back
 * @returns also how many it may have under way from now on
 */
export function share(
  holders: Holders,
  { worker, limit, busy, at }: { worker: string; limit: number; busy: number; at: number },
): { readonly holders: Holders; readonly width: number } {
  const others = Object.entries(holders).filter(([name, { until }]) => name !== worker && until > at)
  const free = Math.max(0, limit - others.reduce((sum, [, { held }]) => sum + held, 0))
  const before = holders[worker]
  const own = before !== undefined && before.until > at ? before : { held: 0, since: at }
  const waiting = others.filter(([, { held }]) => held === 0).map(([, { since }]) => since)

  const users = others.length + 1
  const earlier = others.filter(([name]) => name < worker).length
  const even = Math.floor(limit / users) + (earlier < limit % users ? 1 : 0)
  const width = Math.min(free, limit >= users ? even : turn())
  const held = Math.max(busy, width)

  /** More processes than calls: who had its turn makes room for those that wait, and they come in their order. */
  function turn(): number {
    if (own.held > 0) return waiting.length > 0 && at - own.since >= turnMs ? 0 : 1
    return waiting.filter((since) => since < own.since).length < free ? 1 : 0
  }

  const since = held > 0 === own.held > 0 ? own.since : at
  return { holders: { ...Object.fromEntries(others), [worker]: { held, since, until: at + leaseMs } }, width }
}
