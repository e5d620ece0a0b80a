import { AsyncLocalStorage } from 'node:async_hooks'
import type { CallScope, CallScopes } from '../ports/http.ts'

const storage = new AsyncLocalStorage<CallScope>()

/** Follows the work through every await, so that a connector need not hand it on. */
export const callScopes: CallScopes = {
  within: (scope, work) => storage.run(scope, work),
  current: () => storage.getStore() ?? { lane: 'live', mayWrite: true },
}
