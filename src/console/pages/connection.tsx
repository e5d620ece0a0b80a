import { Button, Group, List, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { call } from '../api.ts'
import { CheckReport } from '../parts/check-report.tsx'
import { Dialogue } from '../parts/confirm.tsx'
import { ConnectionForm } from '../parts/connection-form.tsx'
import { Findings } from '../parts/findings.tsx'
import { ButtonLink } from '../parts/links.tsx'
import { useDeed } from '../parts/notices.tsx'
import { Page, Panel, Waiting } from '../parts/page.tsx'
import { client } from '../parts/query.ts'
import { useMay } from '../parts/session.ts'
import { Trouble } from '../parts/trouble.tsx'

const route = getRouteApi('/connections/$name')

export function OneConnection(): ReactNode {
  const { t } = useTranslation()
  const { name } = route.useParams()
  const isAdmin = useMay('admin')
  const key = ['connection', name]
  const configured = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => call('getConnection', { params: { name } }, signal),
    enabled: isAdmin,
  })
  const systems = useQuery({
    queryKey: ['systems'],
    queryFn: ({ signal }) => call('listSystems', {}, signal),
    enabled: isAdmin,
  })
  const back = (
    <ButtonLink variant="default" to="/connections">
      {t('connections.all')}
    </ButtonLink>
  )
  if (!isAdmin)
    return (
      <Page title={name} actions={back}>
        <Text>{t('connect.noRight')}</Text>
      </Page>
    )
  const error = configured.error ?? systems.error
  const system = systems.data?.systems.find((one) => one.name === configured.data?.system)
  return (
    <Page title={system === undefined ? name : `${name} · ${system.title}`} actions={back}>
      {error !== null ? (
        <Trouble error={error} again={configured.refetch} />
      ) : configured.data === undefined || systems.data === undefined ? (
        <Waiting />
      ) : (
        <Stack gap="md">
          <Deeds name={name} isCrm={system?.role === 'crm'} />
          {system === undefined ? (
            <Text>{t('connections.notKnown', { system: configured.data.system })}</Text>
          ) : (
            <ConnectionForm
              // What was entered is what is there now; until then it stays.
              key={JSON.stringify(configured.data)}
              system={system}
              name={name}
              configured={configured.data}
              onSaved={() => void client.invalidateQueries({ queryKey: key })}
            />
          )}
        </Stack>
      )}
    </Page>
  )
}

function Deeds({ name, isCrm }: { name: string; isCrm: boolean }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const [isAsking, asking] = useDisclosure()
  const params = { name }
  const check = useDeed(() => call('checkConnection', { params }))
  const setup = useDeed(() => call('setupConnection', { params }))
  const remove = useDeed(
    () => call('removeConnection', { params }),
    ({ findings }) => {
      if (findings.length > 0) return null
      // Here, and not where it is called: by then this page may say that there is no such connection.
      void navigate({ to: '/connections' })
      return t('connections.removed', { name })
    },
  )
  return (
    <Panel>
      <Stack gap="sm">
        <Group gap="xs">
          <Button variant="default" loading={check.isPending} onClick={() => check.mutate(undefined)}>
            {t('connections.check')}
          </Button>
          {isCrm && (
            <Button variant="default" loading={setup.isPending} onClick={() => setup.mutate(undefined)}>
              {t('connections.setup')}
            </Button>
          )}
          <Button variant="default" onClick={asking.open}>
            {t('connections.remove')}
          </Button>
        </Group>
        {check.data !== undefined && <CheckReport check={check.data} />}
        {setup.data !== undefined && (
          <List size="sm" aria-label={t('connections.setup')}>
            {setup.data.steps.map(({ subject, outcome, message }) => (
              <List.Item key={subject}>
                {subject}: {t(`connections.outcomes.${outcome}`)}
                {outcome === 'differs' && ` · ${message}`}
              </List.Item>
            ))}
          </List>
        )}
        <Findings findings={remove.data?.findings ?? []} />
        <Dialogue
          opened={isAsking}
          title={t('connections.removeTitle', params)}
          text={t('connections.removeText')}
          go={t('connections.remove')}
          isDangerous
          isBusy={remove.isPending}
          onGo={() => remove.mutate(undefined, { onSettled: asking.close })}
          onClose={asking.close}
        />
      </Stack>
    </Panel>
  )
}
