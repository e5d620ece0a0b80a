import { Group, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Finding } from '../api.ts'
import { WarnIcon } from './icons.tsx'
import { TextLink } from './links.tsx'
import { Remedy } from './problem-row.tsx'

interface FindingsProps {
  readonly findings: readonly Finding[]
  readonly isWarning?: boolean
  /** When one is followed to its place in a file. */
  readonly onGo?: () => void
}

/** What keeps files from being published, or is to be warned of, each with its place. */
export function Findings({ findings, isWarning = false, onGo }: FindingsProps) {
  const { t } = useTranslation()
  if (findings.length === 0) return null
  return (
    <ul className="plain" aria-label={t(isWarning ? 'mappings.warnings' : 'mappings.findings')}>
      {findings.map(({ file, line, column, message, fix }) => (
        <Group
          key={`${file}:${line}:${column}:${message}`}
          component="li"
          gap={6}
          wrap="nowrap"
          align="flex-start"
          py={4}
        >
          <span className={isWarning ? 'warn' : 'bad'}>
            <WarnIcon />
          </span>
          <Stack gap={2} miw={0}>
            <Text size="sm">{message}</Text>
            {fix !== undefined && <Remedy fix={fix} />}
            <TextLink
              to="/mappings"
              search={{ file, line }}
              size="sm"
              {...(onGo === undefined ? {} : { onClick: onGo })}
            >
              {file}:{line}:{column}
            </TextLink>
          </Stack>
        </Group>
      ))}
    </ul>
  )
}
