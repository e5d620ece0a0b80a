import { SyncError } from '../core/problem.ts'
import type { Connection } from '../ports/connector.ts'

/**
 * A connection that cannot be opened, so that every use of it says why, and the others go on.
 * @throws what is no SyncError
 */
export function lockedConnection(error: unknown): Connection {
  if (!(error instanceof SyncError)) throw error
  const refuse = () => Promise.reject(error)
  return {
    check: refuse,
    describe: refuse,
    changes: () => ({ [Symbol.asyncIterator]: () => ({ next: refuse }) }),
    read: refuse,
    find: refuse,
    write: refuse,
    writes: {},
    choices: refuse,
    setup: refuse,
    receive: null,
    listen: null,
    rotate: null,
  }
}
