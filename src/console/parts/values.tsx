import { Badge, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'

export function Mark({ text }: { text: string }) {
  return (
    <Badge variant="outline" color="orange" c="var(--mantine-color-text)" tt="none" size="sm" flex="none">
      {text}
    </Badge>
  )
}

export function valueText(value: unknown, none: string): string {
  if (value === null || value === undefined || value === '') return none
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** What people call it, with the id beside it. */
export function NamedValue({ value, name }: { value: unknown; name: string | null }) {
  const { t } = useTranslation()
  return (
    <>
      {name ?? valueText(value, t('common.none'))}
      {name !== null && (
        <Text span size="xs" c="dimmed">
          {' '}
          {valueText(value, '')}
        </Text>
      )}
    </>
  )
}

const actions: Readonly<
  Record<string, 'create' | 'update' | 'confirm' | 'cancel' | 'nothing' | 'leftOut' | 'problem'>
> = {
  create: 'create',
  update: 'update',
  confirm: 'confirm',
  cancel: 'cancel',
  nothing: 'nothing',
  'left out': 'leftOut',
  problem: 'problem',
}

/** What a preview would do, in words; what this console does not know yet as the server calls it. */
export function useActionText(): (action: string) => string {
  const { t } = useTranslation()
  return (action) => {
    const known = actions[action]
    return known === undefined ? action : t(`order.actions.${known}`)
  }
}
