import { Select, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Policy } from '../api.ts'
import { en } from '../i18n/en.ts'
import { ChangeDialogue } from './change-sync.tsx'
import { Panel } from './page.tsx'
import { useMay } from './session.ts'
import { valueText } from './values.tsx'

type Known = keyof typeof en.policies.names
type KnownChoice = keyof typeof en.policies.choices
const isKnown = (key: string): key is Known => Object.hasOwn(en.policies.names, key)
const isKnownChoice = (key: string): key is KnownChoice => Object.hasOwn(en.policies.choices, key)
/** A dot would be a level of the texts. */
const keyOf = (name: string) => name.replaceAll('.', '_')

/** Policies in words; those that this console does not know yet as the configuration calls them. */
function usePolicyTexts() {
  const { t } = useTranslation()
  return {
    name(name: string): string {
      const key = keyOf(name)
      return isKnown(key) ? t(`policies.names.${key}`) : name
    },
    choice(name: string, choice: string): string {
      const key = `${keyOf(name)}_${choice}`
      return isKnownChoice(key) ? t(`policies.choices.${key}`) : choice
    },
  }
}

export function Policies({ name, policies }: { name: string; policies: readonly Policy[] }) {
  const { t } = useTranslation()
  const mayChange = useMay('admin')
  const texts = usePolicyTexts()
  const [asked, setAsked] = useState<{ readonly policy: Policy; readonly choice: string } | null>(null)
  const choices = policies.filter((one) => one.choices.length > 0)
  const others = policies.filter((one) => one.choices.length === 0)
  return (
    <Panel title={t('policies.title')} flush>
      <ul className="plain">
        {choices.map((policy) => {
          const value = String(policy.value)
          return (
            <li key={policy.name} className="row">
              {mayChange ? (
                <Select
                  label={texts.name(policy.name)}
                  allowDeselect={false}
                  data={policy.choices.map((choice) => ({ value: choice, label: texts.choice(policy.name, choice) }))}
                  value={value}
                  onChange={(choice) => {
                    if (choice !== null && choice !== value) setAsked({ policy, choice })
                  }}
                />
              ) : (
                <Stack gap={2}>
                  <Text size="sm" fw={600}>
                    {texts.name(policy.name)}
                  </Text>
                  <Text size="sm">{texts.choice(policy.name, value)}</Text>
                </Stack>
              )}
            </li>
          )
        })}
        {others.length > 0 && (
          <li className="row">
            <Text size="sm" c="dimmed" mb={4}>
              {t('policies.others')}
            </Text>
            {others.map(({ name: other, value }) => (
              <Text key={other} size="sm">
                {texts.name(other)}: <code>{writtenValue(value) ?? t('policies.none')}</code>
              </Text>
            ))}
          </li>
        )}
      </ul>
      <ChangeDialogue
        name={name}
        opened={asked !== null}
        title={asked === null ? '' : texts.name(asked.policy.name)}
        text={t('policies.changeText')}
        change={asked === null ? null : { policies: { [asked.policy.name]: asked.choice } }}
        onClose={() => setAsked(null)}
      >
        {asked !== null && (
          <Stack gap={4}>
            <Text size="sm" td="line-through" c="dimmed">
              {texts.choice(asked.policy.name, String(asked.policy.value))}
            </Text>
            <Text size="sm" fw={600}>
              {texts.choice(asked.policy.name, asked.choice)}
            </Text>
          </Stack>
        )}
      </ChangeDialogue>
    </Panel>
  )
}

function writtenValue(value: unknown): string | null {
  if (Array.isArray(value)) return value.join(', ')
  const isNone = typeof value === 'object' && value !== null && Object.keys(value).length === 0
  return isNone ? null : valueText(value, '')
}
