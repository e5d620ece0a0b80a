import type { AccountsOf } from '../app/accounts/accounts.ts'
import type { Crosswalk } from '../app/crosswalk.ts'
import type { Live } from '../app/live.ts'
import type { WebhookReply, WebhookRequest } from '../ports/connector.ts'
import type { IdentityProvider } from '../ports/identity-provider.ts'
import type { Role } from './contract.ts'

/** The use cases that the REST API opens to others; a SyncError they throw is shown with its text and fix. */
export type UseCases = Pick<
  Crosswalk,
  | 'addTableEntry'
  | 'assignees'
  | 'assignProblem'
  | 'alerts'
  | 'backfill'
  | 'certificates'
  | 'changeSync'
  | 'beginSyncs'
  | 'check'
  | 'checkDraft'
  | 'connect'
  | 'connection'
  | 'deal'
  | 'dealNames'
  | 'decide'
  | 'disconnect'
  | 'documents'
  | 'endShare'
  | 'erase'
  | 'hold'
  | 'home'
  | 'linkCustomer'
  | 'missingEntries'
  | 'muteProblem'
  | 'pageOfDeals'
  | 'pageOfProblems'
  | 'preview'
  | 'problem'
  | 'project'
  | 'projectFiles'
  | 'publish'
  | 'reconcile'
  | 'resume'
  | 'retry'
  | 'revert'
  | 'revision'
  | 'revisions'
  | 'runs'
  | 'setup'
  | 'share'
  | 'sharedOrder'
  | 'shares'
  | 'status'
  | 'sync'
  | 'testAlerts'
  | 'systems'
  | 'timeline'
  | 'tryConnection'
  | 'tryDraft'
  | 'unmuteProblem'
  | 'waitingOn'
  | 'worth'
>

/** Sign-in at a provider. */
export interface SingleSignOn {
  /** What people call it. */
  readonly name: string
  readonly provider: IdentityProvider
  /** Groups of the provider by the role that they give. */
  readonly roles: Readonly<Partial<Record<Role, readonly string[] | undefined>>>
}

/** What the routes are served with. */
export interface ApiUses {
  readonly crosswalk: UseCases & { as(actor: string): UseCases }
  readonly accounts: AccountsOf
  readonly live: Live
  /** Null where people sign in with passwords alone. */
  readonly singleSignOn: SingleSignOn | null
  /** Queues detection and delivery; does not wait for them. */
  runSync(sync: string, actor: string | null): Promise<void>
}

export interface Webhooks {
  /** Whether this is the secret part of the address of a connection that receives webhooks. Compared in constant time. */
  knows(connection: string, token: string): boolean
  /**
   * Verifies and stores. @returns 204, or 200 with a reply, only when all of it is stored; 401 or 400 as the connector
   * says; 404 for an unknown connection and for a wrong token alike. @throws when storing failed: the sender gets 503 and
   * sends again
   */
  receive(
    connection: string,
    token: string,
    request: WebhookRequest,
  ): Promise<{ readonly status: number; readonly reply?: WebhookReply | null }>
}
