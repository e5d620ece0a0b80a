import { Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Page } from '../parts/page.tsx'
import { People } from '../parts/people.tsx'
import { useMay } from '../parts/session.ts'
import { Tokens } from '../parts/tokens.tsx'

export function Users(): ReactNode {
  const { t } = useTranslation()
  const isAdmin = useMay('admin')
  return (
    <Page title={t('users.title')}>
      {isAdmin ? (
        <>
          <People />
          <Tokens />
        </>
      ) : (
        <Text>{t('users.noRight')}</Text>
      )}
    </Page>
  )
}
