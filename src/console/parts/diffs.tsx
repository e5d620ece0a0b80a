import { Group, Stack, Text, Title } from '@mantine/core'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { Waiting } from './page.tsx'
import { Mark } from './values.tsx'

const YamlDiff = lazy(async () => ({ default: (await import('./yaml-diff.tsx')).YamlDiff }))

export interface FileDiff {
  readonly path: string
  /** Null for a file that is not there. */
  readonly before: string | null
  readonly after: string | null
}

export function Diffs({ files }: { files: readonly FileDiff[] }) {
  const { t } = useTranslation()
  return (
    <Suspense fallback={<Waiting rows={3} />}>
      <Stack gap="md">
        {files.map(({ path, before, after }) => (
          <section key={path} aria-label={path}>
            <Group gap="xs" mb={4}>
              <Title order={3} size="h6">
                {path}
              </Title>
              {before === null && after !== null && <Mark text={t('changes.new')} />}
              {before !== null && after === null && <Mark text={t('changes.removed')} />}
            </Group>
            {before === null && after === null ? (
              <Text size="sm">{t('versions.notShown')}</Text>
            ) : (
              <YamlDiff path={path} before={before ?? ''} after={after ?? ''} />
            )}
          </section>
        ))}
      </Stack>
    </Suspense>
  )
}
