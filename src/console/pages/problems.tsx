import { Badge, Button, Checkbox, Group, SegmentedControl, Select } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError, call, type Problem, type ProblemKind } from '../api.ts'
import { en } from '../i18n/en.ts'
import { Dialogue } from '../parts/confirm.tsx'
import { Export } from '../parts/export.tsx'
import { given } from '../parts/given.ts'
import { CheckIcon } from '../parts/icons.tsx'
import { kept } from '../parts/live.ts'
import { worth } from '../parts/money.ts'
import { useDeed } from '../parts/notices.tsx'
import { Nothing, Page, Panel, Waiting } from '../parts/page.tsx'
import { ProblemRow } from '../parts/problem-row.tsx'
import { useMay, useSession } from '../parts/session.ts'
import { Stale } from '../parts/stale.tsx'
import { useSyncNames } from '../parts/sync-names.ts'
import { Trouble } from '../parts/trouble.tsx'

const route = getRouteApi('/problems')

export function Problems(): ReactNode {
  const { t } = useTranslation()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const syncs = useSyncNames(search.sync)
  const me = useSession().data?.user?.name ?? null
  const { show = 'open', mine, ...filter } = search
  const mineAlone = mine === 'true' && me !== null ? { assignee: me } : {}
  const go = (change: { readonly [K in keyof typeof search]?: (typeof search)[K] | undefined }) =>
    void navigate({ search: (before) => given({ ...before, ...change }) })
  const problems = useQuery({
    queryKey: ['problems', search],
    queryFn: ({ signal }) =>
      call('listProblems', { query: { ...filter, ...mineAlone, state: show, max: 500 } }, signal),
    placeholderData: (before) => before,
    ...kept,
  })
  const found = problems.data?.problems ?? []
  const isFiltered = search.sync !== undefined || search.kind !== undefined || mine !== undefined
  const kinds = (Object.keys(en.kinds) as ProblemKind[])
    .map((kind) => ({ value: kind, label: t(`kinds.${kind}`) }))
    .toSorted((a, b) => a.label.localeCompare(b.label))
  const mayRetry = useMay('operator') && found.length > 0 && show !== 'closed'
  return (
    <Page
      title={t('problems.title')}
      above={<Stale query={problems} />}
      actions={
        <Group gap="sm">
          <Export list="exportProblems" query={{ ...filter, ...mineAlone, state: show }} />
          {mayRetry && <RetryAll problems={found} />}
        </Group>
      }
    >
      <Group gap="sm" align="flex-end">
        <SegmentedControl
          aria-label={t('problems.show')}
          data={(['open', 'muted', 'closed'] as const).map((value) => ({ value, label: t(`problems.shown.${value}`) }))}
          value={show}
          onChange={(value) => go({ show: value === 'muted' || value === 'closed' ? value : undefined })}
        />
        <Checkbox
          label={t('problems.mine')}
          checked={mine === 'true'}
          onChange={(event) => go({ mine: event.currentTarget.checked ? 'true' : undefined })}
          mb={8}
        />
        <Select
          label={t('common.sync')}
          placeholder={t('problems.anySync')}
          clearable
          data={syncs}
          value={search.sync ?? null}
          onChange={(sync) => go({ sync: sync ?? undefined })}
        />
        <Select
          label={t('problems.filterKind')}
          placeholder={t('problems.anyKind')}
          clearable
          searchable
          w={300}
          data={kinds}
          value={search.kind ?? null}
          onChange={(kind) => go({ kind: kind ?? undefined })}
        />
      </Group>
      {problems.data === undefined ? (
        problems.error === null ? (
          <Waiting />
        ) : (
          <Trouble error={problems.error} again={problems.refetch} />
        )
      ) : found.length === 0 ? (
        <Panel>
          <Nothing
            icon={<CheckIcon size={24} />}
            title={t(isFiltered ? 'problems.noneFiltered' : `problems.noneOf.${show}`)}
            text={t(isFiltered ? 'problems.noneFilteredText' : `problems.noneOfText.${show}`)}
          />
        </Panel>
      ) : show === 'closed' ? (
        <Panel flush>
          <Rows problems={found} />
        </Panel>
      ) : (
        byKind(found).map(([kind, some]) => (
          <Panel
            key={kind}
            flush
            title={t(`kinds.${kind}`)}
            aside={
              <Badge variant="outline" color="gray" c="var(--mantine-color-text)" tt="none">
                {t('common.problems', { count: some.length })}
              </Badge>
            }
          >
            <Rows problems={some} />
          </Panel>
        ))
      )}
    </Page>
  )
}

function Rows({ problems }: { problems: readonly Problem[] }) {
  return (
    <ul className="plain">
      {problems.map((problem) => (
        <li key={problem.id} className="row">
          <ProblemRow problem={problem} />
        </li>
      ))}
    </ul>
  )
}

/** Most money first, the kinds as well as the problems of a kind. */
function byKind(problems: readonly Problem[]): readonly (readonly [ProblemKind, readonly Problem[]])[] {
  const ranked = problems.toSorted((a, b) => worth(b.held) - worth(a.held) || b.waiting - a.waiting)
  return [...Map.groupBy(ranked, ({ kind }) => kind)]
}

function RetryAll({ problems }: { problems: readonly Problem[] }) {
  const { t } = useTranslation()
  const [isAsking, asking] = useDisclosure()
  const retry = useDeed(
    async () => {
      let count = 0
      // One after the other: each releases all of its records at once.
      for (const { id } of problems) count += await retryOne(id)
      return count
    },
    (count) => t('problems.released', { count }),
  )
  return (
    <>
      <Button onClick={asking.open}>{t('problems.retryAll')}</Button>
      <Dialogue
        opened={isAsking}
        title={t('problems.retryAllTitle')}
        text={t('problems.retryAllText')}
        go={t('common.retry')}
        isBusy={retry.isPending}
        onGo={() => retry.mutate(undefined, { onSettled: asking.close })}
        onClose={asking.close}
      />
    </>
  )
}

/** One that was solved in the meantime has nothing left to retry. */
async function retryOne(id: string): Promise<number> {
  try {
    return (await call('retryProblem', { params: { id } })).records
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return 0
    throw error
  }
}
