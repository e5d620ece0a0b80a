import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { ProblemDeed } from '../api.ts'
import { Moment } from './time.tsx'

/** What people did about a problem, the newest first. */
export function ProblemDeeds({ deeds }: { deeds: readonly ProblemDeed[] }) {
  return (
    <ul className="plain">
      {deeds.map((deed, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two deeds may be alike in all they say
        <li key={deeds.length - index} className="row">
          <Deed deed={deed} />
        </li>
      ))}
    </ul>
  )
}

function Deed({ deed: { at, deed, actor, about } }: { deed: ProblemDeed }) {
  const { t } = useTranslation()
  const text =
    deed === 'assigned'
      ? t('problems.assignedTo', { name: about ?? '' })
      : deed === 'unassigned' || deed === 'muted' || deed === 'unmuted'
        ? t(`problems.deeds.${deed}`)
        : t(`problems.ends.${deed}`)
  return (
    <>
      <Text size="sm">
        {text}
        {deed === 'muted' && about !== null && `: ${about}`}
      </Text>
      <Text size="sm" c="dimmed">
        <Moment at={at} />
        {actor !== null && ` · ${t('order.by', { actor })}`}
      </Text>
    </>
  )
}
