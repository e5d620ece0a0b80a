import { AsyncLocalStorage } from 'node:async_hooks'
import type { CallScope, CallScopes } from '../ports/http.ts'

const storage = new AsyncLocalStorage<CallScope>()

/** Follows the work through every `await`, so that no connector has to hand it on: docs/decisions/0017-call-scopes.md. */
export const callScopes: CallScopes = {
  within: (scope, work) => storage.run(scope, work),
  current: () => storage.getStore() ?? { lane: 'live', mayWrite: true },
}
