import { Badge, Group, Text, VisuallyHidden } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { ProjectFile } from '../api.ts'
import { NavItem } from './links.tsx'
import { folderOf, nameOf, type Place } from './project-files.ts'
import { Mark } from './values.tsx'

interface FileListProps {
  readonly places: readonly Place[]
  readonly chosen: Place | null
  readonly changes: Readonly<Record<string, string>>
}

export function FileList({ places, chosen, changes }: FileListProps) {
  const { t } = useTranslation()
  const groupOf = ({ file: { kind, syncs } }: Place) =>
    kind === 'table'
      ? t('mappings.tables')
      : syncs.length === 0
        ? t('mappings.unused')
        : t('mappings.ofSync', { syncs: syncs.join(', ') })
  return (
    <nav className="files" aria-label={t('mappings.files')}>
      {[...Map.groupBy(places, groupOf)].map(([group, some]) => (
        <section key={group} aria-label={group}>
          <Text size="sm" fw={600} c="var(--ink-soft)" px="sm" pt="sm" pb={4}>
            {group}
          </Text>
          <ul className="plain">
            {some.map(({ file, testPath }) => {
              const isChanged = [file.path, testPath].some((path) => path !== null && Object.hasOwn(changes, path))
              return (
                <li key={file.path}>
                  <NavItem
                    to="/mappings"
                    search={{ file: file.path }}
                    active={file === chosen?.file}
                    label={
                      <Group gap={6} justify="space-between">
                        {nameOf(file.path)}
                        {isChanged && <Mark text={t('mappings.changed')} />}
                      </Group>
                    }
                    description={
                      <Group component="span" gap={6} justify="space-between">
                        {folderOf(file.path)}
                        <Origin origin={file.origin} />
                      </Group>
                    }
                    {...(file === chosen?.file ? { 'aria-current': 'page' as const } : {})}
                  />
                </li>
              )
            })}
          </ul>
        </section>
      ))}
    </nav>
  )
}

export function Origin({ origin }: { origin: ProjectFile['origin'] }) {
  const { t } = useTranslation()
  return (
    <Badge
      variant="outline"
      color="gray"
      c="var(--mantine-color-text)"
      tt="none"
      size="sm"
      title={t(`mappings.originText.${origin}`)}
    >
      {t(`mappings.origin.${origin}`)}
      <VisuallyHidden>: {t(`mappings.originText.${origin}`)}</VisuallyHidden>
    </Badge>
  )
}
