import type { JsonObject } from '../../src/core/json.ts'

/** One method of one model, in Odoo's words. Arguments are named, which both transports understand. */
export interface Call {
  readonly model: string
  readonly method: string
  /** The records it is called on; left out for methods of the model itself. */
  readonly ids?: readonly number[]
  readonly args?: JsonObject
  readonly context?: JsonObject
  /** See ports/http: a `write` is never sent a second time when its answer is lost. */
  readonly effect: 'read' | 'write'
}

export interface TransportReply {
  readonly value: unknown
  /** The server's own clock in its answer, as the `Date` header has it. */
  readonly date: string | undefined
}

/** How calls travel. @throws SyncError as errors.ts tells */
export type Transport = (call: Call) => Promise<TransportReply>

// A confirmation of a batch makes deliveries, productions and purchases for every order of it.
export const timeoutMs = { read: 60_000, write: 180_000 } as const
