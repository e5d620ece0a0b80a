import { Group, Text, VisuallyHidden } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { LinkState } from '../api.ts'
import { en } from '../i18n/en.ts'
import { CheckIcon, WarnIcon } from './icons.tsx'

type StageName = Exclude<keyof typeof en.stages, 'none'>

const steps = [
  { step: 'created', stages: ['draft'], whole: 'draft' },
  { step: 'confirmed', stages: ['confirmed'], whole: 'confirmed' },
  { step: 'production', stages: ['in_procurement', 'in_production', 'ready'], whole: null },
  { step: 'shipped', stages: ['partly_shipped', 'shipped'], whole: 'shipped' },
  { step: 'invoiced', stages: ['invoiced', 'partly_paid'], whole: 'invoiced' },
  { step: 'paid', stages: ['paid'], whole: 'paid' },
] as const satisfies readonly { step: string; stages: readonly StageName[]; whole: StageName | null }[]

/** In the order in which they are reached. */
export const stageOrder: readonly string[] = [...steps.flatMap((one) => one.stages), 'cancelled']

const isStage = (stage: string): stage is StageName => stage !== 'none' && Object.hasOwn(en.stages, stage)

/** A stage in words; one that this console does not know yet as the server calls it. */
export function useStageText(): (stage: string | null) => string {
  const { t } = useTranslation()
  return (stage) => {
    if (stage === null) return t('stages.none')
    return isStage(stage) ? t(`stages.${stage}`) : stage.replaceAll('_', ' ')
  }
}

const stepOf = (stage: string | null): number => steps.findIndex((one) => one.stages.some((name) => name === stage))

/** The way of an order. Of production only tells who is there or was there: not every order passes it. */
export function StageRibbon({ stage, seen }: { stage: string | null; seen: ReadonlySet<string> }) {
  const { t } = useTranslation()
  const stageText = useStageText()
  if (stage === 'cancelled')
    return (
      <Group gap="xs" className="warn">
        <WarnIcon />
        <Text fw={600}>{stageText(stage)}</Text>
      </Group>
    )
  const at = stepOf(stage)
  const shown = steps
    .map((one, index) => ({ ...one, index }))
    .filter(({ step, stages, index }) => step !== 'production' || index >= at || stages.some((name) => seen.has(name)))
  return (
    <ol className="plain ribbon" aria-label={t('ribbon.label')}>
      {shown.map(({ step, index }) => {
        const state = index === at ? 'now' : index < at ? 'done' : 'later'
        return (
          <li key={step} data-state={state} aria-current={state === 'now' ? 'step' : undefined}>
            {state === 'done' && (
              <>
                <CheckIcon size={12} />{' '}
              </>
            )}
            {state === 'now' && '● '}
            {state === 'now' ? stageText(stage) : t(`steps.${step}`)}
            <VisuallyHidden> ({t(`ribbon.${state}`)})</VisuallyHidden>
          </li>
        )
      })}
    </ol>
  )
}

/** For rows: how far the order is, or why there is none. */
export function Progress({ stage, state }: { stage: string | null; state: LinkState }) {
  const { t } = useTranslation()
  const stageText = useStageText()
  if (state === 'rejected' || state === 'unknown')
    return (
      <Group gap={6} wrap="nowrap" className="bad">
        <WarnIcon />
        <Text size="sm">{t(`states.${state}`)}</Text>
      </Group>
    )
  const at = stepOf(stage)
  return (
    <Group gap="xs" wrap="nowrap">
      <span className="slim" aria-hidden="true">
        {steps.map(({ step }, index) => (
          <span key={step} data-reached={index <= at ? '' : undefined} />
        ))}
      </span>
      <Text size="sm">{state === 'linked' && stage !== null ? stageText(stage) : t(`states.${state}`)}</Text>
    </Group>
  )
}
