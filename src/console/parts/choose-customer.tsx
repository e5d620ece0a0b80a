import { Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call, type DealFailure } from '../api.ts'
import { Dialogue } from './confirm.tsx'
import { useDeed } from './notices.tsx'

type Problem = DealFailure['problem']
interface Candidate {
  readonly id: string
  readonly label: string
  readonly archived: boolean
}
interface Choice {
  readonly customer: string
  readonly candidates: readonly Candidate[]
  readonly isTaken: boolean
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
const isCandidate = (value: unknown): value is Candidate =>
  isObject(value) && 'id' in value && 'label' in value && 'archived' in value && typeof value.id === 'string'

/** Null where the problem is about no customer, or was met before problems told which. */
function choiceOf(problem: Problem): Choice | null {
  const choice: unknown = Reflect.get(problem, 'choice')
  if (!isObject(choice) || !('customer' in choice) || typeof choice.customer !== 'string') return null
  const candidates = 'candidates' in choice && Array.isArray(choice.candidates) ? choice.candidates : []
  const isTaken = 'isTaken' in choice && choice.isTaken === true
  return { customer: choice.customer, candidates: candidates.filter(isCandidate), isTaken }
}

/** Which customer of the ERP is meant: one of those that match, or another one by its id. */
export function ChooseCustomer({ failure: { sync, problem } }: { failure: DealFailure }) {
  const { t } = useTranslation()
  const [other, setOther] = useState('')
  const [asked, setAsked] = useState<string | null>(null)
  const choice = choiceOf(problem)
  const link = useDeed(
    (target: string) =>
      call('linkCustomer', {
        params: { name: sync, id: choice?.customer ?? '' },
        body: { target, move: choice?.isTaken === true },
      }),
    ({ target }) => t('customer.linked', { id: target }),
  )
  if (choice === null) return null
  const take = (target: string) => (choice.isTaken ? setAsked(target) : link.mutate(target))
  const id = other.trim()
  return (
    <Stack gap="xs">
      {choice.candidates.length > 0 && (
        <ul className="plain" aria-label={t('customer.candidates')}>
          {choice.candidates.map((one) => (
            <li key={one.id}>
              <Group gap="sm" py={4}>
                <Text size="sm" flex="0 1 320px">
                  <strong>{one.label === '' ? one.id : one.label}</strong>
                  {one.label !== '' && ` · ${one.id}`}
                  {one.archived && ` · ${t('customer.archived')}`}
                </Text>
                <Button
                  size="xs"
                  variant="default"
                  aria-label={t('customer.linkTo', { name: `${one.label} ${one.id}`.trim() })}
                  loading={link.isPending}
                  onClick={() => take(one.id)}
                >
                  {t('customer.link')}
                </Button>
              </Group>
            </li>
          ))}
        </ul>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (id !== '') take(id)
        }}
      >
        <Group gap="sm" align="flex-end">
          <TextInput
            size="xs"
            label={t('customer.other')}
            description={t('customer.otherHint')}
            maxLength={200}
            value={other}
            onChange={(event) => setOther(event.currentTarget.value)}
          />
          <Button size="xs" type="submit" variant="default" loading={link.isPending} disabled={id === ''}>
            {t('customer.link')}
          </Button>
        </Group>
      </form>
      <Dialogue
        opened={asked !== null}
        title={t('customer.moveTitle')}
        text={t('customer.moveText')}
        go={t('customer.link')}
        isDangerous
        isBusy={link.isPending}
        onGo={() => asked !== null && link.mutate(asked, { onSettled: () => setAsked(null) })}
        onClose={() => setAsked(null)}
      />
    </Stack>
  )
}
