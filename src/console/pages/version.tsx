import { Button, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError, call, type Reply, type Revision } from '../api.ts'
import { Dialogue } from '../parts/confirm.tsx'
import { Diffs } from '../parts/diffs.tsx'
import { Findings } from '../parts/findings.tsx'
import { TextLink } from '../parts/links.tsx'
import { useDeed } from '../parts/notices.tsx'
import { Nothing, Page, Panel, Waiting } from '../parts/page.tsx'
import { Note, usePublishedText } from '../parts/publish-draft.tsx'
import { useRevisions } from '../parts/revisions.ts'
import { useMay } from '../parts/session.ts'
import { Moment } from '../parts/time.tsx'
import { Trouble } from '../parts/trouble.tsx'

const route = getRouteApi('/mappings/versions/$number')

export function OneVersion(): ReactNode {
  const { t } = useTranslation()
  const { number } = route.useParams()
  const mayPublish = useMay('mapper')
  const revisions = useRevisions()
  const one = useQuery({
    queryKey: ['revision', number],
    queryFn: ({ signal }) => call('getRevision', { params: { number } }, signal),
    // What was published does not change any more.
    staleTime: Number.POSITIVE_INFINITY,
  })
  const all = revisions.data?.revisions ?? []
  const listed = all.find((row) => String(row.number) === number) ?? null
  const shown = one.data?.revision ?? listed
  return (
    <Page
      title={t('versions.one', { number })}
      above={
        <TextLink to="/mappings/versions" size="sm">
          ← {t('versions.back')}
        </TextLink>
      }
      actions={mayPublish && listed !== null && <Revert key={number} revision={listed} isNewest={listed === all[0]} />}
    >
      {shown !== null && (
        <Text size="sm" c="dimmed">
          <Moment at={shown.at} /> · {shown.actor ?? t('common.crosswalk')}
          {shown.note !== null && ` · ${shown.note}`}
        </Text>
      )}
      {one.data !== undefined ? (
        <Panel title={t('versions.changes')}>
          <Diffs files={one.data.files} />
        </Panel>
      ) : one.error instanceof ApiError && one.error.status === 404 ? (
        <Panel>
          {revisions.isSuccess && listed === null ? (
            <Nothing title={t('versions.missing')} text={t('versions.missingText')} />
          ) : (
            <Nothing title={t('versions.notKept')} text={t('versions.notKeptText')} />
          )}
        </Panel>
      ) : one.error === null ? (
        <Waiting />
      ) : (
        <Trouble error={one.error} again={one.refetch} />
      )}
    </Page>
  )
}

function Revert({ revision: { number, kept }, isNewest }: { revision: Revision; isNewest: boolean }) {
  const { t } = useTranslation()
  const navigate = route.useNavigate()
  const [isAsking, asking] = useDisclosure()
  const [note, setNote] = useState('')
  const text = note.trim()
  const revert = useDeed(
    () => call('revertTo', { params: { number }, body: text === '' ? {} : { note: text } }),
    usePublishedText(),
  )
  const leave = () => {
    revert.reset()
    asking.close()
  }
  const reverted = ({ findings, revision }: Reply<'revertTo'>) => {
    if (findings.length > 0) return
    leave()
    if (revision !== null)
      void navigate({ to: '/mappings/versions/$number', params: { number: String(revision.number) } })
  }
  const why = isNewest ? t('versions.isNewest') : kept ? null : t('versions.notKept')
  return (
    <Stack gap={2} align="flex-end">
      <Button variant="default" disabled={why !== null} onClick={asking.open}>
        {t('versions.revert')}
      </Button>
      {why !== null && (
        <Text size="xs" c="dimmed">
          {why}
        </Text>
      )}
      <Dialogue
        opened={isAsking}
        title={t('versions.revertTitle', { number })}
        text={t('versions.revertText')}
        go={t('versions.revert')}
        isDangerous
        isBusy={revert.isPending}
        onGo={() => revert.mutate(undefined, { onSuccess: reverted })}
        onClose={leave}
      >
        <Note value={note} onChange={setNote} />
        <Findings findings={revert.data?.findings ?? []} />
      </Dialogue>
    </Stack>
  )
}
