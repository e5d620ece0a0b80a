import type { Failure } from '../../core/problem.ts'
import { shift } from '../../core/time.ts'
import type { Deps } from '../bench/deps.ts'
import { clockOff, connectionCause } from '../bench/endpoint.ts'

/** As far as HubSpot and NetSuite let the clock of a signature be off. */
const offMs = 5 * 60_000
/** One reply may come from a cache, or from one server of many whose own clock is wrong. */
const repliesMin = 3
/** Another process whose clock is off says so again each minute. What was seen later than now was seen by a clock that was ahead. */
const othersMs = 5 * 60_000

/** How far the clock of this machine is from those of the systems, as their replies tell. */
export interface Clocks {
  /** @param aheadMs  how far ours is ahead of the system's, negative when it is behind */
  note(connection: string, aheadMs: number): void
  /** Raises a problem of each connection from which our clock is off, and closes it when it is not any more. */
  tell(connections: readonly string[], deps: Pick<Deps, 'ledger' | 'clock'>): Promise<void>
}

export function openClocks(): Clocks {
  const latest = new Map<string, readonly number[]>()
  return {
    note(connection, aheadMs) {
      latest.set(connection, [...(latest.get(connection) ?? []), aheadMs].slice(-repliesMin))
    },
    async tell(connections, { ledger, clock }) {
      const now = clock.now()
      const open = await ledger.problems.whole(connections.map(connectionCause))
      for (const connection of connections) {
        const replies = latest.get(connection) ?? []
        if (replies.length < repliesMin) continue
        const sync = connectionCause(connection)
        const nearest = replies.reduce((one, other) => (Math.abs(other) < Math.abs(one) ? other : one))
        const before = open.find((one) => one.sync === sync && one.causeKey === clockOff)
        if (Math.abs(nearest) > offMs)
          await ledger.problems.raise([
            { sync, causeKey: clockOff, failure: failureOf(connection, nearest), records: [] },
          ])
        else if (
          before !== undefined &&
          (before.lastSeen < shift(now, -othersMs) || before.lastSeen > shift(now, othersMs))
        )
          await ledger.problems.close(sync, [clockOff])
      }
    },
  }
}

function failureOf(connection: string, aheadMs: number): Failure {
  const far = `${Math.round(Math.abs(aheadMs) / 60_000)} minutes ${aheadMs > 0 ? 'ahead of' : 'behind'}`
  return {
    problem: { kind: 'configuration_invalid', path: 'clock' },
    message: `The clock of a machine that Crosswalk runs on is ${far} the clock of connection "${connection}".`,
    fix: 'Set it by NTP (`timedatectl set-ntp true`). Until then webhooks and logins may be refused, and days may be wrong. This closes by itself.',
  }
}
