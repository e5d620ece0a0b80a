import { Group, Paper, Progress, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Connection } from '../api.ts'
import { CheckIcon, PauseIcon } from './icons.tsx'
import { useLocale } from './locale.ts'
import { duration, useNow } from './time.tsx'

interface ConnectionCardProps {
  readonly connection: Connection
  /** What may be done with it. */
  readonly children?: ReactNode
}

export function ConnectionCard({ connection, children }: ConnectionCardProps) {
  const { t } = useTranslation()
  const locale = useLocale()
  const { connection: name, system, account, pausedBecause, pausedUntil, failures, quotas } = connection
  return (
    <Paper withBorder p="sm" component="article" aria-label={name}>
      <Stack gap={6}>
        <Group justify="space-between" wrap="nowrap" align="flex-start">
          <Title order={3} size="h6">
            {name}
          </Title>
          <Group gap={4} wrap="nowrap" className={pausedBecause === null ? 'good' : 'bad'}>
            {pausedBecause === null ? <CheckIcon /> : <PauseIcon />}
            <Text size="sm" fw={600} className="nowrap">
              {pausedBecause === null ? t('home.ok') : t('home.paused')}
            </Text>
          </Group>
        </Group>
        <Text size="sm" c="dimmed">
          {system} · {account === null ? t('home.noAccount') : account.name}
        </Text>
        {pausedBecause !== null && (
          <>
            <Text size="sm">{pausedBecause.message}</Text>
            <Text size="sm">{pausedBecause.fix}</Text>
            <Text size="sm" fw={600}>
              {pausedUntil === null ? t('home.pausedHeld') : <Countdown until={pausedUntil} />}
              {failures > 1 && ` · ${t('home.failures', { count: failures })}`}
            </Text>
          </>
        )}
        {quotas.map((quota) => {
          const text = t('home.quota', {
            name: quota.name,
            remaining: quota.remaining.toLocaleString(locale),
            limit: quota.limit.toLocaleString(locale),
          })
          const share = quota.limit > 0 ? Math.min(100, (quota.remaining / quota.limit) * 100) : 0
          return (
            <div key={quota.name}>
              <Text size="xs" mb={2}>
                {text}
              </Text>
              <Progress value={share} size="sm" aria-label={text} color={share < 10 ? 'orange.8' : 'teal'} />
            </div>
          )
        })}
        {children}
      </Stack>
    </Paper>
  )
}

function Countdown({ until }: { until: string }) {
  const { t } = useTranslation()
  const locale = useLocale()
  const left = Date.parse(until) - useNow(1000)
  return <>{left > 0 ? t('home.nextTry', { time: duration(left, locale) }) : t('home.nextTryNow')}</>
}
