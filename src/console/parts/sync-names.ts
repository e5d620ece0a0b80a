import { useQuery } from '@tanstack/react-query'
import { call, type Sync } from '../api.ts'

export const useSyncList = (how: { readonly refetchInterval?: number | (() => number); readonly staleTime?: number }) =>
  useQuery({ queryKey: ['syncs'], queryFn: ({ signal }) => call('listSyncs', {}, signal), ...how })

export function useSyncs(): readonly Sync[] {
  const { data } = useSyncList({ staleTime: 60_000 })
  return data?.syncs ?? []
}

/** To filter by; also the one that an address names and that is not there any more. */
export function useSyncNames(chosen: string | undefined): readonly string[] {
  const names = useSyncs().map(({ sync }) => sync)
  return chosen === undefined || names.includes(chosen) ? names : [...names, chosen]
}
