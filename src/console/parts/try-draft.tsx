import { Button, Group, Loader, SegmentedControl, Select, Stack, Table, Text, TextInput, Title } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Ask, call, type ProjectFile, type Sync, type Trial } from '../api.ts'
import type { Draft } from './draft.ts'
import { Findings } from './findings.tsx'
import { CheckIcon } from './icons.tsx'
import { idsOf } from './ids.ts'
import { TextLink } from './links.tsx'
import { Panel } from './page.tsx'
import { isAt, placesOf } from './project-files.ts'
import { useSyncs } from './sync-names.ts'
import { Trouble } from './trouble.tsx'
import { NamedValue, useActionText } from './values.tsx'
import { Wide } from './wide.tsx'

type Asked = Ask<'tryDraft'>['body'] & { readonly files: Draft['changes'] }

const counts = ['10', '50', '200'] as const

interface TryDraftProps {
  readonly changes: Draft['changes']
  readonly files: readonly ProjectFile[]
  /** Whether the draft was checked and could be published. */
  readonly isReady: boolean
  readonly onGo: () => void
}

/** Has newest records come out by the draft, beside what comes out now. */
export function TryDraft({ changes, files, isReady, onGo }: TryDraftProps) {
  const { t } = useTranslation()
  const top = useRef<HTMLDivElement>(null)
  const syncs = concernedFirst(useSyncs(), changes, files)
  const [chosen, setChosen] = useState<string | null>(null)
  const [which, setWhich] = useState<string>('50')
  const [typed, setTyped] = useState('')
  const [asked, setAsked] = useState<{ readonly number: number; readonly body: Asked } | null>(null)
  // The key of a preview: a deed elsewhere is no reason to ask both systems again.
  const trial = useQuery({
    queryKey: ['preview', 'draft', asked?.number],
    queryFn: ({ signal }) => (asked === null ? null : call('tryDraft', { body: asked.body }, signal)),
    enabled: asked !== null,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
    retry: false,
  })
  useEffect(() => {
    top.current?.scrollIntoView({ block: 'start' })
    top.current?.focus()
  }, [])
  const sync = syncs.find((one) => one.sync === chosen) ?? syncs[0]
  const records = idsOf(typed)
  const isById = which === 'ids'
  const canAsk = isReady && sync !== undefined && (!isById || records.length > 0)
  return (
    <div ref={top} tabIndex={-1} className="landing">
      <Panel title={t('trial.title')}>
        <Stack gap="md">
          <Text size="sm" c="dimmed">
            {t('trial.text')}
          </Text>
          <form
            onSubmit={(event) => {
              event.preventDefault()
              if (canAsk)
                setAsked({
                  number: (asked?.number ?? 0) + 1,
                  body: { files: changes, sync: sync.sync, ...(isById ? { records } : { last: Number(which) }) },
                })
            }}
          >
            <Group gap="sm" align="flex-end">
              <Select
                label={t('common.sync')}
                allowDeselect={false}
                data={syncs.map((one) => one.sync)}
                value={sync?.sync ?? null}
                onChange={setChosen}
              />
              <Stack gap={2}>
                <Text size="sm" fw={500} id="trial-which">
                  {t('trial.which')}
                </Text>
                <SegmentedControl
                  aria-labelledby="trial-which"
                  data={[...counts, { value: 'ids', label: t('trial.byId') }]}
                  value={which}
                  onChange={setWhich}
                />
              </Stack>
              {isById && (
                <TextInput
                  label={t('trial.ids')}
                  placeholder={t('trial.idsHint')}
                  flex="1 1 200px"
                  value={typed}
                  onChange={(event) => setTyped(event.currentTarget.value)}
                />
              )}
              {trial.isFetching ? (
                // Were it the same element as the next one, the click on it would go on to submit.
                <Button key="cancel" variant="default" onClick={() => setAsked(null)}>
                  {t('common.cancel')}
                </Button>
              ) : (
                <Button key="go" type="submit" disabled={!canAsk}>
                  {t(asked === null ? 'trial.go' : 'trial.again')}
                </Button>
              )}
            </Group>
          </form>
          {!isReady && <Text size="sm">{t('trial.notReady')}</Text>}
          {trial.isFetching ? (
            <Group gap="sm" role="status">
              <Loader size="sm" />
              <Text size="sm">{t('trial.busy')}</Text>
            </Group>
          ) : trial.error !== null ? (
            <Trouble error={trial.error} />
          ) : (
            asked !== null &&
            trial.data && (
              <Stack gap="md">
                {asked.body.files !== changes && <Text size="sm">{t('trial.older')}</Text>}
                <Findings findings={trial.data.findings} onGo={onGo} />
                <Outcome trial={trial.data} sync={syncs.find((one) => one.sync === asked.body.sync) ?? null} />
              </Stack>
            )
          )}
        </Stack>
      </Panel>
    </div>
  )
}

function concernedFirst(syncs: readonly Sync[], changes: Draft['changes'], files: readonly ProjectFile[]) {
  const places = placesOf(files)
  const concerned = new Set(
    Object.keys(changes).flatMap((path) => places.find((place) => isAt(place, path))?.file.syncs ?? []),
  )
  const rank = ({ sync }: Sync) => (concerned.has(sync) ? 0 : 1)
  return syncs.toSorted((a, b) => rank(a) - rank(b))
}

interface OutcomeProps {
  readonly trial: Trial
  readonly sync: Sync | null
}

function Outcome({ trial, sync }: OutcomeProps) {
  const { t } = useTranslation()
  const { findings, tried, same, fields, ends } = trial
  if (findings.length > 0) return null
  if (tried === 0) return <Text size="sm">{t('trial.none')}</Text>
  return (
    <>
      <Group gap={6} wrap="nowrap" role="status" {...(same === tried ? { className: 'good' } : {})}>
        {same === tried && <CheckIcon />}
        <Text fw={600}>{t('trial.same', { same, count: tried })}</Text>
      </Group>
      {fields.length > 0 && <Fields fields={fields} sync={sync} />}
      {ends.length > 0 && <Ends ends={ends} sync={sync} />}
    </>
  )
}

function RecordLink({ record, label, sync }: { record: string; label: string; sync: Sync | null }) {
  const text = label === '' ? record : label
  if (sync?.document !== 'deal') return text
  return (
    <TextLink to="/orders/$id" params={{ id: record }} search={{ connection: sync.from }} size="sm">
      {text}
    </TextLink>
  )
}

type Value = Trial['fields'][number]['examples'][number]['before']

function Side({ value }: { value: Value }) {
  const { t } = useTranslation()
  return value === null ? t('trial.unset') : <NamedValue value={value.value} name={value.name} />
}

function Fields({ fields, sync }: { fields: Trial['fields']; sync: Sync | null }) {
  const { t } = useTranslation()
  return (
    <div>
      <Title order={3} size="h6">
        {t('trial.fields')}
      </Title>
      <Wide least={720} label={t('trial.fields')} verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('trial.field')}</Table.Th>
            <Table.Th ta="right">{t('trial.records')}</Table.Th>
            <Table.Th>{t('trial.example')}</Table.Th>
            <Table.Th>{t('trial.before')}</Table.Th>
            <Table.Th>{t('trial.after')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        {fields.map(({ of, field, records, examples }) => (
          <Table.Tbody key={`${of} ${field}`}>
            {examples.map(({ record, label, line, before, after }, index) => (
              <Table.Tr key={`${record} ${line}`}>
                {index === 0 && (
                  <>
                    <Table.Th scope="rowgroup" rowSpan={examples.length} className="top">
                      {field}
                      <Text size="xs" c="dimmed">
                        {t(`trial.of.${of}`)}
                      </Text>
                    </Table.Th>
                    <Table.Td rowSpan={examples.length} ta="right" className="top">
                      {records}
                    </Table.Td>
                  </>
                )}
                <Table.Td>
                  <RecordLink record={record} label={label} sync={sync} />
                  {line !== null && ` · ${line}`}
                </Table.Td>
                <Table.Td>
                  <Side value={before} />
                </Table.Td>
                <Table.Td className="changed">
                  <Side value={after} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        ))}
      </Wide>
    </div>
  )
}

const endsAtFirst = 10

function Ends({ ends, sync }: { ends: Trial['ends']; sync: Sync | null }) {
  const { t } = useTranslation()
  const [isWhole, whole] = useDisclosure()
  return (
    <div>
      <Title order={3} size="h6">
        {t('trial.ends')}
      </Title>
      <Wide least={600} label={t('trial.ends')} verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('trial.record')}</Table.Th>
            <Table.Th>{t('trial.before')}</Table.Th>
            <Table.Th>{t('trial.after')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {ends.slice(0, isWhole ? ends.length : endsAtFirst).map(({ record, label, before, after }) => (
            <Table.Tr key={record}>
              <Table.Td className="top">
                <RecordLink record={record} label={label} sync={sync} />
              </Table.Td>
              <Table.Td className="top">
                <End end={before} />
              </Table.Td>
              <Table.Td className="changed">
                <End end={after} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Wide>
      {!isWhole && ends.length > endsAtFirst && (
        <Button size="xs" variant="default" mt="xs" onClick={whole.open}>
          {t('trial.showAll', { count: ends.length })}
        </Button>
      )}
    </div>
  )
}

function End({ end: { action, failure } }: { end: Trial['ends'][number]['before'] }) {
  const actionText = useActionText()
  return (
    <>
      {actionText(action)}
      {failure !== null && (
        <Text size="sm" className="bad">
          {failure.message}
        </Text>
      )}
    </>
  )
}
