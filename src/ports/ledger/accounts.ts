import type { Json } from '../../core/json.ts'
import type { Instant } from '../../core/time.ts'

export interface Account {
  /** By which they sign in; in small letters. */
  readonly name: string
  readonly display: string
  readonly role: string
  readonly createdAt: Instant
  /** When a session of theirs was last used, to the minute. */
  readonly seenAt: Instant | null
  /** Whether they can sign in: with a password that they chose, or at the provider. */
  readonly isReady: boolean
  /** Whether they sign in at the provider; they have no password then. */
  readonly isSingleSignOn: boolean
  readonly isDisabled: boolean
}

/** Of a person, as a provider knows them. */
export interface ProviderIdentity {
  readonly issuer: string
  /** Theirs for ever, and nobody else's there. */
  readonly subject: string
}

export interface ApiToken {
  readonly id: string
  readonly name: string
  readonly role: string
  readonly createdBy: string
  readonly createdAt: Instant
  readonly endsAt: Instant
  readonly usedAt: Instant | null
}

export interface AuditEntry {
  readonly at: Instant
  readonly actor: string | null
  readonly from: string | null
  readonly action: string
  readonly subject: Json
  readonly outcome: 'done' | 'refused' | 'failed'
}

/** Who may use the console and the API. Secrets come and are kept as digests; times are those of the database's clock. */
export interface Accounts {
  list(): Promise<readonly Account[]>
  /** @returns false when there is one of that name */
  add(account: Pick<Account, 'name' | 'display' | 'role'>): Promise<boolean>
  /** Who that is here; null when they have not come before. */
  ofIdentity(identity: ProviderIdentity): Promise<Account | null>
  /**
   * Adds a person who signs in at a provider, under the first of these names that is free. @returns the name; null when none
   * is, or when the person was added meanwhile
   */
  addOfIdentity(
    identity: ProviderIdentity,
    account: Pick<Account, 'display' | 'role'> & { readonly names: readonly string[] },
  ): Promise<string | null>
  /** Who is disabled loses all sessions. @returns null when there is none of that name */
  change(name: string, change: { readonly role?: string; readonly isDisabled?: boolean }): Promise<Account | null>
  /** The hash of a password; null for nobody, for who has none, and for who is disabled. */
  password(name: string): Promise<string | null>
  /** All sessions and links of that account end. @returns the sessions */
  setPassword(name: string, hash: string): Promise<number>
  /** Takes the place of earlier ones of that account. */
  addLink(link: { readonly digest: Uint8Array; readonly account: string; readonly lastsMs: number }): Promise<Instant>
  /** Whose link that is, null when it is over. */
  link(digest: Uint8Array): Promise<string | null>
  /** Uses it up. @returns false when somebody else did, or it is over */
  takeLink(digest: Uint8Array): Promise<boolean>
  addSession(session: {
    readonly digest: Uint8Array
    readonly account: string
    readonly lastsMs: number
  }): Promise<Instant>
  /** Whose session that is, which counts as a use of it; null when it is over, or was not used for so long. */
  session(digest: Uint8Array, idleMs: number): Promise<{ readonly account: Account; readonly endsAt: Instant } | null>
  /** @returns whether there was one */
  endSession(digest: Uint8Array): Promise<boolean>
  /** All of that account. @returns how many */
  endSessions(name: string): Promise<number>
  addToken(
    token: Pick<ApiToken, 'name' | 'role' | 'createdBy'> & { readonly digest: Uint8Array; readonly lastsMs: number },
  ): Promise<ApiToken>
  tokens(): Promise<readonly ApiToken[]>
  /** Whose token that is, null when it is over. */
  token(digest: Uint8Array): Promise<ApiToken | null>
  /** @returns whether there was one */
  endToken(id: string): Promise<boolean>
  audit(entry: Omit<AuditEntry, 'at'>): Promise<void>
  /** Newest first. */
  audited(filter: {
    readonly text?: string
    readonly after?: string
    readonly max: number
  }): Promise<readonly (AuditEntry & { readonly id: string })[]>
}
