import { Code, Group, Text, Timeline } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { TimelineEntry } from '../api.ts'
import { Moment } from './time.tsx'

export function Story({ entries }: { entries: readonly TimelineEntry[] }) {
  const { t } = useTranslation()
  if (entries.length === 0) return <Text size="sm">{t('order.noStory')}</Text>
  return (
    <Timeline styles={{ item: { marginTop: 12 } }} bulletSize={14} lineWidth={2} active={entries.length}>
      {entries.map((entry, index) => (
        // Entries are only ever added at the end.
        // biome-ignore lint/suspicious/noArrayIndexKey: two entries may be alike in all they say
        <Timeline.Item key={index} title={<Text size="sm">{entry.text}</Text>}>
          <Group gap={6}>
            <Text size="sm" c="dimmed">
              <Moment at={entry.at} /> · {entry.sync}
              {entry.actor !== null && ` · ${t('order.by', { actor: entry.actor })}`}
            </Text>
          </Group>
          <Details of={entry.details} />
        </Timeline.Item>
      ))}
    </Timeline>
  )
}

function Details({ of: details }: { of: unknown }) {
  const { t } = useTranslation()
  if (details === null || details === undefined) return null
  return (
    <details>
      <summary>{t('common.details')}</summary>
      <Code block className="json">
        {JSON.stringify(details, null, 2)}
      </Code>
    </details>
  )
}
