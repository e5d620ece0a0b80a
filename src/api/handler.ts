import type { z } from 'zod'
import type { Session } from '../app/accounts/accounts.ts'
import type { Caller } from './caller.ts'
import type { Contract, Route } from './contract.ts'

/** The answer when something that the request names does not exist: a sentence that names it. */
export interface Missing {
  readonly missing: string
}

/** Serves a checked request. @throws Refusal, SyncError */
export type Handler<R extends Route> = (input: {
  readonly params: z.output<R['params']>
  readonly query: z.output<R['query']>
  readonly body: z.output<R['body']>
}) => Promise<z.input<R['reply']> | Missing>

/** Who asks, and the browser's side of a session. */
export interface Asking {
  readonly caller: Caller
  /** The secret that came as a bearer token; null for none. */
  readonly bearer: string | null
  /** Null ends it. */
  keepSession(session: Session | null): void
}

export type Handlers = { readonly [Name in keyof Contract]: Handler<Contract[Name]> }

export const missing = (kind: string, name: string): Missing => ({ missing: `There is no ${kind} "${name}".` })

type Given<T> = { [Name in keyof T]: Exclude<T[Name], undefined> }

/** Drops names that are undefined: a filter names only what it filters by. */
export const given = <T extends object>(query: T): Given<T> =>
  Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as Given<T>
