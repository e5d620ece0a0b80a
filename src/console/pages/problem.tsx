import { Alert, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError, call } from '../api.ts'
import { AddEntry } from '../parts/add-entry.tsx'
import { CheckIcon } from '../parts/icons.tsx'
import { TextLink } from '../parts/links.tsx'
import { kept } from '../parts/live.ts'
import { useLocale } from '../parts/locale.ts'
import { moneyText } from '../parts/money.ts'
import { Nothing, Page, Panel, Waiting } from '../parts/page.tsx'
import { Assign, Mute } from '../parts/problem-care.tsx'
import { ProblemDeeds } from '../parts/problem-deeds.tsx'
import { ProblemFacts, Remedy, RetryProblem } from '../parts/problem-row.tsx'
import { ProblemBadges, ProblemFate } from '../parts/problem-state.tsx'
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
    ...kept,
  })
  const above = (
    <Stack gap="xs">
      <TextLink to="/problems" size="sm">
        ← {t('problems.back')}
      </TextLink>
    </Stack>
  )
  // One that is closed goes after a while.
  if (one.error instanceof ApiError && one.error.status === 404)
    return (
      <Page title={t('problems.gone')} above={above}>
        <Panel>
          <Nothing icon={<CheckIcon size={24} />} title={t('problems.gone')} text={t('problems.forgottenText')} />
        </Panel>
      </Page>
    )
  if (one.data === undefined)
    return (
      <Page title={t('problems.title')} above={above}>
        {one.error === null ? <Waiting rows={3} /> : <Trouble error={one.error} again={one.refetch} />}
      </Page>
    )
  const { problem, waiting, entry, deeds } = one.data
  const isOpen = problem.state !== 'closed'
  return (
    <Page
      title={t(`kinds.${problem.kind}`)}
      above={
        <>
          {above}
          <Stale query={one} />
        </>
      }
      actions={
        isOpen && (
          <Group gap="xs">
            <Mute problem={problem} />
            <RetryProblem problem={problem} />
          </Group>
        )
      }
    >
      {!isOpen && (
        <Alert color="teal" variant="outline" title={t('problems.gone')} icon={<CheckIcon />} role="status">
          <ProblemFate problem={problem} />
        </Alert>
      )}
      <Panel>
        <Stack gap="xs">
          <Text fw={600}>{problem.message}</Text>
          {isOpen && <Remedy fix={problem.fix} />}
          <ProblemFacts problem={problem} />
          <ProblemBadges problem={problem} />
          {isOpen && <ProblemFate problem={problem} />}
          {isOpen && <Assign problem={problem} />}
          {entry !== null && <AddEntry entry={entry} />}
        </Stack>
      </Panel>
      {isOpen && (
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
      )}
      {deeds.length > 0 && (
        <Panel title={t('problems.story')} flush>
          <ProblemDeeds deeds={deeds} />
        </Panel>
      )}
    </Page>
  )
}
