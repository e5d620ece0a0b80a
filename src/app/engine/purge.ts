import type { Keep } from '../../ports/ledger/retention.ts'
import type { Deps } from '../bench/deps.ts'
import type { Config } from '../project/config.ts'

/** How long after the last time it counts as missed. */
export const missedNightMs = 25 * 3_600_000
/** No system sends an event again after a few days, and nothing but a person's search needs them. */
const webhooksDaysMost = 30

/** Removes what the configuration does not keep, and archives what is over, unless some process began with it less than `restMs` ago. */
export async function purge(
  config: Config,
  restMs: number,
  { ledger, clock, log }: Pick<Deps, 'ledger' | 'clock' | 'log'>,
): Promise<void> {
  if (!(await ledger.retention.take('purge', restMs))) return
  const keep = keepOf(config)
  const rows = await ledger.retention.purge(keep, clock.now())
  if (Object.keys(rows).length > 0) log.info('purged', { rows })
  const archived = await ledger.retention.archive(keep, clock.now())
  if (archived > 0) log.info('archived', { links: archived })
}

function keepOf({ retention_days: all, retention: own, connections, syncs, alerts }: Config): Keep {
  return {
    timelines: own.timelines_days ?? all,
    webhooks: own.webhooks_days ?? Math.min(all, webhooksDaysMost),
    runs: own.runs_days ?? all,
    problems: own.problems_days ?? all,
    certificates: own.certificates_days,
    audit: own.audit_days,
    unconfigured: own.unconfigured_days,
    links: own.links_days,
    timelineEntries: own.timeline_entries,
    configured: {
      syncs: Object.keys(syncs),
      connections: Object.keys(connections),
      channels: Object.keys(alerts.channels),
    },
  }
}
