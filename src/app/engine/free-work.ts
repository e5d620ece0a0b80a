import type { Deps } from '../bench/deps.ts'

/** Frees what dead workers hold, and what waits for a time that a clock had told too early. */
export async function freeWork({ ledger, log }: Pick<Deps, 'ledger' | 'log'>): Promise<void> {
  const backMs = await ledger.followClock()
  if (backMs !== null) log.warn('the clock of the database was put back: what waits moved with it', { backMs })
  await ledger.inbox.free()
}
