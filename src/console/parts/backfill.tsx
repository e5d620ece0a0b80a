import { Button, Group, Progress, SegmentedControl, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call, type SyncDetails } from '../api.ts'
import { idsOf } from './ids.ts'
import { useLocale } from './locale.ts'
import { useDeed } from './notices.tsx'
import { Panel } from './page.tsx'
import { useCountsText } from './runs.tsx'
import { useMay } from './session.ts'
import { Ago, useAgo } from './time.tsx'
import { untilDone } from './until-done.ts'

type Which = { readonly from: string } | { readonly deals: string[] }

/** Deals that were won before the sync began: counted first, then queued, with how far that is. */
export function Backfill({ name, progress }: { name: string; progress: SyncDetails['backfill'] }) {
  const { t } = useTranslation()
  const mayRun = useMay('operator')
  return (
    <Panel title={t('backfill.title')}>
      <Stack gap="md">
        <Text size="sm">{t('backfill.text')}</Text>
        {mayRun && <AskBackfill name={name} />}
        {progress !== null && <HowFar progress={progress} />}
      </Stack>
    </Panel>
  )
}

function AskBackfill({ name }: { name: string }) {
  const { t } = useTranslation()
  const [by, setBy] = useState<'day' | 'ids'>('day')
  const [day, setDay] = useState('')
  const [text, setText] = useState('')
  const params = { name }
  const ids = idsOf(text)
  // The day begins where whoever asks is.
  const from = day === '' ? null : new Date(`${day}T00:00:00`)
  const which: Which | null =
    by === 'ids' ? (ids.length > 0 ? { deals: ids } : null) : from === null ? null : { from: from.toISOString() }
  const count = useDeed((given: Which) =>
    untilDone(() => call('backfillSync', { params, body: { ...given, dryRun: true } })),
  )
  const queue = useDeed(
    (given: Which) => untilDone(() => call('backfillSync', { params, body: { ...given, dryRun: false } })),
    ({ found }) => t('backfill.queued', { count: found ?? 0 }),
  )
  const found = count.data?.found ?? null
  const isCounted = which !== null && JSON.stringify(which) === JSON.stringify(count.variables)
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (which !== null) count.mutate(which)
      }}
    >
      <Stack gap="sm" align="flex-start">
        <SegmentedControl
          aria-label={t('backfill.which')}
          data={[
            { value: 'day', label: t('backfill.byDay') },
            { value: 'ids', label: t('backfill.byIds') },
          ]}
          value={by}
          onChange={(value) => setBy(value === 'ids' ? 'ids' : 'day')}
        />
        <Group align="flex-end" gap="sm">
          {by === 'day' ? (
            <TextInput
              type="date"
              label={t('backfill.from')}
              max={new Date().toLocaleDateString('sv')}
              value={day}
              onChange={(event) => setDay(event.currentTarget.value)}
            />
          ) : (
            <TextInput
              label={t('trial.ids')}
              description={t('trial.idsHint')}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
          )}
          <Button type="submit" variant="default" loading={count.isPending} disabled={which === null}>
            {t('backfill.count')}
          </Button>
        </Group>
        {count.isPending && <Text size="sm">{t('backfill.counting')}</Text>}
        {found !== null && isCounted && (
          <Group gap="sm" role="status">
            <Text size="sm">{t('backfill.found', { count: found })}</Text>
            {found > 0 && which !== null && (
              <Button loading={queue.isPending} onClick={() => queue.mutate(which, { onSuccess: () => count.reset() })}>
                {t('backfill.queue', { count: found })}
              </Button>
            )}
          </Group>
        )}
      </Stack>
    </form>
  )
}

function HowFar({ progress }: { progress: NonNullable<SyncDetails['backfill']> }) {
  const { t } = useTranslation()
  const locale = useLocale()
  const say = useAgo()
  const countsText = useCountsText()
  const { run, found, left, done, doneAt } = progress
  const text = t('backfill.progress', {
    count: found,
    done: done.toLocaleString(locale),
    left: left.toLocaleString(locale),
  })
  return (
    <Stack gap={4}>
      <Text size="sm" fw={600}>
        {t('backfill.last')} <Ago at={run.startedAt} />
        {run.actor !== null && ` · ${t('order.by', { actor: run.actor })}`}
      </Text>
      {run.state === 'running' ? (
        <Text size="sm">{t('backfill.queueing', { count: found })}</Text>
      ) : (
        <>
          <Progress value={found === 0 ? 100 : (done / found) * 100} aria-label={text} />
          <Text size="sm">{text}</Text>
        </>
      )}
      {run.reason !== null && (
        <Text size="sm" className="bad">
          {run.reason}
        </Text>
      )}
      {left > 0 && (
        <Text size="sm" c="dimmed">
          {doneAt === null ? t('backfill.unknown') : t('backfill.doneAt', { ago: say(doneAt) })}
        </Text>
      )}
      <Text size="sm" c="dimmed">
        {countsText(run.counts)}
      </Text>
    </Stack>
  )
}
