import { Badge, Group, SimpleGrid, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { call, type SyncDetails } from '../api.ts'
import { Backfill } from '../parts/backfill.tsx'
import { Comparison } from '../parts/comparison.tsx'
import { Held } from '../parts/held.tsx'
import { TextLink } from '../parts/links.tsx'
import { Page, Panel, Waiting } from '../parts/page.tsx'
import { Policies } from '../parts/policies.tsx'
import { ProblemRow } from '../parts/problem-row.tsx'
import { RunTable } from '../parts/runs.tsx'
import { SchedulePanel } from '../parts/schedule.tsx'
import { useMay } from '../parts/session.ts'
import { Shadow } from '../parts/shadow.tsx'
import { Stale } from '../parts/stale.tsx'
import { SyncFacts } from '../parts/sync-facts.tsx'
import { GoShadow } from '../parts/sync-mode.tsx'
import { SyncDeeds } from '../parts/syncs.tsx'
import { Trouble } from '../parts/trouble.tsx'

const route = getRouteApi('/syncs/$name')

export function OneSync(): ReactNode {
  const { t } = useTranslation()
  const { name } = route.useParams()
  const one = useQuery({
    queryKey: ['sync', name],
    queryFn: ({ signal }) => call('getSync', { params: { name } }, signal),
    refetchInterval: ({ state: { data } }) => ((data?.backfill?.left ?? 0) > 0 ? 3_000 : 10_000),
  })
  const back = (
    <TextLink to="/syncs" size="sm">
      ← {t('syncs.all')}
    </TextLink>
  )
  if (one.data === undefined)
    return (
      <Page title={name} above={back}>
        {one.error === null ? <Waiting /> : <Trouble error={one.error} again={one.refetch} />}
      </Page>
    )
  return (
    <Shown
      sync={one.data}
      above={
        <>
          {back}
          <Stale query={one} />
        </>
      }
    />
  )
}

function Shown({ sync, above }: { sync: SyncDetails; above: ReactNode }) {
  const { t } = useTranslation()
  const mayRun = useMay('operator')
  const { sync: name, mode, heldBecause, shadow, hasDeals, problems, policies, runs } = sync
  return (
    <Page title={name} above={above} actions={mayRun && <SyncDeeds name={name} isHeld={heldBecause !== null} />}>
      <Group gap="sm">
        <Badge variant="outline" color={mode === 'live' ? 'teal' : 'gray'} c="var(--mantine-color-text)" tt="none">
          {t(`home.${mode}`)}
        </Badge>
        {mode === 'live' && <GoShadow name={name} />}
      </Group>
      {heldBecause !== null && <Held because={heldBecause} />}
      {shadow !== null && <Shadow sync={sync} shadow={shadow} />}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <SyncFacts sync={sync} />
        <SchedulePanel name={name} schedule={sync.schedule} />
      </SimpleGrid>
      {problems.count > 0 && (
        <Panel
          title={t('common.problems', { count: problems.count })}
          flush
          aside={
            <TextLink to="/problems" search={{ sync: name }} size="sm">
              {t('home.lookProblems')}
            </TextLink>
          }
        >
          <ul className="plain">
            {problems.first.map((problem) => (
              <li key={problem.id} className="row">
                <ProblemRow problem={problem} />
              </li>
            ))}
          </ul>
        </Panel>
      )}
      {policies.length > 0 && <Policies name={name} policies={policies} />}
      {hasDeals && <Backfill name={name} progress={sync.backfill} />}
      {hasDeals && mode === 'live' && <Comparison name={name} />}
      <Panel
        title={t('syncs.runs')}
        flush
        aside={
          <TextLink to="/activity" search={{ sync: name }} size="sm">
            {t('syncs.allRuns')}
          </TextLink>
        }
      >
        {runs.length === 0 ? (
          <Text size="sm" p="md" pt={0}>
            {t('activity.none')}
          </Text>
        ) : (
          <RunTable runs={runs} />
        )}
      </Panel>
    </Page>
  )
}
