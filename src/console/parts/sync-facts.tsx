import { Button, DataList, Group, NumberInput, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { SyncDetails } from '../api.ts'
import { ChangeDialogue } from './change-sync.tsx'
import { TextLink } from './links.tsx'
import { useLocale } from './locale.ts'
import { Panel } from './page.tsx'
import { useMay } from './session.ts'
import { Ago, Moment } from './time.tsx'
import { valueText } from './values.tsx'

/** What is in force, beside the schedule and the policies. */
export function SyncFacts({ sync }: { sync: SyncDetails }) {
  const { t } = useTranslation()
  const locale = useLocale()
  const { from, to, document, since, where, guard, batch, mappings, revision, lookedAt, lanes, enabledAt } = sync
  const number = (count: number) => count.toLocaleString(locale)
  return (
    <Panel title={t('syncs.inForce')}>
      <DataList orientation="horizontal" size="sm">
        <Fact label={t('syncs.ends')}>
          {from} → {to} · {document}
        </Fact>
        <Fact label={t('syncs.since')}>
          <Moment at={since} />
        </Fact>
        <Fact label={t('syncs.started')}>
          <Moment at={enabledAt} />
        </Fact>
        {where !== null && (
          <Fact label={t('syncs.where')}>
            {Object.entries(where).map(([path, value]) => (
              <div key={path}>
                <code>{path}</code>: {whereText(value)}
              </div>
            ))}
          </Fact>
        )}
        {guard !== null && (
          <Fact label={t('syncs.guard')}>
            <Group gap="xs">
              <span>
                {t('syncs.guardText', { limit: number(guard.perHour), used: number(guard.used) })}
                {guard.extra > 0 && ` ${t('syncs.guardExtra', { count: guard.extra })}`}
              </span>
              <ChangeGuard name={sync.sync} perHour={guard.perHour} />
            </Group>
          </Fact>
        )}
        <Fact label={t('syncs.batch')}>{number(batch)}</Fact>
        <Fact label={t('home.lookedAt')}>{lookedAt === null ? t('home.notLooked') : <Ago at={lookedAt} />}</Fact>
        <Fact label={t('home.due')}>
          {lanes.length === 0
            ? t('syncs.nothingWaits')
            : lanes.map(({ lane, due, later, inWork }) => (
                <div key={lane}>
                  {t(`syncs.lanes.${lane}`)}:{' '}
                  {t('syncs.laneText', { due: number(due), later: number(later), inWork: number(inWork) })}
                </div>
              ))}
        </Fact>
        <Fact label={t('nav.mappings')}>
          {mappings.map(({ path, origin }) => (
            <div key={path}>
              <TextLink to="/mappings" search={{ file: path }} size="sm">
                {path}
              </TextLink>{' '}
              <Text span size="xs" c="dimmed">
                {t(`mappings.originText.${origin}`)}
              </Text>
            </div>
          ))}
        </Fact>
        {revision !== null && (
          <Fact label={t('versions.version')}>
            <TextLink to="/mappings/versions/$number" params={{ number: String(revision.number) }} size="sm">
              {t('versions.one', { number: revision.number })}
            </TextLink>
          </Fact>
        )}
      </DataList>
    </Panel>
  )
}

function Fact({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <DataList.Item>
      <DataList.ItemLabel>{label}</DataList.ItemLabel>
      <DataList.ItemValue>
        <div>{children}</div>
      </DataList.ItemValue>
    </DataList.Item>
  )
}

const whereText = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : valueText(value, ''))

function ChangeGuard({ name, perHour }: { name: string; perHour: number }) {
  const { t } = useTranslation()
  const [isOpen, opening] = useDisclosure()
  const [wanted, setWanted] = useState<number | string>(perHour)
  if (!useMay('admin')) return null
  return (
    <>
      <Button
        size="compact-xs"
        variant="default"
        onClick={() => {
          setWanted(perHour)
          opening.open()
        }}
      >
        {t('syncs.changeGuard')}
      </Button>
      <ChangeDialogue
        name={name}
        opened={isOpen}
        title={t('syncs.guard')}
        text={t('syncs.guardHint')}
        change={typeof wanted === 'number' && wanted !== perHour ? { perHour: wanted } : null}
        onClose={opening.close}
      >
        <NumberInput
          label={t('syncs.guardLabel')}
          min={0}
          max={1_000_000}
          allowDecimal={false}
          value={wanted}
          onChange={setWanted}
        />
      </ChangeDialogue>
    </>
  )
}
