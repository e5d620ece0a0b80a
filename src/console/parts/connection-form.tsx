import { Button, Collapse, Group, List, SimpleGrid, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Configured, call, type SystemChoice } from '../api.ts'
import { isLanguage } from '../i18n/i18n.ts'
import { CheckReport } from './check-report.tsx'
import { Choices } from './choices.tsx'
import { Findings } from './findings.tsx'
import { useDeed } from './notices.tsx'
import { Panel } from './page.tsx'
import { SettingField, type SettingValue } from './setting-field.tsx'

interface ConnectionFormProps {
  readonly system: SystemChoice
  /** Of the connection. */
  readonly name: string
  /** As it is; null for a new one. */
  readonly configured: Configured | null
  readonly onSaved: () => void
}

/** What a connection needs, with what is to be done in the system beside it; tried before it is saved. */
export function ConnectionForm({ system, name, configured, onSaved }: ConnectionFormProps) {
  const { t, i18n } = useTranslation()
  const [entered, setEntered] = useState<Readonly<Record<string, SettingValue>>>({})
  const [hasMore, more] = useDisclosure()
  const attempt = useDeed(() =>
    call('tryConnection', { params: { system: system.name }, body: { connection: name, settings: entered } }),
  )
  const save = useDeed(
    () => call('putConnection', { params: { connection: name }, body: { system: system.name, settings: entered } }),
    ({ findings }) => {
      if (findings.length > 0) return null
      // Here, and not where it is called: by then this form may be gone, as what it shows has changed.
      onSaved()
      return t('connect.saved', { name })
    },
  )
  const isThere = ({ name: setting, secret }: SystemChoice['settings'][number]) =>
    secret ? configured?.secrets.includes(setting) === true : configured?.settings[setting] !== undefined
  const lacks = system.settings.some(
    (one) => one.required && !isThere(one) && (entered[one.name] ?? null) === null && one.fallback === null,
  )
  const enter = (setting: string, value: SettingValue) => {
    setEntered({ ...entered, [setting]: value })
    attempt.reset()
  }
  const field = (setting: SystemChoice['settings'][number]) => (
    <SettingField
      key={setting.name}
      setting={setting}
      value={entered[setting.name]}
      now={writtenValue(configured?.settings[setting.name])}
      isThere={isThere(setting)}
      onChange={(value) => enter(setting.name, value)}
    />
  )
  const language = i18n.resolvedLanguage ?? 'en'
  const steps = system.steps[isLanguage(language) ? language : 'en']
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        attempt.mutate(undefined)
      }}
    >
      <Stack gap="md">
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
          <Panel title={t('connect.access')}>
            <Stack gap="sm">
              {system.settings.filter(({ asked }) => asked).map(field)}
              <Button
                variant="subtle"
                px={0}
                aria-expanded={hasMore}
                style={{ alignSelf: 'start' }}
                onClick={more.toggle}
              >
                {t(hasMore ? 'connect.less' : 'connect.more')}
              </Button>
              <Collapse expanded={hasMore}>
                <Stack gap="sm">{system.settings.filter(({ asked }) => !asked).map(field)}</Stack>
              </Collapse>
            </Stack>
          </Panel>
          <Panel title={t('connect.there', { title: system.title })}>
            <List type="ordered" size="sm" spacing="xs">
              {steps.map((step) => (
                <List.Item key={step}>{step}</List.Item>
              ))}
            </List>
            <Text size="sm" mt="sm" c="dimmed">
              {t('connect.guide', { file: `docs/${system.name}.md` })}
            </Text>
          </Panel>
        </SimpleGrid>
        {attempt.data !== undefined && (
          <Panel title={t('connect.result')}>
            <CheckReport check={attempt.data.check} />
          </Panel>
        )}
        {attempt.data !== undefined && (
          <Choices
            choices={attempt.data.choices.filter(({ decides }) => decides !== null && 'setting' in decides)}
            chosen={(key) => entered[key]}
            // What an account has stays as it was told.
            onChoose={(key, value) => setEntered({ ...entered, [key]: value })}
          />
        )}
        <Findings findings={save.data?.findings ?? []} />
        <Group gap="xs">
          <Button type="submit" variant="default" loading={attempt.isPending} disabled={lacks}>
            {t('connect.try')}
          </Button>
          <Button
            loading={save.isPending}
            disabled={lacks || attempt.data?.check.report == null}
            onClick={() => save.mutate(undefined)}
          >
            {t('connect.save')}
          </Button>
          <Text size="sm" c="dimmed">
            {t('connect.secrets')}
          </Text>
        </Group>
      </Stack>
    </form>
  )
}

/** What stands in the configuration, as far as a field shows it. */
function writtenValue(value: unknown): SettingValue | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  if (!Array.isArray(value)) return undefined
  return value.filter((one): one is string | number => typeof one === 'string' || typeof one === 'number')
}
