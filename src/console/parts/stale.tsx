import { Alert } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { WarnIcon } from './icons.tsx'
import { useLocale } from './locale.ts'

/** Says so when what is shown could not be brought up to date. */
export function Stale({ query }: { query: { readonly isRefetchError: boolean; readonly dataUpdatedAt: number } }) {
  const { t } = useTranslation()
  const locale = useLocale()
  if (!query.isRefetchError) return null
  const time = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' }).format(query.dataUpdatedAt)
  return (
    <Alert color="orange" variant="outline" icon={<WarnIcon />} role="alert">
      {t('trouble.stale', { time })}
    </Alert>
  )
}
