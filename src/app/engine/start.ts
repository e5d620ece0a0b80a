import { failureOf, type SyncError } from '../../core/problem.ts'
import type { Ledger } from '../../ports/ledger/ledger.ts'

/** Under which it is kept that a sync cannot be opened, whatever the reason: opening it is what heals it. */
const cause = 'start'

export async function tellNotStarted(sync: string, error: SyncError, ledger: Ledger): Promise<void> {
  await ledger.problems.raise([{ sync, causeKey: cause, failure: failureOf(error), records: [] }])
}

/** The sync was opened: whatever kept it from that is over, whichever process met it. */
export async function tellStarted(sync: string, ledger: Ledger): Promise<void> {
  await ledger.problems.close(sync, [cause])
}

export const isNotStarted = (problem: { readonly causeKey: string }): boolean => problem.causeKey === cause
