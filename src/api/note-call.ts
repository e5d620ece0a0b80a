import type { Request } from 'express'
import type { JsonObject } from '../core/json.ts'
import type { AuditEntry } from '../ports/ledger/accounts.ts'
import type { Log } from '../ports/log.ts'
import type { ApiUses } from './use-cases.ts'

interface Call extends Pick<AuditEntry, 'actor' | 'outcome'> {
  readonly operation: string
  /** What of it the log has as well. */
  readonly shown: Readonly<Record<string, unknown>>
  /** Without secrets. */
  readonly subject: JsonObject
}

/** Tells the log and the audit who asked for what, and what came of it. */
export async function noteCall(
  { accounts, log }: Pick<ApiUses, 'accounts'> & { readonly log: Log },
  { ip }: Request,
  { operation, shown, subject, actor, outcome }: Call,
): Promise<void> {
  log.info('api_call', { operation, ...shown, actor, from: ip, outcome })
  // It is done, or refused, all the same; the line above tells it.
  await accounts
    .audit({ actor, from: ip ?? null, action: operation, subject, outcome })
    .catch((error: unknown) => log.error('audit_not_stored', { operation, reason: String(error) }))
}
