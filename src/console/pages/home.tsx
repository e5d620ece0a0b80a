import { Group, List, SimpleGrid, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { type Certificate, call, type Reply } from '../api.ts'
import { Bars } from '../parts/bars.tsx'
import { ConnectionCard } from '../parts/connection-card.tsx'
import { CheckIcon, WarnIcon } from '../parts/icons.tsx'
import { ButtonLink, TextLink } from '../parts/links.tsx'
import { kept } from '../parts/live.ts'
import { useLocale } from '../parts/locale.ts'
import { moneysText } from '../parts/money.ts'
import { Nothing, Page, Panel, Waiting } from '../parts/page.tsx'
import { useMay } from '../parts/session.ts'
import { stageOrder, useStageText } from '../parts/stages.tsx'
import { Stale } from '../parts/stale.tsx'
import { Syncs } from '../parts/syncs.tsx'
import { useAgo } from '../parts/time.tsx'
import { Trouble } from '../parts/trouble.tsx'

type Glance = Reply<'home'>

export function Home(): ReactNode {
  const { t } = useTranslation()
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const home = useQuery({
    queryKey: ['home', zone],
    queryFn: ({ signal }) => call('home', { query: { zone } }, signal),
    ...kept,
  })
  if (home.data === undefined)
    return (
      <Page title={t('nav.home')}>
        {home.error === null ? <Waiting /> : <Trouble error={home.error} again={home.refetch} />}
      </Page>
    )
  return <Glanced glance={home.data} stale={<Stale query={home} />} />
}

function Glanced({ glance, stale }: { glance: Glance; stale: ReactNode }) {
  const { t } = useTranslation()
  const isAdmin = useMay('admin')
  const [first = '', ...others] = useSentences(glance)
  const { connections, syncs, stages, days, certificates, newest, waiting, muted } = glance
  const mutedText = useMutedText()
  if (connections.length === 0 && syncs.length === 0)
    return (
      <Page title={t('nav.home')} above={stale}>
        <Panel>
          <Stack align="center" gap={0} pb={isAdmin ? 'lg' : 0}>
            <Nothing title={t('home.emptyTitle')} text={t(isAdmin ? 'home.emptyText' : 'home.emptyTextOthers')} />
            {isAdmin && <ButtonLink to="/connections/new">{t('connections.connect')}</ButtonLink>}
          </Stack>
        </Panel>
      </Page>
    )
  return (
    <Page title={first} name={t('nav.home')} above={stale}>
      <Group gap="lg">
        {waiting.problems > 0 && <TextLink to="/problems">{t('home.lookProblems')}</TextLink>}
        {muted.problems > 0 && (
          <TextLink to="/problems" search={{ show: 'muted' }}>
            {mutedText(muted)}
          </TextLink>
        )}
        {newest !== null && (
          <TextLink to="/orders/$id" params={{ id: newest.deal.id }} search={{ connection: newest.deal.connection }}>
            {t('home.newest', { label: newest.label ?? newest.deal.id })}
          </TextLink>
        )}
      </Group>
      {others.length > 0 && (
        <Stack gap={4}>
          <Text fw={600} size="sm">
            {t('home.also')}
          </Text>
          <List size="sm">
            {others.map((text) => (
              <List.Item key={text}>{text}</List.Item>
            ))}
          </List>
        </Stack>
      )}
      <Panel title={t('home.connections')}>
        <SimpleGrid cols={{ base: 1, sm: 2, lg: Math.min(3, Math.max(2, connections.length)) }} spacing="sm">
          {connections.map((one) => (
            <ConnectionCard key={one.connection} connection={one} />
          ))}
        </SimpleGrid>
      </Panel>
      <Panel title={t('home.stages')}>
        <Flow stages={stages} />
      </Panel>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Panel title={t('home.days')}>
          <Bars days={days} />
        </Panel>
        <Panel title={t('home.certificates')}>
          {certificates.length === 0 ? (
            <Text size="sm">{t('home.noCertificates')}</Text>
          ) : (
            <Stack gap="sm">
              {certificates.map((one) => (
                <Certified key={one.sync} certificate={one} />
              ))}
            </Stack>
          )}
        </Panel>
      </SimpleGrid>
      <Syncs syncs={syncs} title={t('home.syncs')} />
    </Page>
  )
}

const agrees = ({ genuine, missing, extra }: Certificate) => genuine && missing === 0 && extra === 0

/** How it goes, the gravest first; one sentence when all is well. */
function useSentences({ connections, syncs, certificates, waiting, today, newest }: Glance): readonly string[] {
  const { t } = useTranslation()
  const locale = useLocale()
  const say = useAgo()
  const wait = ({ records: count, held, unknown }: Glance['waiting']) => {
    const money = moneysText(held, locale)
    if (held.length === 0) return t('home.wait', { count })
    return unknown > 0
      ? t('home.waitHeldUnknown', { count, money, unknown: unknown.toLocaleString(locale) })
      : t('home.waitHeld', { count, money })
  }
  const grave = [
    ...connections
      .filter((one) => one.pausedBecause !== null)
      .map((one) => t('home.isPaused', { name: one.connection })),
    ...syncs.filter((one) => one.heldBecause !== null).map((one) => t('home.isHeld', { name: one.sync })),
    ...certificates.filter((one) => !agrees(one)).map((one) => t('home.disagrees', { name: one.sync })),
    ...(waiting.records === 0 ? [] : [wait(waiting)]),
  ]
  if (grave.length > 0) return grave
  if (newest === null) return [today === 0 ? t('home.allWell') : t('home.allWellToday', { count: today })]
  const ago = say(newest.at)
  return [today === 0 ? t('home.allWellNewest', { ago }) : t('home.allWellTodayNewest', { count: today, ago })]
}

function useMutedText(): (muted: Glance['muted']) => string {
  const { t } = useTranslation()
  const locale = useLocale()
  return ({ problems: count, held, unknown }) => {
    const money = moneysText(held, locale)
    if (held.length === 0) return t('home.muted', { count })
    return unknown > 0
      ? t('home.mutedHeldUnknown', { count, money, unknown: unknown.toLocaleString(locale) })
      : t('home.mutedHeld', { count, money })
  }
}

function Flow({ stages }: { stages: Glance['stages'] }) {
  const { t } = useTranslation()
  const locale = useLocale()
  const stageText = useStageText()
  if (stages.every(({ count }) => count === 0)) return <Text size="sm">{t('home.noOrders')}</Text>
  // What this console does not know comes last.
  const rank = (stage: string | null) => (stage === null ? -1 : (stageOrder.indexOf(stage) + 100) % 100)
  return (
    <ol className="plain flow" aria-label={t('home.stages')}>
      {stages
        .filter(({ count }) => count > 0)
        .toSorted((a, b) => rank(a.stage) - rank(b.stage))
        .map(({ stage, count }) => (
          <li key={stage ?? ''}>
            <TextLink to="/orders" search={stage === null ? {} : { stage }}>
              <strong>{count.toLocaleString(locale)}</strong>
              {stageText(stage)}
            </TextLink>
          </li>
        ))}
    </ol>
  )
}

function Certified({ certificate }: { certificate: Certificate }) {
  const say = useAgo()
  const { t } = useTranslation()
  const locale = useLocale()
  const { sync, at, won, orders, waiting, missing, extra, genuine } = certificate
  const isGood = agrees(certificate)
  const numbers = { won: won.toLocaleString(locale), orders: orders.toLocaleString(locale) }
  const exceptions = [
    ...(genuine ? [] : [t('home.forged')]),
    ...(missing > 0 ? [t('home.missing', { count: missing })] : []),
    ...(extra > 0 ? [t('home.extra', { count: extra })] : []),
    ...(waiting > 0 ? [t('home.waiting', { count: waiting })] : []),
  ]
  return (
    <div>
      <Group gap="xs" wrap="nowrap" className={isGood ? 'good' : 'bad'}>
        {isGood ? <CheckIcon /> : <WarnIcon />}
        <Text fw={600}>{won === orders && isGood ? t('home.agrees', numbers) : t('home.differs', numbers)}</Text>
      </Group>
      {exceptions.map((text) => (
        <Text key={text} size="sm">
          {text}
        </Text>
      ))}
      <Text size="sm" c="dimmed">
        {sync} · <span title={at}>{t('home.compared', { ago: say(at) })}</span>
      </Text>
    </div>
  )
}
