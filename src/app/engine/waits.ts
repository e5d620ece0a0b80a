import type { QuotaWait } from '../../ports/ledger/quotas.ts'
import type { Deps } from '../bench/deps.ts'
import type { Project } from '../project/project.ts'

/** The syncs that wait until a quota is free again: with all their work, or with what is behind live work. */
export async function quotaWaits(
  project: Pick<Project, 'config' | 'endpoints'>,
  { ledger, clock }: Pick<Deps, 'ledger' | 'clock'>,
): Promise<readonly QuotaWait[]> {
  const counts = await ledger.inbox.counts()
  const behind = await ledger.quotas.waits()
  const paused = new Map<string, QuotaWait['until']>()
  for (const name of project.endpoints.keys()) {
    const { pausedBecause, pausedUntil } = await ledger.connections.get(name)
    if (pausedBecause?.problem.kind !== 'rate_limited' || pausedUntil === null || pausedUntil <= clock.now()) continue
    paused.set(name, pausedUntil)
  }
  return Object.entries(project.config.syncs).flatMap(([sync, { from, to }]): readonly QuotaWait[] => {
    const connection = [from, to].find((name) => paused.has(name))
    const until = paused.get(connection ?? '')
    if (connection === undefined || until === undefined) return behind.filter((one) => one.sync === sync)
    const { due = 0, later = 0 } = counts.find((one) => one.sync === sync) ?? {}
    return [{ sync, lane: 'live', connection, until, records: due + later }]
  })
}
