import { Button, Group, Stack, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call, type DealFailure } from '../api.ts'
import { AddEntry, entryOf } from './add-entry.tsx'
import { ChooseCustomer } from './choose-customer.tsx'
import { Dialogue } from './confirm.tsx'
import { WarnIcon } from './icons.tsx'
import { useDeed } from './notices.tsx'
import { Panel } from './page.tsx'
import { Remedy } from './problem-row.tsx'
import { useMay } from './session.ts'

interface DealFailuresProps {
  readonly id: string
  readonly failures: readonly DealFailure[]
}

export function DealFailures({ id, failures }: DealFailuresProps) {
  const { t } = useTranslation()
  const mayDecide = useMay('operator')
  if (failures.length === 0) return null
  return (
    <Panel title={t('order.wrong')} flush>
      <ul className="plain">
        {failures.map((failure) => (
          <li key={`${failure.sync}/${failure.problem.kind}/${failure.message}`} className="row">
            <Stack gap="xs">
              <Group gap={6} className="bad" wrap="nowrap">
                <WarnIcon />
                <Title order={3} size="h6">
                  {t(`kinds.${failure.problem.kind}`)}
                </Title>
              </Group>
              <Text size="sm">{failure.message}</Text>
              <Differences of={failure} />
              <Remedy fix={failure.fix} />
              <Text size="sm" c="dimmed">
                {failure.sync}
                {failure.field !== undefined && ` · ${t('order.field')} ${failure.field}`}
              </Text>
              <MissingEntry failure={failure} />
              {mayDecide && <ChooseCustomer failure={failure} />}
              {mayDecide && <Decisions id={id} failure={failure} />}
            </Stack>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function MissingEntry({ failure: { problem } }: { failure: DealFailure }) {
  const entry = entryOf(problem)
  return entry === null ? null : <AddEntry entry={entry} />
}

/** `Chair 4 → 7`, where the problem tells such. */
function Differences({ of: { problem } }: { of: DealFailure }) {
  const { t } = useTranslation()
  const differences: unknown = Reflect.get(problem, 'differences')
  const texts = Array.isArray(differences)
    ? differences
        .map((one: unknown) => (typeof one === 'object' && one !== null ? Reflect.get(one, 'text') : null))
        .filter((text) => typeof text === 'string')
    : []
  if (texts.length === 0) return null
  return (
    <ul aria-label={t('order.differences')} style={{ margin: 0, fontSize: 'var(--mantine-font-size-sm)' }}>
      {texts.map((text) => (
        <li key={text}>{text}</li>
      ))}
    </ul>
  )
}

const decisions = {
  accept: { route: 'acceptDeal', isDangerous: false },
  overwrite: { route: 'overwriteDeal', isDangerous: true },
  ignore: { route: 'ignoreDeal', isDangerous: true },
} as const
type Decision = keyof typeof decisions

function Decisions({ id, failure: { sync, problem } }: { id: string; failure: DealFailure }) {
  const { t } = useTranslation()
  const [asked, setAsked] = useState<Decision | null>(null)
  const retry = useDeed(
    () => call('retryRecords', { body: { sync, records: [id] } }),
    () => t('order.retried'),
  )
  const decide = useDeed(
    (decision: Decision) => call(decisions[decision].route, { params: { id }, body: { sync } }),
    ({ decided }) =>
      decided.length === 0 ? t('order.decidedNothing') : t('order.decided', { what: decided.join(', ') }),
  )
  // What Crosswalk itself wrote is not mended by writing it once more.
  const choices: readonly Decision[] =
    problem.kind === 'order_drifted'
      ? ['accept', 'overwrite', 'ignore']
      : problem.kind === 'totals_differ'
        ? ['accept', 'ignore']
        : []
  return (
    <Group gap="xs">
      <Button size="xs" loading={retry.isPending} onClick={() => retry.mutate(undefined)}>
        {t('common.retry')}
      </Button>
      {choices.map((one) => (
        <Button key={one} size="xs" variant="default" onClick={() => setAsked(one)}>
          {t(`order.${one}`)}
        </Button>
      ))}
      <Dialogue
        opened={asked !== null}
        title={asked === null ? '' : t(`order.${asked}Title`)}
        text={asked === null ? '' : t(`order.${asked}Text`)}
        go={asked === null ? '' : t(`order.${asked}`)}
        isDangerous={asked !== null && decisions[asked].isDangerous}
        isBusy={decide.isPending}
        onGo={() => asked !== null && decide.mutate(asked, { onSettled: () => setAsked(null) })}
        onClose={() => setAsked(null)}
      />
    </Group>
  )
}
