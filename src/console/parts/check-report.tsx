import { Group, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { ConnectionCheck } from '../api.ts'
import { CheckIcon, WarnIcon } from './icons.tsx'
import { Remedy } from './problem-row.tsx'

const looks = { ok: 'good', warning: 'warn', error: 'bad' } as const

/** What a check found, as `crosswalk check` prints it. */
export function CheckReport({ check }: { check: ConnectionCheck }) {
  const { t } = useTranslation()
  const { report, failure } = check
  return (
    <Stack gap={6} role="status" aria-label={t('connections.report', { name: check.connection })}>
      {failure !== null && (
        <Group gap={6} wrap="nowrap" align="flex-start">
          <span className="bad">
            <WarnIcon />
          </span>
          <Stack gap={2} miw={0}>
            <Text size="sm" fw={600}>
              {failure.message}
            </Text>
            <Remedy fix={failure.fix} />
          </Stack>
        </Group>
      )}
      {report !== null && (
        <>
          <Text size="sm" fw={600}>
            {t('connections.account', { name: report.account.name, version: report.account.apiVersion })}
          </Text>
          <ul className="plain">
            {report.findings.map(({ level, subject, message, fix }) => (
              <Group key={`${subject} ${message}`} component="li" gap={6} wrap="nowrap" align="flex-start" py={2}>
                <span className={looks[level]}>{level === 'ok' ? <CheckIcon /> : <WarnIcon />}</span>
                <Stack gap={2} miw={0}>
                  <Text size="sm">
                    {subject}: {message}
                  </Text>
                  {fix !== undefined && <Remedy fix={fix} />}
                </Stack>
              </Group>
            ))}
          </ul>
        </>
      )}
    </Stack>
  )
}
