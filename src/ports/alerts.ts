import type { JsonObject } from '../core/json.ts'
import type { Instant } from '../core/time.ts'

export type Severity = 'warning' | 'urgent'

/** Something that is open and that a person should know of. */
export interface Condition {
  /** Names it for as long as it is open. */
  readonly subject: string
  /** The sync, or the connection, that it is about. */
  readonly about: string
  readonly severity: Severity
  /** By which several are told on one line: a kind of problem, `stale`, `expiring`. */
  readonly kind: string
  readonly title: string
  readonly message: string
  /** What a person can do. */
  readonly fix: string
  readonly command: string
  readonly since: Instant
  /** Records that wait on it, and how people call them: `deal`. */
  readonly waiting: number
  readonly record: string
  /** The problem of the ledger, null for what is none. */
  readonly problem: string | null
}

/** Where people are told. Addresses of webhooks are secrets: whoever knows one can write to the channel. */
export type Channel = EmailChannel | WebhookChannel

export interface EmailChannel {
  readonly kind: 'email'
  readonly host: string
  readonly port: number
  readonly encryption: 'starttls' | 'tls' | 'none'
  readonly user?: string | undefined
  readonly password?: string | undefined
  readonly from: string
  readonly to: readonly string[]
  /** Whether owners of deals are written to as well, each about their own, at addresses of these domains alone. */
  readonly owners?: boolean | undefined
  readonly owner_domains?: readonly string[] | undefined
}

export interface WebhookChannel {
  readonly kind: 'slack' | 'teams' | 'wecom' | 'dingtalk' | 'feishu' | 'json'
  readonly url: string
  /** With which the message is signed, where the channel demands it. */
  readonly secret?: string | undefined
}

export interface AlertMessage {
  /** The same when the same message is sent again. */
  readonly id: string
  /** One line. */
  readonly subject: string
  /** Plain text, most important first. */
  readonly lines: readonly string[]
  /** For programs. */
  readonly json: JsonObject
}

/**
 * Sends one message; secrets are removed from it here.
 * @returns what the other side answered
 * @throws SyncError `unavailable`, `outcome_unknown`, `auth_rejected`, `configuration_invalid` or `bad_reply`
 */
export type SendAlert = (name: string, channel: Channel, message: AlertMessage) => Promise<string>
