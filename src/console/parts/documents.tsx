import { Anchor, Button, Group, Loader, Stack, Table, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { call, type OrderDocuments } from '../api.ts'
import type { en } from '../i18n/en.ts'
import { useLocale } from './locale.ts'
import { moneyText } from './money.ts'
import { Panel } from './page.tsx'
import { dayText } from './time.tsx'
import { Trouble } from './trouble.tsx'
import { Wide } from './wide.tsx'

type State = keyof typeof en.order.documentStates

/** What stands behind an order. */
export function Documents({ id, sync }: { id: string; sync: string }) {
  const { t } = useTranslation()
  // It costs calls of the ERP, so it is not asked again by itself.
  const found = useQuery({
    queryKey: ['documents', id, sync],
    queryFn: ({ signal }) => call('dealDocuments', { params: { id }, query: { sync } }, signal),
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    retry: false,
  })
  return (
    <Panel
      title={t('order.documents')}
      aside={
        <Button size="xs" variant="default" loading={found.isFetching} onClick={() => void found.refetch()}>
          {t('order.documentsAgain')}
        </Button>
      }
    >
      <Text size="sm" c="dimmed" mb="sm">
        {t('order.documentsText')}
      </Text>
      {found.error !== null && !found.isFetching ? (
        <Trouble error={found.error} again={found.refetch} />
      ) : found.data === undefined ? (
        <Group gap="sm" role="status">
          <Loader size="sm" />
          <Text size="sm">{t('order.documentsLoading')}</Text>
        </Group>
      ) : (
        <Shown documents={found.data} />
      )}
    </Panel>
  )
}

function Shown({ documents }: { documents: OrderDocuments }) {
  const { t } = useTranslation()
  const locale = useLocale()
  const none = t('common.none')
  const day = (value: string | null) => (value === null ? none : dayText(value, locale))
  const { url, promisedDate, currency, shipments, invoices, payments, productionOrders, purchaseOrders } = documents
  const money = (amount: string) => (currency === null ? amount : moneyText({ amount, currency }, locale))
  const state = (name: State, prefix: string | null = null) => {
    const text = t(`order.documentStates.${name}`)
    return prefix === null ? text : `${prefix} · ${text}`
  }
  const isBare = [shipments, invoices, payments, productionOrders, purchaseOrders].every((list) => list.length === 0)
  return (
    <Stack gap="md">
      <Group gap="md">
        {promisedDate !== null && (
          <Text size="sm" fw={600}>
            {t('order.promised', { day: day(promisedDate) })}
          </Text>
        )}
        {url !== null && <Elsewhere address={url}>{t('order.inErp')}</Elsewhere>}
      </Group>
      {isBare && <Text size="sm">{t('order.documentsNone')}</Text>}
      <Rows
        title={t('order.shipments')}
        columns={[t('order.number'), t('order.state'), t('order.shipped'), t('order.carrier'), t('order.tracking')]}
        rows={shipments.map((one) => [
          one.number,
          state(one.state, one.kind === 'return' ? t('order.returned') : null),
          day(one.shippedDate),
          one.carrier ?? none,
          <Tracking key="tracking" number={one.trackingNumber} address={one.trackingUrl} />,
        ])}
      />
      <Rows
        title={t('order.invoices')}
        columns={[t('order.number'), t('order.state'), t('order.date'), t('order.due')]}
        amounts={[t('order.total'), t('order.open')]}
        rows={invoices.map((one) => [
          one.number ?? none,
          state(one.paid ?? one.state, one.kind === 'credit_note' ? t('order.creditNote') : null),
          day(one.date),
          day(one.due),
          money(one.total),
          money(one.outstanding),
        ])}
      />
      <Rows
        title={t('order.payments')}
        columns={[t('order.date')]}
        amounts={[t('order.amount')]}
        rows={payments.map((one) => [day(one.date), money(one.amount)])}
      />
      <Rows
        title={t('order.productionOrders')}
        columns={[t('order.number'), t('order.state'), t('order.made'), t('order.due')]}
        rows={productionOrders.map((one) => [
          one.number,
          state(one.state),
          t('order.madeOf', { made: one.produced ?? none, ordered: one.ordered ?? none }),
          day(one.dueDate),
        ])}
      />
      <Rows
        title={t('order.purchaseOrders')}
        columns={[t('order.number'), t('order.state'), t('order.due')]}
        rows={purchaseOrders.map((one) => [one.number, state(one.state), day(one.dueDate)])}
      />
    </Stack>
  )
}

interface RowsProps {
  readonly title: string
  readonly columns: readonly string[]
  /** The last columns, which are amounts. */
  readonly amounts?: readonly string[]
  readonly rows: readonly (readonly ReactNode[])[]
}

function Rows({ title, columns, amounts = [], rows }: RowsProps) {
  if (rows.length === 0) return null
  const all = [...columns, ...amounts]
  const align = (column: number) => (column < columns.length ? 'left' : 'right')
  const numbered = rows.map((cells, row) => ({
    row,
    cells: all.map((name, column) => ({ name, shown: cells[column] })),
  }))
  return (
    <div>
      <Title order={3} size="h6">
        {title}
      </Title>
      <Wide least={110 * all.length} label={title} verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            {all.map((name, column) => (
              <Table.Th key={name} ta={align(column)}>
                {name}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {numbered.map(({ row, cells }) => (
            <Table.Tr key={row}>
              {cells.map(({ name, shown }, column) => (
                <Table.Td key={name} ta={align(column)}>
                  {shown}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Wide>
    </div>
  )
}

export function Tracking({ number, address }: { number: string | null; address: string | null }) {
  const { t } = useTranslation()
  const shown = number ?? (address === null ? t('common.none') : t('order.tracking'))
  return address === null ? shown : <Elsewhere address={address}>{shown}</Elsewhere>
}

/** A link away from here; who is asked there learns nothing of this page. */
function Elsewhere({ address, children }: { address: string; children: ReactNode }) {
  return (
    <Anchor href={address} target="_blank" rel="noopener noreferrer" size="sm">
      {children}
    </Anchor>
  )
}
