import { Button, CopyButton, Modal, Stack, Text, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'

interface OnceProps {
  readonly title: string
  readonly text: string
  readonly label: string
  /** Null while there is nothing to show. */
  readonly secret: string | null
  readonly onClose: () => void
}

/** Shows what cannot be shown again. A click beside it does not close it. */
export function Once({ title, text, label, secret, onClose }: OnceProps) {
  const { t } = useTranslation()
  return (
    <Modal
      opened={secret !== null}
      onClose={onClose}
      title={title}
      centered
      closeOnClickOutside={false}
      attributes={{ header: { role: 'none' } }}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <Stack gap="md">
        <Text size="sm">{text}</Text>
        <TextInput label={label} readOnly value={secret ?? ''} onFocus={(event) => event.currentTarget.select()} />
        <CopyButton value={secret ?? ''} timeout={4000}>
          {({ copied, copy }) => (
            <Button onClick={copy} data-autofocus>
              {t(copied ? 'common.copied' : 'common.copy')}
            </Button>
          )}
        </CopyButton>
      </Stack>
    </Modal>
  )
}
