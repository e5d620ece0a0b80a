import type { z } from 'zod'
import type { Condition } from '../core/condition.ts'
import type { Json, JsonObject } from '../core/json.ts'
import type { Failure } from '../core/problem.ts'
import type { Instant } from '../core/time.ts'
import type { Clock } from './clock.ts'
import type { OpenHttp } from './http.ts'
import type { Log } from './log.ts'

/** The code for one system. Everything the engine knows of a system, it knows through this. */
export interface Connector {
  readonly name: string
  readonly title: string
  readonly role: 'crm' | 'erp'
  /** Settings of one account. `.describe()` becomes the reference page; `.meta({ secret: true })` marks secrets. */
  readonly settings: z.ZodType
  /** What is to be done in the system first, in order, in the words of its own menus. */
  readonly steps: Steps
  /** Does no I/O. @throws ZodError when `settings` do not fit the schema */
  open(settings: unknown, deps: ConnectionDeps): Connection
}

/** In the languages of the console. */
export type Steps = Readonly<Record<'en' | 'zh', readonly string[]>>

export interface ConnectionDeps {
  /** The connection's name, for error texts. */
  readonly name: string
  readonly http: OpenHttp
  readonly clock: Clock
  readonly log: Log
}

/** One account of a system, opened with valid settings. */
export interface Connection {
  /**
   * Proves address, login, least rights and API version without writing anything.
   * @throws SyncError `unavailable`, `auth_rejected`
   */
  check(): Promise<CheckReport>
  /** The fields of an object as this account has them. Cached for the connection's life. @throws SyncError */
  describe(object: string): Promise<ObjectSchema>
  /**
   * Pages oldest first. Every cursor is safe to store: reading again from it may repeat records, never skip one.
   * An object's changes include those of the records that belong to it (an order's shipments, invoices, …). When
   * nothing changed, one call and no page, or one empty page with the moved cursor. Of the records that `watch` names all
   * are told; others may be told as well where the system cannot leave them out.
   */
  changes(watch: Watch, since: ChangesSince): AsyncIterable<ChangePage>
  /**
   * Reads records as they are now, in the order of `ids`; null where one is gone. Fetches just what `paths` names, see
   * `ObjectSchema`. A record that was merged comes back under the surviving id. Any number of ids.
   */
  read(object: string, ids: readonly string[], paths: readonly string[]): Promise<readonly (RemoteRecord | null)[]>
  /** Matches of each query, in the order of `queries`, archived ones included and marked. Any number of queries. */
  find(object: string, queries: readonly Query[]): Promise<readonly (readonly Match[])[]>
  /**
   * Outcomes in the order of `writes`, one for each; a bad record never fails its neighbours. Throws only when
   * certainly nothing at all was written. Any number of writes.
   */
  write(writes: readonly Write[]): Promise<readonly WriteOutcome[]>
  /** What `write` takes, by object; other objects are refused. Lint and the contract suite read it. */
  readonly writes: Readonly<Record<string, ObjectWrites>>
  /**
   * What the account has of which a company may use a part alone, for whoever sets up a connection. Changes nothing; what the
   * login may not read is left out. @throws SyncError `unavailable`, `auth_rejected`
   */
  choices(): Promise<readonly AccountChoice[]>
  /** Creates what we need in the other system (write-back properties), or says that it is there. May run again. */
  readonly setup: (() => Promise<readonly SetupStep[]>) | null
  /**
   * Understands a webhook of this connection. Pure but for the clock; null when the system sends none.
   * @param accountId  the account's own id, null as long as the system has not told it
   */
  readonly receive: ((request: WebhookRequest, accountId: string | null) => WebhookVerdict) | null
  /**
   * Follows the system's own stream of events until `stream.signal` fires; null where the system has none or the settings
   * ask for none. Events are hints: what a stream loses, polling finds. @throws SyncError when the stream breaks off
   */
  readonly listen: ((stream: EventStream) => Promise<void>) | null
  /** Replaces the login secret by a fresh one, where the system can; the old one is revoked by `retire`. */
  readonly rotate: Rotation | null
}

export interface CheckReport {
  readonly account: Account
  readonly findings: readonly CheckFinding[]
}
export interface Account {
  /** The account's own id in its system: HubSpot's portal id, Odoo's database uuid. Part of every key. */
  readonly id: string
  readonly name: string
  /** IANA name. */
  readonly timeZone: string
  /** ISO 4217 code of the company's own currency, null when unknown. */
  readonly currency: string | null
  readonly apiVersion: string
}
export interface CheckFinding {
  readonly level: 'ok' | 'warning' | 'error'
  /** What was looked at: `login`, `scope crm.objects.deals.read`, `key expiry`. */
  readonly subject: string
  readonly message: string
  readonly fix?: string
  /** `setup` of the connection creates what is missing. */
  readonly bySetup?: true
}

export interface AccountChoice {
  /** What there is: `Pipelines`, `Warehouses`. */
  readonly subject: string
  readonly options: readonly {
    /** As the setting or the condition takes it. */
    readonly value: string | number
    readonly label: string
    readonly hint?: string
  }[]
  /**
   * Where the choice is written down: a setting of the connection, for one of the options or for several; or a condition on new
   * orders, by a path of the object whose records are deals, for any number. Null where nothing is to be chosen: it is told for
   * whoever looks at an account for the first time.
   */
  readonly decides: { readonly setting: string; readonly several: boolean } | { readonly where: string } | null
  /** What happens unless something is chosen: `orders go to the default warehouse of the company`. */
  readonly otherwise: string
}

/**
 * What paths may be written against an object. `properties.amount` walks `properties` (type object, with `fields`) to
 * `amount`; `line_items.properties.hs_sku` walks a relation (type list, `relation` names the other object); lists are
 * walked by `each` in mappings and need no brackets.
 */
export interface ObjectSchema {
  readonly object: string
  readonly fields: Readonly<Record<string, FieldSchema>>
}
export interface FieldSchema {
  readonly label: string
  readonly type: 'text' | 'number' | 'boolean' | 'date' | 'instant' | 'reference' | 'list' | 'object'
  readonly writable: boolean
  readonly required: boolean
  /** Legal values of a choice. */
  readonly options?: readonly string[]
  /** How many digits of a number the system keeps after the point, where that is settled. */
  readonly digits?: number
  /** The object a reference or list leads to. */
  readonly relation?: string
  /** The inner fields of `object`. */
  readonly fields?: Readonly<Record<string, FieldSchema>>
}

/** A record as the system has it: its own field names, empty values null, relations that were asked for nested. */
export interface RemoteRecord {
  readonly id: string
  readonly fields: JsonObject
  /** Tells one state of the record from another, see `ChangePage.versions`. Absent where the connector has none. */
  readonly version?: string
}

/** What is followed: the records of an object for which one of the conditions holds, or all where there is none. */
export interface Watch {
  readonly object: string
  /** What will be read of a record, as `read` has it. A change of nothing but other fields need not be told. */
  readonly paths: readonly string[]
  readonly where: readonly Condition[]
}
/** What can be done to the records of an object. */
interface ObjectWrites {
  readonly create: boolean
  /**
   * How a record carries our key: `unique`, so that the system itself refuses or finds a second one; `looked_up`, so that
   * only looking before a create tells; `none`.
   */
  readonly key: 'unique' | 'looked_up' | 'none'
  readonly acts: readonly ('update' | 'confirm' | 'cancel')[]
  /**
   * The field of a line that takes the unit its quantity is in, by its name; null is the unit the product is sold in. A
   * unit that the product cannot be counted in is refused before anything is written. Absent where lines have no unit.
   */
  readonly lineUnit?: string
  /**
   * Fields of a line by which a person's edit is told, as they are written; `read` gives them back as they are, but for
   * digits. Absent where lines cannot be compared.
   */
  readonly lineFields?: {
    readonly product: string
    readonly quantity: string
    readonly price?: string
    readonly discount?: string
    /** Where the amount of a line decides and not its price. */
    readonly amount?: string
  }
}

/** The connector's own; the engine stores it and gives it back. */
export type Cursor = JsonObject
export type ChangesSince = { readonly cursor: Cursor } | { readonly from: Instant }
export interface ChangePage {
  readonly ids: readonly string[]
  readonly cursor: Cursor
  /**
   * By id, the versions that `read` would give the record now, one for each set of paths that it was asked for. Who has
   * read one of them need not read again: the change is an echo of our own write, or was seen already. Absent where it is
   * not known, or where only reading would tell.
   */
  readonly versions?: Readonly<Record<string, readonly string[]>>
}

/** `key` is our own key, carried by the record; `fields` must all equal. Text is compared without regard to case. */
export type Query = { readonly key: string } | { readonly fields: JsonObject }
export interface Match {
  readonly id: string
  /** Our key that the record carries, null when it carries none. */
  readonly key: string | null
  /** For people: the record's name. */
  readonly label: string
  readonly archived: boolean
}

/**
 * Values in writes are neutral: text, boolean, `Decimal` text, `YYYY-MM-DD`, ISO instants, ids of references as text,
 * lists of ids; null clears. The connector turns them into what the field's type wants.
 */
export type Write =
  | {
      readonly do: 'create'
      readonly object: string
      /** Ours, unique for ever: repeating the write must not make a second record. */
      readonly key: string
      readonly fields: JsonObject
      readonly lines: WriteLines | null
    }
  | {
      readonly do: 'update'
      readonly object: string
      readonly id: string
      readonly key: string | null
      readonly fields: JsonObject
      /** What else of the record is still wanted, as of lines. */
      readonly unchanged?: JsonObject
      readonly lines: WriteLines | null
    }
  | { readonly do: 'confirm' | 'cancel'; readonly object: string; readonly id: string }

interface WriteLines {
  readonly field: string
  /**
   * New and changed lines; a line's key is ours, unique for ever. `unchanged` is what else of a changed line was written
   * before and is still wanted: a system that computes it anew from what changed, such as a price from a quantity, has to
   * be sent it along.
   */
  readonly upsert: readonly { readonly key: string; readonly fields: JsonObject; readonly unchanged?: JsonObject }[]
  /** Keys of lines that are gone. */
  readonly remove: readonly string[]
}

export type WriteOutcome =
  | { readonly ok: true; readonly id: string }
  /** `outcome_unknown` when the record may have been written. */
  | { readonly ok: false; readonly failure: Failure }

export interface SetupStep {
  readonly subject: string
  readonly outcome: 'created' | 'present' | 'differs'
  readonly message: string
}

export interface WebhookRequest {
  readonly method: string
  /** The full public URL as configured, not as a proxy shows it. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}
export type WebhookVerdict =
  | { readonly accept: true; readonly events: readonly WebhookEvent[]; readonly reply?: WebhookReply }
  /**
   * `status` 401 for a bad signature, 400 for a body that cannot be read, 503 when it cannot be judged yet: the sender tries
   * again. `reason` is for our log, not for the caller.
   */
  | { readonly accept: false; readonly status: 400 | 401 | 503; readonly reason: string }
/** What a sender wants to hear once its events are stored, where an empty answer is not enough. */
export interface WebhookReply {
  readonly contentType: string
  readonly body: string
}
export interface EventStream {
  /** Where the stream was left, as `handle` was told; null to begin with what happens from now on. */
  readonly place: Json | null
  /** Resolves when the events and the place behind them are stored. */
  handle(events: readonly WebhookEvent[], place: Json): Promise<void>
  /** Events between the place and now are lost: polls look for them at once. */
  gap(reason: string): Promise<void>
  readonly signal: AbortSignal
}
export interface WebhookEvent {
  /** Equal for redeliveries of one event. */
  readonly id: string
  /** The record to look at again; null for an event that we do not use. */
  readonly hint: { readonly object: string; readonly id: string } | null
}

export interface Rotation {
  /** Null when the secret in use does not expire. */
  expiresAt(): Promise<Instant | null>
  /** Makes the new secret; returns the settings to store in place of the old ones. */
  renew(): Promise<Readonly<Record<string, Json>>>
  /** Revokes the old secret, called on a connection opened with the new settings. */
  retire(old: Readonly<Record<string, Json>>): Promise<void>
}
