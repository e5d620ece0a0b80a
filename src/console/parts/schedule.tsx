import { Button, List, Select, Stack, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { SyncDetails } from '../api.ts'
import { ChangeDialogue } from './change-sync.tsx'
import { Panel } from './page.tsx'
import { cronOf, type Rhythm, rhythmOf } from './rhythm.ts'
import { useRhythmText } from './schedule-text.ts'
import { useMay } from './session.ts'
import { Moment } from './time.tsx'

type Schedule = SyncDetails['schedule']

export function SchedulePanel({ name, schedule }: { name: string; schedule: Schedule }) {
  const { t } = useTranslation()
  const rhythmText = useRhythmText()
  const rhythm = schedule === null ? null : rhythmOf(schedule.cron)
  return (
    <Panel title={t('schedule.title')} aside={useMay('admin') && <ChangeSchedule name={name} schedule={schedule} />}>
      {schedule === null ? (
        <Text size="sm">{t('schedule.none')}</Text>
      ) : (
        <Stack gap="xs">
          <Text>{rhythm === null ? <code>{schedule.cron}</code> : rhythmText(rhythm)}</Text>
          <Text size="sm" c="dimmed">
            {t('schedule.zone', { zone: schedule.timeZone })}
          </Text>
          <Text size="sm" fw={600}>
            {t('schedule.next')}
          </Text>
          {schedule.next.length === 0 ? (
            <Text size="sm">{t('schedule.never')}</Text>
          ) : (
            <List size="sm" aria-label={t('schedule.next')}>
              {schedule.next.map((at) => (
                <List.Item key={at}>
                  <Moment at={at} zone={schedule.timeZone} hasSeconds={!at.endsWith(':00.000Z')} />
                </List.Item>
              ))}
            </List>
          )}
        </Stack>
      )}
    </Panel>
  )
}

/** What can be chosen; all else is an expression. */
const rhythms: readonly Rhythm[] = [
  ...[1, 2, 5, 10, 15, 30].map((count): Rhythm => ({ every: 'minutes', count })),
  ...[1, 2, 4, 6, 12].map((count): Rhythm => ({ every: 'hours', count })),
]

type Choice = { readonly kind: string; readonly time: string; readonly cron: string; readonly zone: string }

function choiceOf(schedule: Schedule): Choice {
  const begun = {
    time: '06:00',
    cron: '',
    zone: schedule?.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
  }
  if (schedule === null) return { ...begun, kind: 'none' }
  const rhythm = rhythmOf(schedule.cron)
  if (rhythm !== null && 'time' in rhythm) return { ...begun, kind: rhythm.every, time: rhythm.time }
  const cron = rhythm === null ? null : cronOf(rhythm)
  const isListed = rhythms.some((one) => cronOf(one) === cron)
  return cron !== null && isListed ? { ...begun, kind: cron } : { ...begun, kind: 'cron', cron: schedule.cron }
}

/** @returns undefined while it is not whole */
function scheduleOf({ kind, time, cron, zone }: Choice) {
  if (kind === 'none') return null
  const text =
    kind === 'day' || kind === 'weekday'
      ? time === ''
        ? ''
        : cronOf({ every: kind, time })
      : kind === 'cron'
        ? cron.trim()
        : kind
  return text === '' || zone === '' ? undefined : { cron: text, timeZone: zone }
}

function ChangeSchedule({ name, schedule }: { name: string; schedule: Schedule }) {
  const { t } = useTranslation()
  const rhythmText = useRhythmText()
  const [isOpen, opening] = useDisclosure()
  const [choice, setChoice] = useState(() => choiceOf(schedule))
  const set = (change: Partial<Choice>) => setChoice((before) => ({ ...before, ...change }))
  const wanted = scheduleOf(choice)
  const zones = [...new Set(['UTC', choice.zone, ...Intl.supportedValuesOf('timeZone')])]
  return (
    <>
      <Button
        size="xs"
        variant="default"
        onClick={() => {
          setChoice(choiceOf(schedule))
          opening.open()
        }}
      >
        {t('schedule.change')}
      </Button>
      <ChangeDialogue
        name={name}
        opened={isOpen}
        title={t('schedule.changeTitle', { name })}
        text={t('schedule.changeText')}
        change={wanted === undefined ? null : { schedule: wanted }}
        onClose={opening.close}
      >
        <Select
          label={t('schedule.how')}
          allowDeselect={false}
          data={[
            ...rhythms.map((one) => ({ value: cronOf(one), label: rhythmText(one) })),
            { value: 'day', label: t('schedule.atTime') },
            { value: 'weekday', label: t('schedule.onWeekdays') },
            { value: 'cron', label: t('schedule.own') },
            { value: 'none', label: t('home.noSchedule') },
          ]}
          value={choice.kind}
          onChange={(kind) => set({ kind: kind ?? 'none' })}
        />
        {(choice.kind === 'day' || choice.kind === 'weekday') && (
          <TextInput
            type="time"
            label={t('schedule.time')}
            value={choice.time}
            onChange={(event) => set({ time: event.currentTarget.value })}
          />
        )}
        {choice.kind === 'cron' && (
          <TextInput
            label={t('schedule.expression')}
            description={t('schedule.expressionHint')}
            maxLength={100}
            value={choice.cron}
            onChange={(event) => set({ cron: event.currentTarget.value })}
          />
        )}
        {choice.kind !== 'none' && (
          <Select
            label={t('schedule.zoneLabel')}
            searchable
            allowDeselect={false}
            limit={100}
            data={zones}
            value={choice.zone}
            onChange={(zone) => set({ zone: zone ?? 'UTC' })}
          />
        )}
      </ChangeDialogue>
    </>
  )
}
