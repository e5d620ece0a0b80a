import { useQuery } from '@tanstack/react-query'
import { call } from '../api.ts'

export const useRevisions = () =>
  useQuery({
    queryKey: ['revisions'],
    queryFn: ({ signal }) => call('listRevisions', { query: { max: 500 } }, signal),
  })
