import { Stack, Text } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call, type SyncChange } from '../api.ts'
import { Dialogue } from './confirm.tsx'
import { useDeed } from './notices.tsx'
import { Remedy } from './problem-row.tsx'
import { Note, usePublishedText } from './publish-draft.tsx'

interface ChangeDialogueProps {
  readonly name: string
  readonly opened: boolean
  readonly title: string
  readonly text: string
  /** Null while there is nothing to change. */
  readonly change: SyncChange | null
  readonly go?: string
  readonly size?: 'md' | 'xl'
  /** Whether it is to be said why. */
  readonly needsNote?: boolean
  readonly onClose: () => void
  readonly children?: ReactNode
}

/** Asks before something of a sync is changed and published, with a note. */
export function ChangeDialogue(props: ChangeDialogueProps) {
  const { name, opened, title, text, change, go, size = 'md', needsNote = false, onClose, children } = props
  const { t } = useTranslation()
  const [note, setNote] = useState('')
  const why = note.trim()
  const publish = useDeed(
    () => call('changeSync', { params: { name }, body: { ...change, ...(why === '' ? {} : { note: why }) } }),
    usePublishedText(),
  )
  const leave = () => {
    publish.reset()
    setNote('')
    onClose()
  }
  return (
    <Dialogue
      opened={opened}
      title={title}
      text={text}
      go={go ?? t('syncs.change')}
      size={size}
      isBusy={publish.isPending}
      isReady={change !== null && (why !== '' || !needsNote)}
      onGo={() =>
        publish.mutate(undefined, {
          onSuccess: ({ findings }) => {
            if (findings.length === 0) leave()
          },
        })
      }
      onClose={leave}
    >
      {children}
      {publish.data?.findings.map(({ message, fix = '' }) => (
        <Stack key={message} gap={4} role="alert">
          <Text size="sm" className="bad">
            {message}
          </Text>
          <Remedy fix={fix} />
        </Stack>
      ))}
      <Note value={note} onChange={setNote} />
    </Dialogue>
  )
}
