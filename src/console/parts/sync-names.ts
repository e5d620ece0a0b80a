import { useQuery } from '@tanstack/react-query'
import { call } from '../api.ts'

/** To filter by; also the one that an address names and that is not there any more. */
export function useSyncNames(chosen: string | undefined): readonly string[] {
  const { data } = useQuery({
    queryKey: ['syncs'],
    queryFn: ({ signal }) => call('listSyncs', {}, signal),
    staleTime: 60_000,
  })
  const names = data?.syncs.map(({ sync }) => sync) ?? []
  return chosen === undefined || names.includes(chosen) ? names : [...names, chosen]
}
