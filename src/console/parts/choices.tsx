import { MultiSelect, Select, Stack } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { AccountChoice } from '../api.ts'
import { Panel } from './page.tsx'
import type { SettingValue } from './setting-field.tsx'

interface ChoicesProps {
  readonly choices: readonly AccountChoice[]
  /** By the setting or the path that a choice decides. */
  readonly chosen: (key: string) => SettingValue | undefined
  readonly onChoose: (key: string, value: SettingValue) => void
}

/** What the account has of which a company may use a part alone. */
export function Choices({ choices, chosen, onChoose }: ChoicesProps) {
  const { t } = useTranslation()
  const offered = choices.filter(({ options }) => options.length > 1)
  if (offered.length === 0) return null
  return (
    <Panel title={t('connect.choices')}>
      <Stack gap="sm">
        {offered.map(({ subject, options, decides, otherwise }) => {
          if (decides === null) return null
          const several = 'where' in decides || decides.several
          const key = 'where' in decides ? decides.where : decides.setting
          // A widget knows texts alone; what was meant is found by its place.
          const data = options.map(({ label, hint }, index) => ({
            value: String(index),
            label: hint === undefined || hint === '' ? label : `${label} (${hint})`,
          }))
          const now = chosen(key)
          const list = Array.isArray(now) ? now : now === undefined || now === null ? [] : [now]
          const picked = options.flatMap(({ value }, index) => (list.includes(value) ? [String(index)] : []))
          const valuesOf = (places: readonly string[]) => places.flatMap((place) => options[Number(place)]?.value ?? [])
          const common = {
            label: subject,
            description: <span lang="en">{otherwise}</span>,
            data,
          }
          return several ? (
            <MultiSelect
              key={key}
              {...common}
              value={picked}
              onChange={(places) => onChoose(key, places.length === 0 ? null : valuesOf(places))}
            />
          ) : (
            <Select
              key={key}
              {...common}
              clearable
              value={picked[0] ?? null}
              onChange={(place) => onChoose(key, place === null ? null : (valuesOf([place])[0] ?? null))}
            />
          )
        })}
      </Stack>
    </Panel>
  )
}
