import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useTranslation } from 'react-i18next'
import { ChangeDialogue } from './change-sync.tsx'
import { useMay } from './session.ts'

/** Back to planning only. */
export function GoShadow({ name }: { name: string }) {
  const { t } = useTranslation()
  const [isOpen, opening] = useDisclosure()
  if (!useMay('admin')) return null
  return (
    <>
      <Button size="compact-sm" variant="default" onClick={opening.open}>
        {t('syncs.toShadow')}
      </Button>
      <ChangeDialogue
        name={name}
        opened={isOpen}
        title={t('syncs.toShadowTitle', { name })}
        text={t('syncs.toShadowText')}
        go={t('syncs.toShadow')}
        change={{ mode: 'shadow' }}
        needsNote
        onClose={opening.close}
      />
    </>
  )
}
