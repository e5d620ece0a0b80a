import { EmptyState, Group, Paper, Skeleton, Stack, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

interface PageProps {
  readonly title: string
  /** Of the window, where it is not the heading. */
  readonly name?: string
  readonly actions?: ReactNode
  readonly above?: ReactNode
  readonly children: ReactNode
}

export function Page({ title, name = title, actions, above, children }: PageProps) {
  const { t } = useTranslation()
  useDocumentTitle(`${name} · ${t('common.crosswalk')}`)
  return (
    <Stack className="page" gap="md">
      {above}
      <Group justify="space-between" align="center" gap="sm">
        <Title order={1} size="h2">
          {title}
        </Title>
        {actions}
      </Group>
      {children}
    </Stack>
  )
}

interface PanelProps {
  readonly title?: ReactNode
  readonly aside?: ReactNode
  readonly flush?: boolean
  readonly children: ReactNode
}

/** A section with a heading of its own; `flush` for a table or rows that bring their padding along. */
export function Panel({ title, aside, flush = false, children }: PanelProps) {
  return (
    <Paper withBorder component="section" p={flush ? 0 : 'md'}>
      {title !== undefined && (
        <Group justify="space-between" gap="xs" px={flush ? 'md' : 0} pt={flush ? 'md' : 0} pb="sm">
          <Title order={2} size="h5">
            {title}
          </Title>
          {aside}
        </Group>
      )}
      {children}
    </Paper>
  )
}

export function Waiting({ rows = 5 }: { rows?: number }) {
  const { t } = useTranslation()
  return (
    <Stack gap="sm" role="status" aria-label={t('common.loading')}>
      {Array.from({ length: rows }, (_, row) => row).map((row) => (
        <Skeleton key={row} height={44} />
      ))}
    </Stack>
  )
}

export function Nothing({ title, text, icon }: { title: string; text: string; icon?: ReactNode }) {
  return <EmptyState py="xl" title={title} description={text} icon={icon} withIndicatorBackground />
}
