import { Group, Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { call } from '../api.ts'
import { Nothing, Page, Panel, Waiting } from '../parts/page.tsx'
import { everyTenSeconds } from '../parts/query.ts'
import { RunTable } from '../parts/runs.tsx'
import { Stale } from '../parts/stale.tsx'
import { useSyncNames } from '../parts/sync-names.ts'
import { Trouble } from '../parts/trouble.tsx'

const route = getRouteApi('/activity')

export function Activity(): ReactNode {
  const { t } = useTranslation()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const runs = useQuery({
    queryKey: ['runs', search],
    queryFn: ({ signal }) => call('listRuns', { query: { ...search, max: 100 } }, signal),
    placeholderData: (before) => before,
    ...everyTenSeconds,
  })
  return (
    <Page title={t('nav.activity')} above={<Stale query={runs} />}>
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
      ) : runs.data.runs.length === 0 ? (
        <Panel>
          <Nothing title={t('activity.none')} text={t('activity.noneText')} />
        </Panel>
      ) : (
        <Panel flush>
          <RunTable runs={runs.data.runs} />
        </Panel>
      )}
    </Page>
  )
}
