import { useTranslation } from 'react-i18next'
import { localeOf } from '../i18n/i18n.ts'

export function useLocale(): string {
  const { i18n } = useTranslation()
  return localeOf(i18n.resolvedLanguage)
}
