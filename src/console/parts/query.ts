import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { ApiError } from '../api.ts'

const unauthorized = (error: unknown): boolean => error instanceof ApiError && error.status === 401
const mayPass = (error: unknown): boolean =>
  !(error instanceof ApiError) || error.status === 0 || error.status >= 500 || error.status === 429

export const sessionKey = ['session'] as const

/** Whoever is refused for want of a session is asked to sign in, at the address where that happened. */
function lookAgain(error: unknown): void {
  if (unauthorized(error)) void client.invalidateQueries({ queryKey: sessionKey })
}

export const client: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: lookAgain }),
  mutationCache: new MutationCache({ onError: lookAgain }),
  defaultOptions: {
    queries: {
      networkMode: 'always',
      staleTime: 2000,
      retry: (failures, error) => failures < 1 && mayPass(error),
      retryDelay: 1000,
    },
    mutations: { networkMode: 'always', retry: false },
  },
})

/** What one person has seen is not for the next one. */
export const forget = (): void => client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] })
