import type { Json } from '../../core/json.ts'

/** Streams of events that systems offer; each is followed by one worker at a time. */
export interface Streams {
  /** Takes or keeps a connection's stream for `leaseMs`. @returns null while another worker has it */
  take(connection: string, options: { worker: string; leaseMs: number }): Promise<{ readonly place: Json } | null>
  /** Remembers how far the stream was followed, as long as it is this worker's. */
  move(connection: string, worker: string, place: Json): Promise<void>
  /** Gives it up, so that another worker need not wait for the lease to lapse. */
  leave(connection: string, worker: string): Promise<void>
}
