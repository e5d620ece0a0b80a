import type { Evaluator } from '../../mapping/run/run.ts'
import type { SendAlert } from '../../ports/alerts.ts'
import type { Clock } from '../../ports/clock.ts'
import type { CallScopes } from '../../ports/http.ts'
import type { Ledger } from '../../ports/ledger/ledger.ts'
import type { Log } from '../../ports/log.ts'

/** What every use case needs; made once in main. */
export interface Deps {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly log: Log
  readonly evaluator: Evaluator
  /** The scope of calls: lane, and whether they may write. */
  readonly scopes: CallScopes
  readonly sendAlert: SendAlert
  /** Names this process in leases. */
  readonly worker: string
}
