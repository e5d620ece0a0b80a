import { Stack, Tabs, Text } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import type { ProjectFile } from '../api.ts'
import { Origin } from './file-list.tsx'
import { Panel, Waiting } from './page.tsx'
import { isAt, type Place } from './project-files.ts'
import { Mark } from './values.tsx'
import type { Spot, YamlMark } from './yaml-editor.tsx'

const YamlEditor = lazy(async () => ({ default: (await import('./yaml-editor.tsx')).YamlEditor }))

interface OpenFileProps {
  readonly place: Place
  /** Which of both: the mapping or its tests. */
  readonly path: string
  readonly files: readonly ProjectFile[]
  readonly changes: Readonly<Record<string, string>>
  readonly mayEdit: boolean
  readonly marks: readonly YamlMark[]
  readonly spot: Spot | null
  readonly onEdit: (path: string, text: string) => void
}

export function OpenFile({ place, path, files, changes, mayEdit, marks, spot, onEdit }: OpenFileProps) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const { file, testPath } = place
  const own = files.find((one) => one.path === path)
  // Built-in tests are not those of a mapping that took the place of the built-in one.
  const isReplaced = path === testPath && (file.origin !== 'shipped' || Object.hasOwn(changes, file.path))
  const hint =
    own === undefined
      ? mayEdit
        ? 'mappings.noTests'
        : 'mappings.noTestsHere'
      : isReplaced && own.origin === 'shipped' && !Object.hasOwn(changes, path)
        ? 'mappings.builtInTests'
        : null
  const editor = (
    <Stack gap="xs">
      {hint !== null && (
        <Text size="sm" px="md" pt="sm">
          {t(hint)}
        </Text>
      )}
      <Suspense fallback={<Waiting rows={6} />}>
        <YamlEditor
          key={path}
          label={t('mappings.textOf', { file: path })}
          text={changes[path] ?? own?.text ?? ''}
          isReadOnly={!mayEdit}
          marks={marks}
          spot={spot}
          onChange={(text) => onEdit(path, text)}
        />
      </Suspense>
    </Stack>
  )
  return (
    <Panel flush title={place.file.path} aside={<Origin origin={(own ?? file).origin} />}>
      {testPath === null ? (
        editor
      ) : (
        <Tabs
          value={path}
          onChange={(next) => {
            if (next !== null && isAt(place, next)) void navigate({ to: '/mappings', search: { file: next } })
          }}
        >
          <Tabs.List>
            {[file.path, testPath].map((one) => (
              <Tabs.Tab
                key={one}
                value={one}
                rightSection={Object.hasOwn(changes, one) && <Mark text={t('mappings.changed')} />}
              >
                {t(one === testPath ? 'mappings.tests' : 'mappings.mapping')}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <Tabs.Panel value={path}>{editor}</Tabs.Panel>
        </Tabs>
      )}
    </Panel>
  )
}
