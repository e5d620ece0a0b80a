import { Button, List, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useTranslation } from 'react-i18next'
import type { SyncDetails } from '../api.ts'
import { ChangeDialogue } from './change-sync.tsx'
import { TextLink } from './links.tsx'
import { useLocale } from './locale.ts'
import { Panel } from './page.tsx'
import { useCountsText } from './runs.tsx'
import { useMay } from './session.ts'
import { Ago } from './time.tsx'

type Plans = NonNullable<SyncDetails['shadow']>

/** What a sync in shadow would have done, and the way out of it. */
export function Shadow({ sync, shadow }: { sync: SyncDetails; shadow: Plans }) {
  const { t } = useTranslation()
  const [isOpen, opening] = useDisclosure()
  const mayChange = useMay('admin')
  return (
    <Panel title={t('shadow.title')} aside={mayChange && <Button onClick={opening.open}>{t('shadow.goLive')}</Button>}>
      <Plan sync={sync} shadow={shadow} />
      <ChangeDialogue
        name={sync.sync}
        opened={isOpen}
        size="xl"
        title={t('shadow.liveTitle', { name: sync.sync })}
        text={t('shadow.liveText')}
        go={t('shadow.goLive')}
        change={{ mode: 'live' }}
        needsNote
        onClose={opening.close}
      >
        <Plan sync={sync} shadow={shadow} />
      </ChangeDialogue>
    </Panel>
  )
}

function Plan({ sync, shadow: { counts, planned } }: { sync: SyncDetails; shadow: Plans }) {
  const { t } = useTranslation()
  const locale = useLocale()
  const countsText = useCountsText()
  const { sync: name, problems, guard } = sync
  const wanted = counts.planned ?? 0
  const free = guard === null ? null : Math.max(0, guard.perHour - guard.used) + guard.extra
  return (
    <Stack gap="sm">
      <Text size="sm">{t('shadow.counts', { counts: countsText(counts) })}</Text>
      {problems.count > 0 && (
        <Text size="sm">
          <TextLink to="/problems" search={{ sync: name }} size="sm">
            {t('common.problems', { count: problems.count })}
          </TextLink>{' '}
          {t('shadow.problems')}
        </Text>
      )}
      {free !== null && (
        <Text size="sm" className={wanted > free ? 'warn' : ''}>
          {t(wanted > free ? 'shadow.guardStops' : 'shadow.guardLets', { free: free.toLocaleString(locale) })}
        </Text>
      )}
      {planned.length === 0 ? (
        <Text size="sm">{t('shadow.nothing')}</Text>
      ) : (
        <List size="sm" aria-label={t('shadow.newest')}>
          {planned.map(({ ref, at, text }) => (
            <List.Item key={ref.id}>
              <TextLink to="/syncs/$name/$id" params={{ name, id: ref.id }} size="sm">
                {text}
              </TextLink>{' '}
              <Text span size="sm" c="dimmed">
                <Ago at={at} />
              </Text>
            </List.Item>
          ))}
        </List>
      )}
    </Stack>
  )
}
