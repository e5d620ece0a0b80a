import type { ProviderIdentity } from './ledger/accounts.ts'

/** What the browser keeps between the way to the provider and the way back. */
export interface Handshake {
  readonly verifier: string
  readonly state: string
  readonly nonce: string
}

/** A person, as the provider tells of them. */
export interface ProviderPerson extends ProviderIdentity {
  /** By which they may be known here, the best one first. */
  readonly names: readonly string[]
  readonly display: string | null
  readonly groups: readonly string[]
}

/** Signs people in by OpenID Connect. */
export interface IdentityProvider {
  /** Where the browser is to go. @throws SignOnError */
  begin(): Promise<{ readonly address: string; readonly handshake: Handshake }>
  /**
   * Who has come back. @param query  of the address that the provider sent the browser to, `?` included
   * @throws SignOnError
   */
  finish(query: string, handshake: Handshake): Promise<ProviderPerson>
}

/** It did not answer; it let nobody in; it does not accept this server; its answer proves nothing. */
export type SignOnFailure = 'away' | 'denied' | 'unaccepted' | 'unproven'

/** Its message is a code, such as `invalid_grant`: nothing of what was sent or received. */
export class SignOnError extends Error {
  readonly failure: SignOnFailure
  constructor(failure: SignOnFailure, code: string, options: ErrorOptions = {}) {
    super(code, options)
    this.failure = failure
  }
}
