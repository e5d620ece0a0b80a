import { DataList, SimpleGrid, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { call, type Deal } from '../api.ts'
import { DealFailures } from '../parts/deal-failures.tsx'
import { DealPreview } from '../parts/deal-preview.tsx'
import { Documents } from '../parts/documents.tsx'
import { TextLink } from '../parts/links.tsx'
import { kept } from '../parts/live.ts'
import { Page, Panel, Waiting } from '../parts/page.tsx'
import { Share } from '../parts/share.tsx'
import { StageRibbon } from '../parts/stages.tsx'
import { Stale } from '../parts/stale.tsx'
import { Story } from '../parts/story.tsx'
import { Ago, Moment } from '../parts/time.tsx'
import { Trouble } from '../parts/trouble.tsx'

const route = getRouteApi('/orders/$id')

export function OneOrder(): ReactNode {
  const { t } = useTranslation()
  const { id } = route.useParams()
  const search = route.useSearch()
  const one = useQuery({
    queryKey: ['deal', id, search],
    queryFn: ({ signal }) => call('getDeal', { params: { id }, query: search }, signal),
    ...kept,
  })
  const story = useQuery({
    queryKey: ['timeline', id, search],
    queryFn: ({ signal }) => call('dealTimeline', { params: { id }, query: search }, signal),
    ...kept,
  })
  const back = (
    <TextLink to="/orders" size="sm">
      ← {t('order.back')}
    </TextLink>
  )
  if (one.data === undefined)
    return (
      <Page title={`${t('order.deal')} ${id}`} above={back}>
        {one.error === null ? <Waiting /> : <Trouble error={one.error} again={one.refetch} />}
      </Page>
    )
  const { deals, failures } = one.data
  const [main] = deals
  const entries = story.data?.entries ?? []
  return (
    <Page
      title={main?.source.label ?? `${t('order.deal')} ${id}`}
      actions={deals.map((deal) => <Share key={deal.sync} deal={deal} />)}
      above={
        <>
          {back}
          <Stale query={one} />
        </>
      }
    >
      {deals.map((deal) => (
        <Stack key={deal.sync} gap="md">
          {deal.state === 'linked' && (
            <Panel>
              <StageRibbon stage={deal.stage} seen={stagesSeen(entries)} />
            </Panel>
          )}
          <BothSides deal={deal} />
        </Stack>
      ))}
      <DealFailures id={id} failures={failures} />
      {[...new Set((deals.length > 0 ? deals : failures).map(({ sync }) => sync))].map((sync) => (
        <DealPreview key={sync} id={id} sync={sync} />
      ))}
      {deals.map(({ sync, target }) => target.id !== null && <Documents key={sync} id={id} sync={sync} />)}
      <Panel title={t('order.story')}>
        {story.data === undefined ? (
          story.error === null ? (
            <Waiting rows={3} />
          ) : (
            <Trouble error={story.error} again={story.refetch} />
          )
        ) : (
          <Story entries={entries} />
        )}
      </Panel>
    </Page>
  )
}

const stagesSeen = (entries: readonly { readonly details: unknown }[]): ReadonlySet<string> =>
  new Set(
    entries
      .map(({ details }) => (typeof details === 'object' && details !== null ? Reflect.get(details, 'stage') : null))
      .filter((stage) => typeof stage === 'string'),
  )

function BothSides({ deal }: { deal: Deal }) {
  const { t } = useTranslation()
  const { source, target, sync, state, origin, createdAt, updatedAt } = deal
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
      <Panel title={t('order.deal')}>
        <DataList size="sm" gap={6} labelWidth={110}>
          <Fact label={t('order.id')}>
            {source.ref.object} {source.ref.id}
          </Fact>
          <Fact label={t('order.system')}>{source.ref.connection}</Fact>
          <Fact label={t('order.sync')}>{sync}</Fact>
          <Fact label={t('order.since')}>
            <Moment at={createdAt} />
          </Fact>
        </DataList>
      </Panel>
      <Panel title={t('order.order')}>
        <DataList size="sm" gap={6} labelWidth={110}>
          <Fact label={t('order.number')}>{target.label ?? target.id ?? t('order.unknownNumber')}</Fact>
          <Fact label={t('order.system')}>{target.connection}</Fact>
          <Fact label={t('order.state')}>
            {t(`states.${state}`)}
            {origin !== null && ` · ${t(origin === 'created' ? 'order.created' : 'order.adopted')}`}
          </Fact>
          <Fact label={t('order.updated')}>
            <Ago at={updatedAt} />
          </Fact>
        </DataList>
      </Panel>
    </SimpleGrid>
  )
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <DataList.Item>
      <DataList.ItemLabel c="var(--ink-soft)">{label}</DataList.ItemLabel>
      <DataList.ItemValue>{children}</DataList.ItemValue>
    </DataList.Item>
  )
}
