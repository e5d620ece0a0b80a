import { TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call, type ProjectFile, type Reply } from '../api.ts'
import { Dialogue } from './confirm.tsx'
import { Diffs } from './diffs.tsx'
import type { Draft } from './draft.ts'
import { Overtaken } from './draft-check.tsx'
import { Findings } from './findings.tsx'
import { useDeed } from './notices.tsx'
import { projectFilesKey } from './project-files.ts'
import { client } from './query.ts'

/** What is said of a publication that was not refused. */
export function usePublishedText(): (publication: Reply<'publishProject'>) => string | null {
  const { t } = useTranslation()
  return ({ findings, revision }) =>
    findings.length > 0 || revision === null ? null : t('mappings.published', { number: revision.number })
}

interface PublishDraftProps {
  readonly opened: boolean
  readonly draft: Draft
  readonly files: readonly ProjectFile[]
  readonly onGo: () => void
  readonly onClose: () => void
}

export function PublishDraft({ opened, draft, files, onGo, onClose }: PublishDraftProps) {
  const { t } = useTranslation()
  const [note, setNote] = useState('')
  const text = note.trim()
  const publish = useDeed(
    () => call('publishProject', { body: { files: draft.changes, ...(text === '' ? {} : { note: text }) } }),
    usePublishedText(),
  )
  const leave = () => {
    publish.reset()
    onClose()
  }
  const published = async ({ findings }: Reply<'publishProject'>) => {
    if (findings.length > 0) return
    // Until they are there, the draft is what is in force.
    await client.refetchQueries({ queryKey: projectFilesKey })
    draft.discard()
    setNote('')
    leave()
  }
  return (
    <Dialogue
      opened={opened}
      size="xl"
      title={t('mappings.publishTitle')}
      text={t('mappings.publishText')}
      go={t('mappings.publish')}
      isBusy={publish.isPending}
      onGo={() => publish.mutate(undefined, { onSuccess: published })}
      onClose={leave}
    >
      <Overtaken files={draft.overtaken} />
      <Diffs
        files={Object.entries(draft.changes).map(([path, after]) => ({
          path,
          before: files.find((one) => one.path === path)?.text ?? null,
          after,
        }))}
      />
      <Findings
        findings={publish.data?.findings ?? []}
        onGo={() => {
          leave()
          onGo()
        }}
      />
      <Note value={note} onChange={setNote} />
    </Dialogue>
  )
}

export function Note({ value, onChange }: { value: string; onChange: (note: string) => void }) {
  const { t } = useTranslation()
  return (
    <TextInput
      label={t('mappings.note')}
      description={t('mappings.noteHint')}
      maxLength={500}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}
