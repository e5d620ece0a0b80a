import { Group, Select } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { call } from '../api.ts'
import { Export } from '../parts/export.tsx'
import { kept } from '../parts/live.ts'
import { More } from '../parts/more.tsx'
import { Nothing, Page, Panel, Waiting } from '../parts/page.tsx'
import { RunTable } from '../parts/runs.tsx'
import { Stale } from '../parts/stale.tsx'
import { useSyncNames } from '../parts/sync-names.ts'
import { Trouble } from '../parts/trouble.tsx'

const route = getRouteApi('/activity')

export function Activity(): ReactNode {
  const { t } = useTranslation()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const runs = useInfiniteQuery({
    queryKey: ['runs', search],
    queryFn: ({ signal, pageParam }) =>
      call('listRuns', { query: { ...search, ...(pageParam === null ? {} : { after: pageParam }) } }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    placeholderData: (before) => before,
    ...kept,
  })
  const rows = runs.data?.pages.flatMap((page) => page.runs) ?? []
  return (
    <Page
      title={t('nav.activity')}
      above={<Stale query={runs} />}
      actions={<Export list="exportRuns" query={search} />}
    >
      <Group>
        <Select
          label={t('common.sync')}
          placeholder={t('problems.anySync')}
          clearable
          data={useSyncNames(search.sync)}
          value={search.sync ?? null}
          onChange={(sync) => void navigate({ search: sync === null ? {} : { sync } })}
        />
      </Group>
      {runs.data === undefined ? (
        runs.error === null ? (
          <Waiting rows={8} />
        ) : (
          <Trouble error={runs.error} again={runs.refetch} />
        )
      ) : rows.length === 0 ? (
        <Panel>
          <Nothing title={t('activity.none')} text={t('activity.noneText')} />
        </Panel>
      ) : (
        <Panel flush>
          <RunTable runs={rows} />
        </Panel>
      )}
      <More list={runs} />
    </Page>
  )
}
