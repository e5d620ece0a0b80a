import { Badge, Group, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Problem } from '../api.ts'
import { Day, useAgo } from './time.tsx'

/** What one sees of a problem at a glance, and who takes care of it. */
export function ProblemBadges({ problem: { state, assignee } }: { problem: Problem }) {
  const { t } = useTranslation()
  const isTold = state !== 'ongoing' && state !== 'closed'
  if (!isTold && assignee === null) return null
  return (
    <Group gap={6}>
      {isTold && (
        <Badge variant="light" color={state === 'escalating' ? 'red' : 'gray'} c="var(--mantine-color-text)" tt="none">
          {t(`problems.states.${state}`)}
        </Badge>
      )}
      {assignee !== null && (
        <Badge variant="outline" color="gray" c="var(--mantine-color-text)" tt="none">
          {t('problems.assignedTo', { name: assignee })}
        </Badge>
      )}
    </Group>
  )
}

/** Why nobody is told of it, or how it is over. */
export function ProblemFate({ problem }: { problem: Problem }) {
  const { t } = useTranslation()
  const say = useAgo()
  const { state, mutedAt, mutedBy, mutedBecause, mutedUntil } = problem
  if (state === 'closed') return <Closed problem={problem} />
  if (state !== 'muted' || mutedAt === null) return null
  return (
    <Text size="sm">
      <strong>{t('problems.mutedAgo', { ago: say(mutedAt) })}</strong>
      {mutedBy !== null && ` ${t('order.by', { actor: mutedBy })}`}
      {mutedUntil !== null && (
        <>
          {' '}
          · {t('problems.until')} <Day day={mutedUntil} />
        </>
      )}
      : {mutedBecause}
    </Text>
  )
}

function Closed({ problem: { closedAt, closedHow, closedBy } }: { problem: Problem }) {
  const { t } = useTranslation()
  const say = useAgo()
  return (
    <Text size="sm">
      <strong>
        {closedAt === null ? t('problems.states.closed') : t('problems.closedAgo', { ago: say(closedAt) })}
      </strong>
      {' · '}
      {closedHow === null ? t('problems.unknownEnd') : t(`problems.ends.${closedHow}`)}
      {closedBy !== null && ` ${t('order.by', { actor: closedBy })}`}
    </Text>
  )
}
