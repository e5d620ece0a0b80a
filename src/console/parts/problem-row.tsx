import { Button, Group, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { call, type Problem } from '../api.ts'
import { TextLink } from './links.tsx'
import { useLocale } from './locale.ts'
import { moneysText } from './money.ts'
import { useDeed } from './notices.tsx'
import { ProblemBadges, ProblemFate } from './problem-state.tsx'
import { useMay } from './session.ts'
import { useAgo } from './time.tsx'

export function ProblemRow({ problem }: { problem: Problem }) {
  return (
    <Group justify="space-between" align="flex-start" gap="sm">
      <Stack gap={4} flex="1 1 260px">
        <TextLink to="/problems/$id" params={{ id: problem.id }} fw={600}>
          {problem.message}
        </TextLink>
        {problem.state !== 'closed' && <Remedy fix={problem.fix} />}
        <ProblemFacts problem={problem} />
        <ProblemBadges problem={problem} />
        <ProblemFate problem={problem} />
      </Stack>
      {problem.state !== 'closed' && <RetryProblem problem={problem} />}
    </Group>
  )
}

export function Remedy({ fix }: { fix: string }) {
  const { t } = useTranslation()
  if (fix === '') return null
  return (
    <Text size="sm">
      <strong>{t('common.whatToDo')}:</strong> {fix}
    </Text>
  )
}

export function ProblemFacts({ problem }: { problem: Problem }) {
  const { t } = useTranslation()
  const locale = useLocale()
  const say = useAgo()
  const { sync, field, waiting, held, unknown, firstSeen, lastSeen, cameBack, state } = problem
  const isOpen = state !== 'closed'
  return (
    <Text size="sm" c="dimmed">
      <Text span fw={600} c="var(--mantine-color-text)">
        {isOpen && `${t('problems.waits', { count: waiting })} · `}
        {held.length > 0 && `${moneysText(held, locale)} ${t('problems.held')} · `}
      </Text>
      {unknown > 0 && `${t('problems.unknown', { count: unknown })} · `}
      {sync}
      {field !== null && ` · ${t('problems.field')} ${field}`} ·{' '}
      <span title={firstSeen}>{t('problems.since', { ago: say(firstSeen) })}</span> ·{' '}
      <span title={lastSeen}>{t('problems.lastSeen', { ago: say(lastSeen) })}</span>
      {cameBack > 0 && ` · ${t('problems.cameBack', { count: cameBack })}`}
    </Text>
  )
}

export function RetryProblem({ problem: { id, message } }: { problem: Problem }) {
  const { t } = useTranslation()
  const retry = useDeed(
    () => call('retryProblem', { params: { id } }),
    ({ records }) => t('problems.released', { count: records }),
  )
  if (!useMay('operator')) return null
  return (
    <Button
      size="xs"
      variant="default"
      title={t('problems.retryOne', { message })}
      loading={retry.isPending}
      onClick={() => retry.mutate(undefined)}
    >
      {t('common.retry')}
    </Button>
  )
}
