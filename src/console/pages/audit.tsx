import { Code, Table, TextInput } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type AuditEntry, call } from '../api.ts'
import { Export } from '../parts/export.tsx'
import { useFind } from '../parts/find.ts'
import { SearchIcon } from '../parts/icons.tsx'
import { kept } from '../parts/live.ts'
import { More } from '../parts/more.tsx'
import { Nothing, Page, Panel, Waiting } from '../parts/page.tsx'
import { Stale } from '../parts/stale.tsx'
import { Moment } from '../parts/time.tsx'
import { Trouble } from '../parts/trouble.tsx'
import { Wide } from '../parts/wide.tsx'

const route = getRouteApi('/audit')

export function Audit(): ReactNode {
  const { t } = useTranslation()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const [text, setText] = useState(search.text ?? '')
  const find = useFind('/audit', (words) => {
    void navigate({ search: words === '' ? {} : { text: words }, replace: true })
  })
  const audit = useInfiniteQuery({
    queryKey: ['audit', search],
    queryFn: ({ signal, pageParam }) =>
      call('listAudit', { query: { ...search, ...(pageParam === null ? {} : { after: pageParam }) } }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    placeholderData: (before) => before,
    ...kept,
  })
  const entries = audit.data?.pages.flatMap((page) => page.entries) ?? []
  return (
    <Page
      title={t('audit.title')}
      above={<Stale query={audit} />}
      actions={<Export list="exportAudit" query={search} />}
    >
      <TextInput
        type="search"
        label={t('common.search')}
        placeholder={t('audit.placeholder')}
        leftSection={<SearchIcon />}
        maxLength={200}
        maw={480}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value)
          find(event.currentTarget.value)
        }}
      />
      {audit.data === undefined ? (
        audit.error === null ? (
          <Waiting rows={8} />
        ) : (
          <Trouble error={audit.error} again={audit.refetch} />
        )
      ) : entries.length === 0 ? (
        <Panel>
          <Nothing title={t('audit.none')} text={t('audit.noneText')} />
        </Panel>
      ) : (
        <Panel flush>
          <Wide least={820} label={t('audit.list')} horizontalSpacing="md" verticalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('audit.at')}</Table.Th>
                <Table.Th>{t('audit.actor')}</Table.Th>
                <Table.Th>{t('audit.action')}</Table.Th>
                <Table.Th>{t('audit.subject')}</Table.Th>
                <Table.Th>{t('audit.outcome')}</Table.Th>
                <Table.Th>{t('audit.from')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {entries.map((entry) => (
                <Row key={entry.id} entry={entry} />
              ))}
            </Table.Tbody>
          </Wide>
        </Panel>
      )}
      <More list={audit} />
    </Page>
  )
}

function Row({ entry: { at, actor, from, action, subject, outcome } }: { entry: AuditEntry }) {
  const { t } = useTranslation()
  return (
    <Table.Tr>
      <Table.Td className="nowrap">
        <Moment at={at} />
      </Table.Td>
      <Table.Td>{actor ?? t('common.somebody')}</Table.Td>
      <Table.Td>{action}</Table.Td>
      <Table.Td>{Object.keys(subject).length > 0 && <Code>{JSON.stringify(subject)}</Code>}</Table.Td>
      <Table.Td className={outcome === 'done' ? undefined : 'bad'}>{t(`audit.outcomes.${outcome}`)}</Table.Td>
      <Table.Td>{from ?? t('common.none')}</Table.Td>
    </Table.Tr>
  )
}
