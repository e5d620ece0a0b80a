import { Select, type SelectProps, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Role } from '../../api/contract.ts'
import { en } from '../i18n/en.ts'

const roles = Object.keys(en.roles) as Role[]
const isRole = (text: string | null): text is Role => roles.some((role) => role === text)

interface RoleSelectProps extends Pick<SelectProps, 'label' | 'aria-label' | 'size' | 'disabled'> {
  readonly value: Role
  readonly onChange: (role: Role) => void
}

export function RoleSelect({ value, onChange, ...props }: RoleSelectProps) {
  const { t } = useTranslation()
  return (
    <Select
      {...props}
      allowDeselect={false}
      maxDropdownHeight={320}
      data={roles.map((role) => ({ value: role, label: t(`roles.${role}`) }))}
      renderOption={({ option }) => (
        <div>
          <Text size="sm">{option.label}</Text>
          {isRole(option.value) && (
            <Text size="xs" c="dimmed">
              {t(`roleMay.${option.value}`)}
            </Text>
          )}
        </div>
      )}
      comboboxProps={{ width: 260, position: 'bottom-start' }}
      value={value}
      onChange={(role) => {
        if (isRole(role)) onChange(role)
      }}
    />
  )
}
