import type { z } from 'zod'
import type { Session } from '../app/accounts/accounts.ts'
import type { Caller } from './caller.ts'
import type { Contract, Route } from './contract.ts'

/** The answer when something that the request names does not exist: a sentence that names it. */
export interface Missing {
  readonly missing: string
}

interface Input<R extends Route> {
  readonly params: z.output<R['params']>
  readonly query: z.output<R['query']>
  readonly body: z.output<R['body']>
}

/** Serves a checked request. @throws Refusal, SyncError */
export type Handler<R extends Route> = (input: Input<R>) => Promise<z.input<R['reply']> | Missing>

/** Serves a checked request whose reply comes bit by bit. @throws Refusal, SyncError before the first bit */
export type Stream<R extends Route> = (input: Input<R>) => Promise<AsyncIterable<z.input<R['reply']>>>

/** Who asks, and the browser's side of a session. */
export interface Asking {
  readonly caller: Caller
  /** The secret that came as a bearer token; null for none. */
  readonly bearer: string | null
  /** Whether the caller may still do what they may. */
  isStill(): Promise<boolean>
  /** Aborted when nobody waits for the reply any more. */
  readonly gone: AbortSignal
  /** Null ends it. */
  keepSession(session: Session | null): void
}

type NameOf<Form extends Route['form']> = {
  readonly [Name in keyof Contract]: Contract[Name]['form'] extends Form ? Name : never
}[keyof Contract]

/** One for each route of the contract. */
export type Handlers = { readonly [Name in NameOf<'value'>]: Handler<Contract[Name]> } & {
  readonly [Name in NameOf<'events' | 'rows'>]: Stream<Contract[Name]>
}

export const missing = (kind: string, name: string): Missing => ({ missing: `There is no ${kind} "${name}".` })
