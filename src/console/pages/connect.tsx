import { SimpleGrid, Stack, Text, TextInput, UnstyledButton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Connection, call, type SystemChoice } from '../api.ts'
import { ConnectionForm } from '../parts/connection-form.tsx'
import { Page, Panel, Waiting } from '../parts/page.tsx'
import { useMay } from '../parts/session.ts'
import { Trouble } from '../parts/trouble.tsx'

/** As connections may be called. */
const nameForm = /^[a-z][a-z0-9_-]{0,40}$/

export function Connect(): ReactNode {
  const { t } = useTranslation()
  const isAdmin = useMay('admin')
  const navigate = useNavigate()
  const [chosen, setChosen] = useState<SystemChoice | null>(null)
  const [name, setName] = useState('')
  const systems = useQuery({
    queryKey: ['systems'],
    queryFn: ({ signal }) => call('listSystems', {}, signal),
    enabled: isAdmin,
  })
  const there = useQuery({
    queryKey: ['status'],
    queryFn: ({ signal }) => call('status', {}, signal),
  })
  // As they were when it was chosen: the one that is being saved is soon among them.
  const [taken, setTaken] = useState<ReadonlySet<string>>(new Set())
  const mistake = taken.has(name) ? t('connect.nameTaken') : nameForm.test(name) ? null : t('connect.nameForm')
  const choose = (system: SystemChoice, connections: readonly Connection[]) => {
    const names = new Set(connections.map(({ connection }) => connection))
    setChosen(system)
    setTaken(names)
    setName(freeName(system.name, names))
  }
  const error = systems.error ?? there.error
  if (!isAdmin)
    return (
      <Page title={t('connect.title')}>
        <Text>{t('connect.noRight')}</Text>
      </Page>
    )
  return (
    <Page title={t('connect.title')}>
      {systems.data === undefined || there.data === undefined ? (
        error === null ? (
          <Waiting />
        ) : (
          <Trouble error={error} again={systems.error === null ? there.refetch : systems.refetch} />
        )
      ) : (
        <Stack gap="md">
          <Panel title={t('connect.which')}>
            <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="sm" role="radiogroup" aria-label={t('connect.which')}>
              {systems.data.systems.map((system) => (
                <UnstyledButton
                  key={system.name}
                  role="radio"
                  aria-checked={chosen?.name === system.name}
                  className="choice"
                  onClick={() => choose(system, there.data.connections)}
                >
                  <Text fw={600}>{system.title}</Text>
                  <Text size="sm" c="dimmed">
                    {t(`connect.roles.${system.role}`)}
                  </Text>
                </UnstyledButton>
              ))}
            </SimpleGrid>
            {chosen !== null && (
              <TextInput
                mt="md"
                maw={360}
                label={t('connect.name')}
                description={t('connect.nameHint')}
                autoComplete="off"
                spellCheck={false}
                value={name}
                error={mistake}
                onChange={(event) => setName(event.currentTarget.value)}
              />
            )}
          </Panel>
          {chosen !== null && mistake === null && (
            <ConnectionForm
              key={chosen.name}
              system={chosen}
              name={name}
              configured={null}
              onSaved={() => void navigate({ to: '/connections/$name', params: { name } })}
            />
          )}
        </Stack>
      )}
    </Page>
  )
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  for (let number = 2; ; number += 1) {
    const free = number === 2 ? name : `${name}-${number - 1}`
    if (!taken.has(free)) return free
  }
}
