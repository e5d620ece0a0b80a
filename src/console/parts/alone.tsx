import { Center, Paper, Stack, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

interface AloneProps {
  readonly title: string
  readonly maw?: number
  readonly children: ReactNode
}

/** A page for somebody who is not signed in. */
export function Alone({ title, maw = 400, children }: AloneProps) {
  const { t } = useTranslation()
  useDocumentTitle(`${title} · ${t('common.crosswalk')}`)
  return (
    <Center component="main" className="main" mih="100vh" p="md">
      <Stack w="100%" maw={maw} gap="md">
        <Text fw={700} size="xl" ta="center">
          {t('common.crosswalk')}
        </Text>
        <Paper withBorder p="xl">
          <Stack gap="md">
            <Title order={1} size="h3">
              {title}
            </Title>
            {children}
          </Stack>
        </Paper>
      </Stack>
    </Center>
  )
}
