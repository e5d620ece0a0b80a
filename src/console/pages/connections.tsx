import { Button, Group, SimpleGrid, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { type Connection, call } from '../api.ts'
import { BeginSyncs } from '../parts/begin-syncs.tsx'
import { CheckReport } from '../parts/check-report.tsx'
import { ConnectionCard } from '../parts/connection-card.tsx'
import { ButtonLink } from '../parts/links.tsx'
import { kept } from '../parts/live.ts'
import { useDeed } from '../parts/notices.tsx'
import { Nothing, Page, Panel, Waiting } from '../parts/page.tsx'
import { useMay } from '../parts/session.ts'
import { Stale } from '../parts/stale.tsx'
import { Trouble } from '../parts/trouble.tsx'

export function Connections(): ReactNode {
  const { t } = useTranslation()
  const isAdmin = useMay('admin')
  const status = useQuery({
    queryKey: ['status'],
    queryFn: ({ signal }) => call('status', {}, signal),
    ...kept,
  })
  const connect = isAdmin && <ButtonLink to="/connections/new">{t('connections.connect')}</ButtonLink>
  return (
    <Page title={t('connections.title')} above={<Stale query={status} />} actions={connect}>
      {status.data === undefined ? (
        status.error === null ? (
          <Waiting />
        ) : (
          <Trouble error={status.error} again={status.refetch} />
        )
      ) : status.data.connections.length === 0 ? (
        <Panel>
          <Nothing
            title={t('connections.none')}
            text={t(isAdmin ? 'connections.noneText' : 'connections.noneTextOthers')}
          />
        </Panel>
      ) : (
        <>
          <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
            {status.data.connections.map((one) => (
              <One key={one.connection} connection={one} />
            ))}
          </SimpleGrid>
          {isAdmin && status.data.syncs.length === 0 && <BeginSyncs connections={status.data.connections} />}
        </>
      )}
    </Page>
  )
}

function One({ connection }: { connection: Connection }) {
  const { t } = useTranslation()
  const params = { name: connection.connection }
  const check = useDeed(() => call('checkConnection', { params }))
  const isAdmin = useMay('admin')
  return (
    <ConnectionCard connection={connection}>
      <Stack gap="sm" mt={4}>
        <Group gap="xs">
          {useMay('operator') && (
            <Button size="xs" variant="default" loading={check.isPending} onClick={() => check.mutate(undefined)}>
              {t('connections.check')}
            </Button>
          )}
          {isAdmin && (
            <ButtonLink size="xs" variant="default" to="/connections/$name" params={params}>
              {t('connections.change')}
            </ButtonLink>
          )}
        </Group>
        {check.data !== undefined && <CheckReport check={check.data} />}
      </Stack>
    </ConnectionCard>
  )
}
