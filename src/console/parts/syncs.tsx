import { Badge, Button, Group, NumberInput, Stack, Text, Title } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call, type Sync } from '../api.ts'
import { Dialogue } from './confirm.tsx'
import { Held } from './held.tsx'
import { TextLink } from './links.tsx'
import { useLocale } from './locale.ts'
import { useDeed } from './notices.tsx'
import { Panel } from './page.tsx'
import { Reason } from './reason.tsx'
import { useScheduleText } from './schedule-text.ts'
import { useMay } from './session.ts'
import { Ago } from './time.tsx'

export function Syncs({ syncs, title }: { syncs: readonly Sync[]; title?: string }) {
  return (
    <Panel title={title} flush>
      <ul className="plain">
        {syncs.map((one) => (
          <li key={one.sync} className="row">
            <SyncRow sync={one} />
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function SyncRow({ sync }: { sync: Sync }) {
  const { t } = useTranslation()
  const locale = useLocale()
  const scheduleText = useScheduleText()
  const { sync: name, from, to, document, mode, schedule, heldBecause, lookedAt, inbox, problems, lastRun } = sync
  const due = inbox === null ? 0 : inbox.due + inbox.later + inbox.inWork
  return (
    <Group justify="space-between" align="flex-start" gap="sm">
      <Stack gap={4} flex="1 1 320px">
        <Group gap="xs">
          <Title order={3} size="h6">
            <TextLink to="/syncs/$name" params={{ name }} inherit>
              {name}
            </TextLink>
          </Title>
          <Badge variant="outline" color={mode === 'live' ? 'teal' : 'gray'} c="var(--mantine-color-text)" tt="none">
            {t(`home.${mode}`)}
          </Badge>
          {lastRun?.state === 'running' && (
            <Badge variant="outline" color="blue" c="var(--mantine-color-text)" tt="none">
              {t('home.running')}
            </Badge>
          )}
        </Group>
        <Text size="sm" c="dimmed">
          {from} → {to} · {document} · {scheduleText(schedule)} ·{' '}
          {lookedAt === null ? (
            t('home.notLooked')
          ) : (
            <>
              {t('home.lookedAt')} <Ago at={lookedAt} />
            </>
          )}
          {due > 0 && ` · ${t('home.due')}: ${due.toLocaleString(locale)}`}
        </Text>
        {problems > 0 && (
          <TextLink to="/problems" search={{ sync: name }} size="sm">
            {t('common.problems', { count: problems })}
          </TextLink>
        )}
        {heldBecause !== null && <Held because={heldBecause} />}
      </Stack>
      {useMay('operator') && <SyncDeeds name={name} isHeld={heldBecause !== null} />}
    </Group>
  )
}

export function SyncDeeds({ name, isHeld }: { name: string; isHeld: boolean }) {
  const { t } = useTranslation()
  const [isHolding, holding] = useDisclosure()
  const [isResuming, resuming] = useDisclosure()
  const [because, setBecause] = useState('')
  const [allow, setAllow] = useState<number | string>('')
  const params = { name }
  const run = useDeed(
    () => call('runSync', { params }),
    () => t('home.ran', params),
  )
  const hold = useDeed(
    () => call('pauseSync', { params, body: because.trim() === '' ? {} : { because: because.trim() } }),
    () => t('home.wasHeld', params),
  )
  const resume = useDeed(
    () => call('resumeSync', { params, body: typeof allow === 'number' ? { allow } : {} }),
    () => t('home.wasResumed', params),
  )
  return (
    <Group gap="xs">
      <Button size="xs" variant="default" loading={run.isPending} onClick={() => run.mutate(undefined)}>
        {t('home.run')}
      </Button>
      {isHeld ? (
        <Button size="xs" onClick={resuming.open}>
          {t('home.resume')}
        </Button>
      ) : (
        <Button size="xs" variant="default" onClick={holding.open}>
          {t('home.hold')}
        </Button>
      )}
      <Dialogue
        opened={isHolding}
        title={t('home.holdTitle', params)}
        text={t('home.holdText')}
        go={t('home.hold')}
        isBusy={hold.isPending}
        isReady={because.trim() !== ''}
        onGo={() => hold.mutate(undefined, { onSuccess: holding.close })}
        onClose={holding.close}
      >
        <Reason label={t('home.holdWhy')} value={because} onChange={setBecause} />
      </Dialogue>
      <Dialogue
        opened={isResuming}
        title={t('home.resumeTitle', params)}
        text={t('home.resumeText')}
        go={t('home.resume')}
        isBusy={resume.isPending}
        onGo={() => resume.mutate(undefined, { onSuccess: resuming.close })}
        onClose={resuming.close}
      >
        <NumberInput
          label={t('home.resumeAllow')}
          description={t('home.resumeAllowHint')}
          min={1}
          max={100_000}
          allowDecimal={false}
          value={allow}
          onChange={setAllow}
        />
      </Dialogue>
    </Group>
  )
}
