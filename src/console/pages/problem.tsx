import { Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError, call } from '../api.ts'
import { AddEntry } from '../parts/add-entry.tsx'
import { CheckIcon } from '../parts/icons.tsx'
import { TextLink } from '../parts/links.tsx'
import { useLocale } from '../parts/locale.ts'
import { moneyText } from '../parts/money.ts'
import { Nothing, Page, Panel, Waiting } from '../parts/page.tsx'
import { ProblemFacts, Remedy, RetryProblem } from '../parts/problem-row.tsx'
import { everyTenSeconds } from '../parts/query.ts'
import { Stale } from '../parts/stale.tsx'
import { Trouble } from '../parts/trouble.tsx'

const route = getRouteApi('/problems/$id')

export function OneProblem(): ReactNode {
  const { t } = useTranslation()
  const { id } = route.useParams()
  const locale = useLocale()
  const one = useQuery({
    queryKey: ['problem', id],
    queryFn: ({ signal }) => call('getProblem', { params: { id } }, signal),
    ...everyTenSeconds,
  })
  const above = (
    <Stack gap="xs">
      <TextLink to="/problems" size="sm">
        ← {t('problems.back')}
      </TextLink>
    </Stack>
  )
  // A solved problem is not there any more, which is good news.
  if (one.error instanceof ApiError && one.error.status === 404)
    return (
      <Page title={t('problems.gone')} above={above}>
        <Panel>
          <Nothing icon={<CheckIcon size={24} />} title={t('problems.gone')} text={t('problems.goneText')} />
        </Panel>
      </Page>
    )
  if (one.data === undefined)
    return (
      <Page title={t('problems.title')} above={above}>
        {one.error === null ? <Waiting rows={3} /> : <Trouble error={one.error} again={one.refetch} />}
      </Page>
    )
  const { problem, waiting, entry } = one.data
  return (
    <Page
      title={t(`kinds.${problem.kind}`)}
      above={
        <>
          {above}
          <Stale query={one} />
        </>
      }
      actions={<RetryProblem problem={problem} />}
    >
      <Panel>
        <Stack gap="xs">
          <Text fw={600}>{problem.message}</Text>
          <Remedy fix={problem.fix} />
          <ProblemFacts problem={problem} />
          {entry !== null && <AddEntry entry={entry} />}
        </Stack>
      </Panel>
      <Panel title={t('problems.records')} flush>
        {waiting.length === 0 ? (
          <Text px="md" pb="md" size="sm">
            {t('problems.noRecords')}
          </Text>
        ) : (
          <ul className="plain">
            {waiting.map((ref) => (
              <li key={`${ref.connection}/${ref.object}/${ref.id}`} className="row">
                <TextLink
                  to="/orders/$id"
                  params={{ id: ref.id }}
                  search={{ connection: ref.connection }}
                  underline="always"
                >
                  {ref.label ?? `${ref.object} ${ref.id}`}
                </TextLink>
                <Text span size="sm" c="dimmed">
                  {' '}
                  · {ref.connection}
                  {ref.amount !== null &&
                    ref.currency !== null &&
                    ` · ${moneyText({ amount: ref.amount, currency: ref.currency }, locale, true)}`}
                </Text>
              </li>
            ))}
          </ul>
        )}
      </Panel>
    </Page>
  )
}
