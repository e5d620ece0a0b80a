import type { JsonObject } from '../../core/json.ts'
import type { Failure } from '../../core/problem.ts'
import type { RecordRef } from '../../core/ref.ts'
import type { MatchStep } from '../../mapping/compile/match.ts'
import type { Values } from '../../plan/difference.ts'
import type { Match } from '../../ports/connector.ts'
import type { Link } from '../../ports/ledger/links.ts'

/** What is brought into a target (orders, customers, products), and by which rules. */
export interface Kind {
  readonly sync: string
  /** Name of its links. */
  readonly name: string
  readonly object: string
  /** Within which a record of the target belongs to one record of the source: everywhere, or this sync alone. */
  readonly scope: string
  /**
   * What another record of the target is that is alike: `other`, unless it is an identity; or the `same`, where content is all
   * there is to it, as to an address. Then one record of the target may stand for several of the source.
   */
  readonly alike: 'other' | 'same'
  /** Two workers may bring the same one at the same moment, as several records refer to it. */
  readonly shared: boolean
  /** Whether creating one needs the guard's consent. */
  readonly guarded: boolean
  /** The stage of one that was just created, null where it has none. */
  readonly firstStage: string | null
  /** How an existing one is recognised, best way first. */
  readonly match: readonly MatchStep[]
  readonly whenMissing: 'create' | 'hold'
  readonly texts: {
    /** Several match, or the one that matches belongs to another record. @param owner  which, null when that is not the reason */
    ambiguous(subject: Subject, by: string, matches: readonly Match[], owner: string | null): Failure
    missing(subject: Subject): Failure
    /** The target answered with a record that belongs to another one of the source. */
    taken(subject: Subject, id: string): Failure
  }
}

/** A record of the source that a record of the target is wanted for. */
export interface Subject {
  readonly ref: RecordRef
  /** The idempotency key. */
  readonly key: string
  /** What the keys of all such records of the source's account begin with. */
  readonly keyPrefix: string
  readonly label: string
  readonly link: Link
}
export interface Sought extends Subject {
  /** As it would be created, for `match`; null where only the key is looked for. */
  readonly fields: JsonObject | null
}
export interface Ready extends Subject {
  readonly fields: JsonObject
  /** What the source said of it, where that is kept. */
  readonly said?: Values
  readonly lines: {
    readonly field: string
    readonly items: readonly { readonly key: string; readonly fields: JsonObject }[]
  } | null
}

export type Brought =
  | {
      readonly ok: true
      /** `linked` before; `planned` in a dry run, with an id that no record has. */
      readonly how: 'linked' | 'adopted' | 'recovered' | 'created' | 'planned'
      readonly id: string
      readonly link: Link
      /** Name or number in the target, where it is known. */
      readonly label: string | null
      /** The values by which one that was there already was recognised; absent where it was not by values. */
      readonly by?: string
    }
  | { readonly ok: false; readonly failure: Failure }
