import { Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call } from '../api.ts'
import { Findings } from './findings.tsx'
import { useDeed } from './notices.tsx'
import { useMay } from './session.ts'

interface Entry {
  readonly table: string
  readonly key: string
}

/** What a problem says that a table lacks; null where it is about something else. */
export function entryOf(problem: object): Entry | null {
  const entry: unknown = Reflect.get(problem, 'entry')
  if (typeof entry !== 'object' || entry === null || !('table' in entry) || !('key' in entry)) return null
  const { table, key } = entry
  return typeof table === 'string' && typeof key === 'string' ? { table, key } : null
}

/** Adds what a table lacks, for all records that wait for it. */
export function AddEntry({ entry: { table, key } }: { entry: Entry }) {
  const { t } = useTranslation()
  const [value, setValue] = useState('')
  const mayMap = useMay('mapper')
  const add = useDeed(
    (text: string) => call('addTableEntry', { params: { table }, body: { key, value: text } }),
    ({ findings }) => (findings.length === 0 ? t('entry.added', { key }) : null),
  )
  const text = value.trim()
  if (!mayMap) return <Text size="sm">{t('entry.ask', { key, table })}</Text>
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (text !== '') add.mutate(text)
      }}
    >
      <Stack gap="xs">
        <Group gap="sm" align="flex-end">
          <TextInput
            size="xs"
            label={t('entry.label', { key, table })}
            description={t('entry.hint')}
            maxLength={500}
            value={value}
            onChange={(event) => setValue(event.currentTarget.value)}
          />
          <Button size="xs" type="submit" loading={add.isPending} disabled={text === ''}>
            {t('entry.add')}
          </Button>
        </Group>
        <Findings findings={add.data?.findings ?? []} />
      </Stack>
    </form>
  )
}
