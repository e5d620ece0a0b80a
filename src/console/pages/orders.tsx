import { Group, SegmentedControl, Select, Table, Text, TextInput } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call, type Deal, type DealSort, type LinkState, type SortOrder } from '../api.ts'
import { en } from '../i18n/en.ts'
import { Export } from '../parts/export.tsx'
import { useFind } from '../parts/find.ts'
import { SearchIcon } from '../parts/icons.tsx'
import { TextLink } from '../parts/links.tsx'
import { kept } from '../parts/live.ts'
import { useLocale } from '../parts/locale.ts'
import { moneyText } from '../parts/money.ts'
import { More } from '../parts/more.tsx'
import { Nothing, Page, Panel, Waiting } from '../parts/page.tsx'
import { SortedBy } from '../parts/sort.tsx'
import { Progress, stageOrder, useStageText } from '../parts/stages.tsx'
import { Stale } from '../parts/stale.tsx'
import { Ago } from '../parts/time.tsx'
import { Trouble } from '../parts/trouble.tsx'
import { Wide } from '../parts/wide.tsx'

const route = getRouteApi('/orders')

interface Search {
  readonly text?: string
  readonly open?: 'true' | 'false'
  readonly state?: LinkState
  readonly stage?: string
  readonly sort?: DealSort
  readonly order?: SortOrder
}

export function Orders(): ReactNode {
  const { t } = useTranslation()
  const stageText = useStageText()
  const search: Search = route.useSearch()
  const navigate = route.useNavigate()
  const [text, setText] = useState(search.text ?? '')
  const go = (next: Search) => void navigate({ search: next, replace: true })
  const find = useFind('/orders', (words) => {
    const { text: _, ...others } = search
    go(words === '' ? others : { ...others, text: words })
  })
  const deals = useInfiniteQuery({
    queryKey: ['deals', search],
    queryFn: ({ signal, pageParam }) =>
      call('listDeals', { query: { ...search, ...(pageParam === null ? {} : { after: pageParam }) } }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    placeholderData: (before) => before,
    ...kept,
  })
  const rows = deals.data?.pages.flatMap((page) => page.deals) ?? []
  const { sort = 'created', order = 'desc', ...filter } = search
  const isFiltered = Object.keys(filter).length > 0
  const heading = (by: DealSort, name: string) => (
    <SortedBy
      isSorted={sort === by}
      isRising={order === 'asc'}
      // The newest and the largest first, names from the first letter on; then the other way round.
      onSort={() => go({ ...search, sort: by, order: sort === by ? turned[order] : firstOrder[by] })}
    >
      {name}
    </SortedBy>
  )
  const withoutOpen = ({ open: _, ...others }: Search) => others
  const withoutStage = ({ stage: _, ...others }: Search) => others
  const withoutState = ({ state: _, ...others }: Search) => others
  return (
    <Page
      title={t('orders.title')}
      above={<Stale query={deals} />}
      actions={<Export list="exportDeals" query={filter} />}
    >
      <Group gap="sm" align="flex-end">
        <TextInput
          type="search"
          label={t('common.search')}
          placeholder={t('orders.placeholder')}
          leftSection={<SearchIcon />}
          maxLength={200}
          flex="1 1 320px"
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value)
            find(event.currentTarget.value)
          }}
        />
        <Select
          label={t('orders.stage')}
          placeholder={t('orders.anyStage')}
          clearable
          data={stageOrder.map((stage) => ({ value: stage, label: stageText(stage) }))}
          value={search.stage ?? null}
          onChange={(stage) => go(stage === null ? withoutStage(search) : { ...search, stage })}
        />
        <Select
          label={t('orders.state')}
          placeholder={t('orders.anyState')}
          clearable
          data={(Object.keys(en.states) as LinkState[]).map((state) => ({ value: state, label: t(`states.${state}`) }))}
          value={search.state ?? null}
          onChange={(state) => go(state === null ? withoutState(search) : { ...search, state })}
        />
        <SegmentedControl
          aria-label={t('orders.progress')}
          data={[
            { value: 'all', label: t('common.all') },
            { value: 'true', label: t('orders.open') },
            { value: 'false', label: t('orders.over') },
          ]}
          value={search.open ?? 'all'}
          onChange={(open) => go(open === 'true' || open === 'false' ? { ...search, open } : withoutOpen(search))}
        />
      </Group>
      {deals.data === undefined ? (
        deals.error === null ? (
          <Waiting rows={8} />
        ) : (
          <Trouble error={deals.error} again={deals.refetch} />
        )
      ) : (
        <Panel flush={rows.length > 0}>
          {rows.length === 0 ? (
            <Nothing
              title={t(isFiltered ? 'orders.noneFound' : 'orders.none')}
              text={t(isFiltered ? 'orders.noneFoundText' : 'orders.noneText')}
            />
          ) : (
            <Wide least={720} label={t('orders.list')} verticalSpacing="xs" horizontalSpacing="md" highlightOnHover>
              <Table.Thead>
                <Table.Tr>
                  {heading('deal', t('orders.deal'))}
                  {heading('order', t('orders.order'))}
                  {heading('amount', t('orders.amount'))}
                  <Table.Th>{t('orders.stage')}</Table.Th>
                  <Table.Th>{t('orders.state')}</Table.Th>
                  {heading('updated', t('orders.updated'))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rows.map((deal) => (
                  <Row key={`${deal.sync}/${deal.id}`} deal={deal} />
                ))}
              </Table.Tbody>
            </Wide>
          )}
        </Panel>
      )}
      <More list={deals} />
    </Page>
  )
}

const turned = { asc: 'desc', desc: 'asc' } as const
const firstOrder = {
  ...{ created: 'desc', updated: 'desc', amount: 'desc' },
  ...{ deal: 'asc', order: 'asc', stage: 'asc' },
} as const satisfies Record<DealSort, SortOrder>

function Row({ deal: { source, target, worth, stage, state, updatedAt } }: { deal: Deal }) {
  const { t } = useTranslation()
  const locale = useLocale()
  const { connection, id } = source.ref
  return (
    <Table.Tr>
      <Table.Td>
        <TextLink to="/orders/$id" params={{ id }} search={{ connection }} size="sm" fw={600}>
          {source.label ?? id}
        </TextLink>
      </Table.Td>
      <Table.Td>
        {target.label ?? target.id ?? (
          <Text span size="sm" c="dimmed">
            {t('orders.noNumber')}
          </Text>
        )}
      </Table.Td>
      <Table.Td className="nowrap">{worth === null ? t('common.none') : moneyText(worth, locale)}</Table.Td>
      <Table.Td>
        <Progress stage={stage} state={state} />
      </Table.Td>
      <Table.Td>{t(`states.${state}`)}</Table.Td>
      <Table.Td className="nowrap">
        <Ago at={updatedAt} />
      </Table.Td>
    </Table.Tr>
  )
}
