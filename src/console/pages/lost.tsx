import { Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { TextLink } from '../parts/links.tsx'
import { Page } from '../parts/page.tsx'
import { Trouble } from '../parts/trouble.tsx'

export function NotFound(): ReactNode {
  const { t } = useTranslation()
  return (
    <Page title={t('trouble.notFound')}>
      <Text>{t('trouble.notFoundText')}</Text>
      <TextLink to="/">{t('trouble.goHome')}</TextLink>
    </Page>
  )
}

export function Stumbled({ error }: { error: unknown }) {
  return <Trouble error={error} again={() => window.location.reload()} />
}
