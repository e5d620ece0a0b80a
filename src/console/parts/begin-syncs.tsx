import { Button, Group, Select, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Connection, call } from '../api.ts'
import { Choices } from './choices.tsx'
import { Findings } from './findings.tsx'
import { useDeed } from './notices.tsx'
import { Panel } from './page.tsx'
import type { SettingValue } from './setting-field.tsx'
import { Trouble } from './trouble.tsx'

/** The first syncs of a project whose systems are connected: as dry runs, so that nothing is written before somebody has looked. */
export function BeginSyncs({ connections }: { connections: readonly Connection[] }) {
  const { t } = useTranslation()
  const systems = useQuery({ queryKey: ['systems'], queryFn: ({ signal }) => call('listSystems', {}, signal) })
  const ofRole = (role: 'crm' | 'erp') => {
    const names = new Set(systems.data?.systems.filter((one) => one.role === role).map(({ name }) => name))
    return connections.filter(({ system }) => names.has(system))
  }
  const crms = ofRole('crm')
  const erps = ofRole('erp')
  if (systems.data === undefined) return null
  const [crm] = crms
  const [erp] = erps
  if (crm === undefined || erp === undefined)
    return (
      <Panel title={t('begin.title')}>
        <Text size="sm">{t(crm === undefined ? 'begin.needsCrm' : 'begin.needsErp')}</Text>
      </Panel>
    )
  return <Begin crms={crms} erps={erps} first={{ crm, erp }} />
}

interface BeginProps {
  readonly crms: readonly Connection[]
  readonly erps: readonly Connection[]
  readonly first: { readonly crm: Connection; readonly erp: Connection }
}

function Begin({ crms, erps, first }: BeginProps) {
  const { t } = useTranslation()
  const [crm, setCrm] = useState(first.crm)
  const [erp, setErp] = useState(first.erp)
  const [where, setWhere] = useState<Readonly<Record<string, SettingValue>>>({})
  const account = useQuery({
    queryKey: ['account', crm.connection],
    queryFn: ({ signal }) =>
      call(
        'tryConnection',
        { params: { system: crm.system }, body: { connection: crm.connection, settings: {} } },
        signal,
      ),
  })
  const begin = useDeed(
    async () => {
      // Without its fields the mappings have nothing to write to.
      if (account.data?.sets === true) await call('setupConnection', { params: { name: crm.connection } })
      return call('beginSyncs', {
        body: {
          ...{ crm: crm.connection, erp: erp.connection },
          timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
          where: Object.fromEntries(
            Object.entries(where).flatMap(([path, values]) => (Array.isArray(values) ? [[path, [...values]]] : [])),
          ),
        },
      })
    },
    ({ findings }) => (findings.length > 0 ? null : t('begin.begun')),
  )
  const select = (label: string, of: readonly Connection[], value: Connection, choose: (one: Connection) => void) => (
    <Select
      label={label}
      data={of.map(({ connection }) => connection)}
      allowDeselect={false}
      value={value.connection}
      onChange={(name) => {
        const found = of.find(({ connection }) => connection === name)
        if (found !== undefined) choose(found)
      }}
    />
  )
  return (
    <Panel title={t('begin.title')}>
      <Stack gap="sm">
        <Text size="sm">{t('begin.text')}</Text>
        <Group gap="sm">
          {select(t('begin.crm'), crms, crm, setCrm)}
          {select(t('begin.erp'), erps, erp, setErp)}
        </Group>
        {account.error !== null && <Trouble error={account.error} again={account.refetch} />}
        {account.data !== undefined && (
          <Choices
            choices={account.data.choices.filter(({ decides }) => decides !== null && 'where' in decides)}
            chosen={(path) => where[path]}
            onChoose={(path, values) => setWhere({ ...where, [path]: values })}
          />
        )}
        {account.data?.sets === true && <Text size="sm">{t('begin.sets', { name: crm.connection })}</Text>}
        <Findings findings={begin.data?.findings ?? []} />
        <Group>
          <Button
            loading={begin.isPending}
            disabled={account.data === undefined}
            onClick={() => begin.mutate(undefined)}
          >
            {t('begin.go')}
          </Button>
        </Group>
      </Stack>
    </Panel>
  )
}
