import { Badge, Button, Code, Group, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { type AlertChannel, call, type OpenAlert, type ProblemKind } from '../api.ts'
import { en } from '../i18n/en.ts'
import { CheckIcon, WarnIcon } from '../parts/icons.tsx'
import { TextLink } from '../parts/links.tsx'
import { kept } from '../parts/live.ts'
import { useDeed } from '../parts/notices.tsx'
import { Nothing, Page, Panel, Waiting } from '../parts/page.tsx'
import { Remedy } from '../parts/problem-row.tsx'
import { useMay } from '../parts/session.ts'
import { Stale } from '../parts/stale.tsx'
import { Ago } from '../parts/time.tsx'
import { Trouble } from '../parts/trouble.tsx'

export function Alerts(): ReactNode {
  const { t } = useTranslation()
  const alerts = useQuery({
    queryKey: ['alerts'],
    queryFn: ({ signal }) => call('listAlerts', {}, signal),
    ...kept,
  })
  return (
    <Page title={t('nav.alerts')} above={<Stale query={alerts} />}>
      {alerts.data === undefined ? (
        alerts.error === null ? (
          <Waiting />
        ) : (
          <Trouble error={alerts.error} again={alerts.refetch} />
        )
      ) : (
        <>
          <Channels channels={alerts.data.channels} />
          <Open open={alerts.data.open} />
        </>
      )}
      <Panel title={t('alerts.add')}>
        <Stack gap="xs">
          <Text size="sm">{t('alerts.addText')}</Text>
          <Code block>{example}</Code>
          <Text size="sm">{t('alerts.addDocs')}</Text>
        </Stack>
      </Panel>
    </Page>
  )
}

/** The same in every language: it is typed as it stands. */
const example = `alerts:
  channels:
    office:
      kind: slack
      url: \${SLACK_URL}`

function Channels({ channels }: { channels: readonly AlertChannel[] }) {
  const { t } = useTranslation()
  return (
    <Panel title={t('alerts.channels')} flush>
      {channels.length === 0 ? (
        <Nothing title={t('alerts.none')} text={t('alerts.noneText')} />
      ) : (
        <ul className="plain">
          {channels.map((one) => (
            <li key={one.channel} className="row">
              <Channel channel={one} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

function Channel({ channel: one }: { channel: AlertChannel }) {
  const { t } = useTranslation()
  const { channel, kind, failure, failingSince, nextTryAt, toldAt, severities, daily } = one
  const works = failure === null
  return (
    <Group justify="space-between" align="flex-start" gap="sm">
      <Stack gap={4} flex="1 1 320px">
        <Group gap="xs">
          <Title order={3} size="h6">
            {channel}
          </Title>
          <Group gap={4} wrap="nowrap" className={works ? 'good' : 'bad'}>
            {works ? <CheckIcon /> : <WarnIcon />}
            <Text size="sm" fw={600}>
              {works ? t('home.ok') : t('alerts.fails')}
            </Text>
          </Group>
        </Group>
        <Text size="sm" c="dimmed">
          {t(`alerts.kinds.${kind}`)} · {severities.map((severity) => t(`alerts.severities.${severity}`)).join(', ')}
          {daily && ` · ${t('alerts.daily')}`} ·{' '}
          {toldAt === null ? (
            t('alerts.nothingTold')
          ) : (
            <>
              {t('alerts.lastTold')} <Ago at={toldAt} />
            </>
          )}
        </Text>
        {failure !== null && (
          <>
            <Text size="sm">{failure.message}</Text>
            <Remedy fix={failure.fix} />
            <Text size="sm" c="dimmed">
              {failingSince !== null && (
                <>
                  {t('alerts.since')} <Ago at={failingSince} />
                </>
              )}
              {nextTryAt !== null && (
                <>
                  {' '}
                  · {t('alerts.nextTry')} <Ago at={nextTryAt} />
                </>
              )}
            </Text>
          </>
        )}
      </Stack>
      {useMay('admin') && <TestChannel name={channel} />}
    </Group>
  )
}

function TestChannel({ name }: { name: string }) {
  const { t } = useTranslation()
  const test = useDeed(() => call('testAlert', { params: { name } }))
  return (
    <Stack gap={4} align="flex-end" maw={420}>
      <Button
        size="xs"
        variant="default"
        aria-label={t('alerts.testWho', { name })}
        loading={test.isPending}
        onClick={() => test.mutate(undefined)}
      >
        {t('alerts.test')}
      </Button>
      {test.data !== undefined && (
        <div role="status">
          {test.data.failure === null ? (
            <Text size="sm">{t('alerts.tested', { answer: test.data.answer ?? '' })}</Text>
          ) : (
            <>
              <Text size="sm" className="bad">
                {test.data.failure.message}
              </Text>
              <Remedy fix={test.data.failure.fix} />
            </>
          )}
        </div>
      )}
    </Stack>
  )
}

function Open({ open }: { open: readonly OpenAlert[] }) {
  const { t } = useTranslation()
  return (
    <Panel title={t('alerts.open')} flush>
      {open.length === 0 ? (
        <Nothing title={t('alerts.allClear')} text={t('alerts.allClearText')} />
      ) : (
        <ul className="plain">
          {open.map((one) => (
            <li key={`${one.about} ${one.problem ?? one.title}`} className="row">
              <Alert alert={one} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

const isKind = (kind: string): kind is ProblemKind => Object.hasOwn(en.kinds, kind)

function Alert({
  alert: { about, kind, severity, title, message, fix, since, waiting, problem, told },
}: {
  alert: OpenAlert
}) {
  const { t } = useTranslation()
  const name = isKind(kind) ? t(`kinds.${kind}`) : kind === 'stale' || kind === 'expiring' ? t(`alerts.${kind}`) : title
  return (
    <Stack gap={4}>
      <Group gap="xs">
        {problem === null ? (
          <Text fw={600}>{name}</Text>
        ) : (
          <TextLink to="/problems/$id" params={{ id: problem }} fw={600}>
            {name}
          </TextLink>
        )}
        <Badge
          variant="outline"
          color={severity === 'urgent' ? 'red' : 'orange'}
          c="var(--mantine-color-text)"
          tt="none"
        >
          {t(`alerts.severity.${severity}`)}
        </Badge>
      </Group>
      <Text size="sm">{message}</Text>
      <Remedy fix={fix} />
      <Text size="sm" c="dimmed">
        {about}
        {waiting > 0 && ` · ${t('problems.waits', { count: waiting })}`} · {t('alerts.since')} <Ago at={since} /> ·{' '}
        {told.length === 0
          ? t('alerts.toldNowhere')
          : t('alerts.toldIn', { channels: told.map(({ channel }) => channel).join(', ') })}
      </Text>
    </Stack>
  )
}
