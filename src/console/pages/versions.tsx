import { Table, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Revision } from '../api.ts'
import { TextLink } from '../parts/links.tsx'
import { Nothing, Page, Panel, Waiting } from '../parts/page.tsx'
import { useRevisions } from '../parts/revisions.ts'
import { Stale } from '../parts/stale.tsx'
import { Moment } from '../parts/time.tsx'
import { Trouble } from '../parts/trouble.tsx'
import { Wide } from '../parts/wide.tsx'

export function Versions(): ReactNode {
  const { t } = useTranslation()
  const revisions = useRevisions()
  return (
    <Page
      title={t('versions.title')}
      above={
        <>
          <TextLink to="/mappings" size="sm">
            ← {t('versions.toMappings')}
          </TextLink>
          <Stale query={revisions} />
        </>
      }
    >
      {revisions.data === undefined ? (
        revisions.error === null ? (
          <Waiting rows={8} />
        ) : (
          <Trouble error={revisions.error} again={revisions.refetch} />
        )
      ) : revisions.data.revisions.length === 0 ? (
        <Panel>
          <Nothing title={t('versions.none')} text={t('versions.noneText')} />
        </Panel>
      ) : (
        <Panel flush>
          <Wide least={760} label={t('versions.list')} horizontalSpacing="md" verticalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('versions.version')}</Table.Th>
                <Table.Th>{t('versions.at')}</Table.Th>
                <Table.Th>{t('versions.actor')}</Table.Th>
                <Table.Th>{t('mappings.note')}</Table.Th>
                <Table.Th>{t('mappings.files')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {revisions.data.revisions.map((revision, index) => (
                <Row key={revision.number} revision={revision} isNewest={index === 0} />
              ))}
            </Table.Tbody>
          </Wide>
        </Panel>
      )}
    </Page>
  )
}

function Row({ revision: { number, at, actor, note, changes }, isNewest }: { revision: Revision; isNewest: boolean }) {
  const { t } = useTranslation()
  return (
    <Table.Tr>
      <Table.Td className="nowrap">
        <TextLink to="/mappings/versions/$number" params={{ number: String(number) }} size="sm" fw={600}>
          {t('versions.one', { number })}
        </TextLink>
        {isNewest && (
          <Text size="xs" c="dimmed">
            {t('versions.newest')}
          </Text>
        )}
      </Table.Td>
      <Table.Td className="nowrap">
        <Moment at={at} />
      </Table.Td>
      <Table.Td>{actor ?? t('common.crosswalk')}</Table.Td>
      <Table.Td>{note ?? t('common.none')}</Table.Td>
      <Table.Td>
        {changes.slice(0, 5).map(({ path, change }) => (
          <Text key={path} size="sm">
            {path} · {t(`changes.${change}`)}
          </Text>
        ))}
        {changes.length > 5 && (
          <Text size="sm" c="dimmed">
            {t('versions.moreFiles', { count: changes.length - 5 })}
          </Text>
        )}
      </Table.Td>
    </Table.Tr>
  )
}
