import { Group, Select, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { call, type Run } from '../api.ts'
import { en } from '../i18n/en.ts'
import { CheckIcon, PauseIcon, WarnIcon } from '../parts/icons.tsx'
import { useLocale } from '../parts/locale.ts'
import { Nothing, Page, Panel, Waiting } from '../parts/page.tsx'
import { everyTenSeconds } from '../parts/query.ts'
import { Stale } from '../parts/stale.tsx'
import { useSyncNames } from '../parts/sync-names.ts'
import { Ago, duration, useAgo, useNow } from '../parts/time.tsx'
import { Trouble } from '../parts/trouble.tsx'
import { Wide } from '../parts/wide.tsx'

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
          <Wide least={820} label={t('activity.list')} horizontalSpacing="md" verticalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('common.sync')}</Table.Th>
                <Table.Th>{t('activity.kind')}</Table.Th>
                <Table.Th>{t('activity.state')}</Table.Th>
                <Table.Th>{t('activity.started')}</Table.Th>
                <Table.Th>{t('activity.duration')}</Table.Th>
                <Table.Th>{t('activity.counts')}</Table.Th>
                <Table.Th>{t('activity.actor')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {runs.data.runs.map((run) => (
                <Row key={run.id} run={run} />
              ))}
            </Table.Tbody>
          </Wide>
        </Panel>
      )}
    </Page>
  )
}

type Outcome = keyof typeof en.activity.outcomes
const isOutcome = (name: string): name is Outcome => Object.hasOwn(en.activity.outcomes, name)

function Row({ run }: { run: Run }) {
  const { t } = useTranslation()
  const locale = useLocale()
  const now = useNow(1000)
  const { sync, kind, startedAt, endedAt, counts, actor } = run
  const ms = (endedAt === null ? now : Date.parse(endedAt)) - Date.parse(startedAt)
  return (
    <Table.Tr>
      <Table.Td fw={600}>{sync}</Table.Td>
      <Table.Td>{t(`runKinds.${kind}`)}</Table.Td>
      <Table.Td>
        <RunState run={run} />
      </Table.Td>
      <Table.Td className="nowrap">
        <Ago at={startedAt} />
      </Table.Td>
      <Table.Td className="nowrap">{duration(ms, locale)}</Table.Td>
      <Table.Td>
        {Object.entries(counts)
          .filter(([, count]) => count > 0)
          .map(
            ([name, count]) =>
              `${count.toLocaleString(locale)} ${isOutcome(name) ? t(`activity.outcomes.${name}`) : name}`,
          )
          .join(', ') || t('common.none')}
      </Table.Td>
      <Table.Td>{actor ?? t('common.crosswalk')}</Table.Td>
    </Table.Tr>
  )
}

function RunState({ run: { state, counts, reason, waitsUntil } }: { run: Run }) {
  const { t } = useTranslation()
  const say = useAgo()
  const hasProblems = state === 'done' && (counts.problems ?? 0) > 0
  const [icon, look] = hasProblems
    ? [<WarnIcon key="icon" />, 'warn']
    : state === 'stopped'
      ? [<PauseIcon key="icon" />, 'bad']
      : [state === 'done' ? <CheckIcon key="icon" /> : null, state === 'done' ? 'good' : '']
  return (
    <>
      <Group gap={6} wrap="nowrap" className={look}>
        {icon}
        <Text size="sm">{t(hasProblems ? 'activity.doneWithProblems' : `activity.${state}`)}</Text>
      </Group>
      {reason !== null && <Text size="sm">{reason}</Text>}
      {waitsUntil !== null && <Text size="sm">{t('activity.waits', { ago: say(waitsUntil) })}</Text>}
    </>
  )
}
