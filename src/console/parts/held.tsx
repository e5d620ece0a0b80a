import { Group, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { PauseIcon } from './icons.tsx'

/** That a sync delivers nothing, and why. */
export function Held({ because }: { because: string }) {
  const { t } = useTranslation()
  return (
    <Group gap={6} className="bad" wrap="nowrap" align="flex-start">
      <PauseIcon />
      <Text size="sm">
        {t('home.held')}: {because}
      </Text>
    </Group>
  )
}
