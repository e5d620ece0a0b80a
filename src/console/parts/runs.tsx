import { Group, Table, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Run } from '../api.ts'
import { en } from '../i18n/en.ts'
import { CheckIcon, PauseIcon, WarnIcon } from './icons.tsx'
import { useLocale } from './locale.ts'
import { Ago, duration, useAgo, useNow } from './time.tsx'
import { Wide } from './wide.tsx'

export function RunTable({ runs }: { runs: readonly Run[] }) {
  const { t } = useTranslation()
  return (
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
        {runs.map((run) => (
          <Row key={run.id} run={run} />
        ))}
      </Table.Tbody>
    </Wide>
  )
}

type Outcome = keyof typeof en.activity.outcomes
const isOutcome = (name: string): name is Outcome => Object.hasOwn(en.activity.outcomes, name)

/** `3 created, 1 problems`, of what there is. */
export function useCountsText(): (counts: Run['counts']) => string {
  const { t } = useTranslation()
  const locale = useLocale()
  return (counts) =>
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(
        ([name, count]) => `${count.toLocaleString(locale)} ${isOutcome(name) ? t(`activity.outcomes.${name}`) : name}`,
      )
      .join(', ') || t('common.none')
}

function Row({ run }: { run: Run }) {
  const { t } = useTranslation()
  const locale = useLocale()
  const countsText = useCountsText()
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
      <Table.Td>{countsText(counts)}</Table.Td>
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
