import { useQuery } from '@tanstack/react-query'
import type { Role } from '../../api/contract.ts'
import { call, type Session } from '../api.ts'
import { client, forget, sessionKey } from './query.ts'

export const useSession = () =>
  useQuery({
    queryKey: sessionKey,
    queryFn: ({ signal }) => call('getSession', {}, signal),
    refetchInterval: 300_000,
  })

// In this order each may do what those before it may.
const ranks: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, mapper: 2, admin: 3 }

export const mayAs = (have: Role | undefined, need: Role): boolean => have !== undefined && ranks[have] >= ranks[need]

/** Whether the person may do what needs this role. The server decides; this only hides what it would refuse. */
export function useMay(need: Role): boolean {
  const { data } = useSession()
  return mayAs(data?.user?.role, need)
}

/** How people sign in stays as it was. */
const oidcSoFar = () => client.getQueryData<Session>(sessionKey)?.oidc ?? null

export function begin(session: Pick<Session, 'user' | 'endsAt'>): void {
  forget()
  client.setQueryData<Session>(sessionKey, { ...session, isSetUp: true, oidc: oidcSoFar() })
}

export function end(): void {
  client.setQueryData<Session>(sessionKey, { user: null, endsAt: null, isSetUp: true, oidc: oidcSoFar() })
  forget()
}
