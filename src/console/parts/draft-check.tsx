import { Alert, Group, Loader, Stack, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { type Check, call } from '../api.ts'
import type { Draft } from './draft.ts'
import { Findings } from './findings.tsx'
import { CheckIcon, WarnIcon } from './icons.tsx'
import { Panel } from './page.tsx'
import { Trouble } from './trouble.tsx'

export interface DraftChecked {
  /** Of an earlier state of the draft while it is checked anew; null when nothing was found out yet. */
  readonly check: Check | null
  readonly isCurrent: boolean
  readonly error: unknown
  again(): unknown
}

/** Checks a draft when nothing has been typed for a moment. */
export function useDraftCheck(changes: Draft['changes']): DraftChecked {
  const [settled] = useDebouncedValue(changes, 800)
  const asked = useQuery({
    queryKey: ['check-draft', settled],
    queryFn: ({ signal }) => call('checkDraft', { body: { files: settled } }, signal),
    enabled: Object.keys(settled).length > 0,
    placeholderData: (before) => before,
    gcTime: 60_000,
    refetchOnWindowFocus: false,
    retry: false,
  })
  const isSettled = settled === changes
  return {
    check: asked.data ?? null,
    isCurrent: isSettled && asked.isSuccess && !asked.isPlaceholderData,
    error: isSettled ? asked.error : null,
    again: asked.refetch,
  }
}

interface DraftCheckProps {
  readonly checked: DraftChecked
  readonly draft: Draft
  readonly onGo: () => void
}

export function DraftCheck({ checked: { check, isCurrent, error, again }, draft, onGo }: DraftCheckProps) {
  const { t } = useTranslation()
  const isDrafted = Object.keys(draft.changes).length > 0
  return (
    <Panel title={t('mappings.check')}>
      {isDrafted ? (
        <Stack gap="sm">
          <Overtaken files={draft.overtaken} />
          {error !== null ? (
            <Trouble error={error} again={again} />
          ) : (
            <div role="status">
              {isCurrent && check !== null ? (
                <Verdict check={check} />
              ) : (
                <Group gap="sm">
                  <Loader size="sm" />
                  <Text size="sm">{t('mappings.checking')}</Text>
                </Group>
              )}
            </div>
          )}
          {check !== null && (
            <>
              <Findings findings={check.findings} onGo={onGo} />
              <Findings isWarning findings={check.warnings} onGo={onGo} />
            </>
          )}
        </Stack>
      ) : (
        <Text size="sm" c="dimmed">
          {t('mappings.noDraft')}
        </Text>
      )}
    </Panel>
  )
}

/** Failing tests are among the findings, with their messages. */
function Verdict({ check: { findings, warnings, tests } }: { check: Check }) {
  const { t } = useTranslation()
  const passed = tests.filter(({ ok }) => ok).length
  const isGood = findings.length === 0
  return (
    <Stack gap={4}>
      <Group gap={6} wrap="nowrap" className={isGood ? 'good' : 'bad'}>
        {isGood ? <CheckIcon /> : <WarnIcon />}
        <Text size="sm" fw={600}>
          {isGood ? t('mappings.fine') : t('mappings.refused', { count: findings.length })}
          {warnings.length > 0 && ` · ${t('mappings.warned', { count: warnings.length })}`}
        </Text>
      </Group>
      {(isGood || tests.length > 0) && (
        <Text size="sm">
          {tests.length === 0 ? t('mappings.noTestsRun') : t('mappings.testsPass', { passed, count: tests.length })}
        </Text>
      )}
    </Stack>
  )
}

export function Overtaken({ files }: { files: readonly string[] }) {
  const { t } = useTranslation()
  if (files.length === 0) return null
  return (
    <Alert color="orange" variant="outline" icon={<WarnIcon />}>
      {t('mappings.overtaken', { files: files.join(', ') })}
    </Alert>
  )
}
