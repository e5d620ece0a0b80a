import { Button, Select, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call, type Problem } from '../api.ts'
import { Dialogue } from './confirm.tsx'
import { useDeed } from './notices.tsx'
import { Reason } from './reason.tsx'
import { useMay } from './session.ts'

/** Who takes care of an open problem. */
export function Assign({ problem: { id, assignee } }: { problem: Problem }) {
  const { t } = useTranslation()
  const mayAssign = useMay('operator')
  const people = useQuery({
    queryKey: ['assignees'],
    queryFn: ({ signal }) => call('listAssignees', {}, signal),
    enabled: mayAssign,
  })
  const assign = useDeed(
    (name: string | null) => call('assignProblem', { params: { id }, body: { assignee: name } }),
    (reply) =>
      reply.assignee === null ? t('problems.assignedNobody') : t('problems.assigned', { name: reply.assignee }),
  )
  if (!mayAssign) return null
  const known = (people.data?.people ?? []).map(({ name, display }) => ({ value: name, label: display }))
  // Somebody who may no longer sign in stays until it is somebody else's.
  const left =
    assignee === null || known.some(({ value }) => value === assignee) ? [] : [{ value: assignee, label: assignee }]
  return (
    <Select
      label={t('problems.assignee')}
      placeholder={t('problems.nobody')}
      size="xs"
      maw={320}
      clearable
      clearButtonProps={{ 'aria-label': t('problems.assignNobody') }}
      data={[...known, ...left]}
      value={assignee}
      disabled={assign.isPending}
      onChange={(name) => assign.mutate(name)}
    />
  )
}

/** Mutes an open problem, or ends that. */
export function Mute({ problem: { id, state } }: { problem: Problem }) {
  const { t } = useTranslation()
  const [isAsking, asking] = useDisclosure()
  const [because, setBecause] = useState('')
  const [until, setUntil] = useState('')
  const params = { id }
  const mute = useDeed(
    () => call('muteProblem', { params, body: { because: because.trim(), ...(until === '' ? {} : { until }) } }),
    () => t('problems.wasMuted'),
  )
  const unmute = useDeed(
    () => call('unmuteProblem', { params }),
    () => t('problems.wasUnmuted'),
  )
  if (!useMay('operator')) return null
  if (state === 'muted')
    return (
      <Button size="xs" variant="default" loading={unmute.isPending} onClick={() => unmute.mutate(undefined)}>
        {t('problems.unmute')}
      </Button>
    )
  return (
    <>
      <Button size="xs" variant="default" onClick={asking.open}>
        {t('problems.mute')}
      </Button>
      <Dialogue
        opened={isAsking}
        title={t('problems.muteTitle')}
        text={t('problems.muteText')}
        go={t('problems.mute')}
        isBusy={mute.isPending}
        isReady={because.trim() !== ''}
        onGo={() => mute.mutate(undefined, { onSuccess: asking.close })}
        onClose={asking.close}
      >
        <Reason label={t('problems.muteWhy')} value={because} onChange={setBecause} />
        <TextInput
          type="date"
          label={t('problems.muteUntil')}
          description={t('problems.muteUntilHint')}
          value={until}
          onChange={(event) => setUntil(event.currentTarget.value)}
        />
      </Dialogue>
    </>
  )
}
