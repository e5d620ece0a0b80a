import { Alert, Button, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { ApiError } from '../api.ts'
import { WarnIcon } from './icons.tsx'

export function useTroubleText(): (error: unknown) => { detail: string; fix: string } {
  const { t } = useTranslation()
  return (error) => {
    if (!(error instanceof ApiError)) return { detail: t('trouble.broken'), fix: t('trouble.brokenFix') }
    if (error.status === 0) return { detail: t('trouble.unreachable'), fix: t('trouble.unreachableFix') }
    return { detail: error.message, fix: error.fix }
  }
}

interface TroubleProps {
  readonly error: unknown
  readonly again?: (() => unknown) | undefined
}

/** What went wrong, what to do, and another try. */
export function Trouble({ error, again }: TroubleProps) {
  const { t } = useTranslation()
  const { detail, fix } = useTroubleText()(error)
  return (
    <Alert color="red" variant="outline" title={t('trouble.title')} icon={<WarnIcon />} role="alert">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{detail}</Text>
        {fix !== '' && <Text size="sm">{fix}</Text>}
        {again !== undefined && (
          <Button size="xs" variant="default" onClick={() => void again()}>
            {t('common.tryAgain')}
          </Button>
        )}
      </Stack>
    </Alert>
  )
}
