import { NumberInput, PasswordInput, Select, Switch, TagsInput, Textarea, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { SystemSetting } from '../api.ts'
import { en } from '../i18n/en.ts'

export type SettingValue = string | number | boolean | (string | number)[] | null

interface SettingFieldProps {
  readonly setting: SystemSetting
  /** Undefined where nobody has entered anything. */
  readonly value: SettingValue | undefined
  /** What it is now, as it is written; a secret that is there is not told. */
  readonly now: SettingValue | undefined
  readonly isThere: boolean
  readonly onChange: (value: SettingValue) => void
}

const isNamed = (name: string): name is keyof typeof en.settingNames => Object.hasOwn(en.settingNames, name)

/** Where nobody has named a setting, its own name in words: `loadOrders` is “Load orders”. */
function useSettingName(): (name: string) => string {
  const { t } = useTranslation()
  return (name) => {
    if (isNamed(name)) return t(`settingNames.${name}`)
    const spaced = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase()
    return spaced.charAt(0).toUpperCase() + spaced.slice(1)
  }
}

/** A setting of a system by its kind. An empty field takes the setting away. */
export function SettingField({ setting, value, now, isThere, onChange }: SettingFieldProps) {
  const { t } = useTranslation()
  const nameOf = useSettingName()
  const { name, description, kind, options, fallback, secret, file, required } = setting
  const common = {
    label: nameOf(name),
    description: <span lang="en">{description}</span>,
    required: required && !isThere,
    // The name in the configuration, for whoever reads the guide.
    name,
  }
  const shown = value ?? now ?? null
  const text = typeof shown === 'string' || typeof shown === 'number' ? String(shown) : ''
  const placeholder = fallback ?? ''
  const enter = (entered: string) => onChange(entered === '' ? null : entered)
  if (secret) {
    const kept = isThere ? t('connect.kept') : ''
    if (file)
      return (
        <Textarea
          {...common}
          autosize
          minRows={3}
          maxRows={8}
          spellCheck={false}
          autoComplete="off"
          placeholder={kept}
          value={typeof value === 'string' ? value : ''}
          onChange={(event) => enter(event.currentTarget.value)}
        />
      )
    return (
      <PasswordInput
        {...common}
        autoComplete="new-password"
        placeholder={kept}
        visibilityToggleButtonProps={{ 'aria-label': t('connect.show', { name: nameOf(name) }) }}
        value={typeof value === 'string' ? value : ''}
        onChange={(event) => enter(event.currentTarget.value)}
      />
    )
  }
  if (kind === 'switch')
    return (
      <Switch
        {...common}
        checked={typeof shown === 'boolean' ? shown : fallback === 'true'}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    )
  if (options !== null)
    return (
      <Select
        {...common}
        data={[...options]}
        placeholder={placeholder}
        value={text === '' ? null : text}
        clearable={!required}
        onChange={onChange}
      />
    )
  // A variable of the environment stands in place of any value.
  if (kind === 'number' && !text.startsWith('${'))
    return (
      <NumberInput
        {...common}
        placeholder={placeholder}
        value={text}
        onChange={(entered) => onChange(typeof entered === 'number' ? entered : null)}
      />
    )
  if (kind === 'texts' || kind === 'numbers')
    return (
      <TagsInput
        {...common}
        value={Array.isArray(shown) ? shown.map(String) : []}
        onChange={(entered) =>
          onChange(
            entered.length === 0 ? null : kind === 'texts' ? entered : entered.map(Number).filter(Number.isFinite),
          )
        }
      />
    )
  return (
    <TextInput
      {...common}
      autoComplete="off"
      autoCapitalize="none"
      spellCheck={false}
      placeholder={placeholder}
      value={text}
      onChange={(event) => enter(event.currentTarget.value)}
    />
  )
}
