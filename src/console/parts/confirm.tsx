import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

interface DialogueProps {
  readonly opened: boolean
  readonly title: string
  readonly text?: string
  readonly go: string
  readonly isDangerous?: boolean
  /** `xl` for what is wide. */
  readonly size?: 'md' | 'xl'
  readonly isBusy?: boolean
  readonly isReady?: boolean
  readonly onGo: () => void
  readonly onClose: () => void
  readonly children?: ReactNode
}

/** Asks before something is done; `children` are what it needs to know. */
export function Dialogue(props: DialogueProps) {
  const {
    opened,
    title,
    text,
    go,
    isDangerous = false,
    size = 'md',
    isBusy = false,
    isReady = true,
    onGo,
    onClose,
    children,
  } = props
  const { t } = useTranslation()
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={title}
      size={size}
      transitionProps={{ duration: 0 }}
      centered
      attributes={{ header: { role: 'none' } }}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          onGo()
        }}
      >
        <Stack gap="md">
          {text !== undefined && <Text size="sm">{text}</Text>}
          {children}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t('common.cancel')}
            </Button>
            <Button type="submit" color={isDangerous ? 'red.8' : 'teal'} loading={isBusy} disabled={!isReady}>
              {go}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
