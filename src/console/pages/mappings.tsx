import { Button, Group, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Check, ProjectFile } from '../api.ts'
import { Dialogue } from '../parts/confirm.tsx'
import { useDraft } from '../parts/draft.ts'
import { DraftCheck, useDraftCheck } from '../parts/draft-check.tsx'
import { FileList } from '../parts/file-list.tsx'
import { ButtonLink } from '../parts/links.tsx'
import { OpenFile } from '../parts/open-file.tsx'
import { Nothing, Page, Panel, Waiting } from '../parts/page.tsx'
import { isAt, placesOf, useProjectFiles } from '../parts/project-files.ts'
import { PublishDraft } from '../parts/publish-draft.tsx'
import { mayAs, useSession } from '../parts/session.ts'
import { Stale } from '../parts/stale.tsx'
import { Trouble } from '../parts/trouble.tsx'
import { TryDraft } from '../parts/try-draft.tsx'
import type { YamlMark } from '../parts/yaml-editor.tsx'

const route = getRouteApi('/mappings')

export function Mappings(): ReactNode {
  const { t } = useTranslation()
  const { data: session } = useSession()
  const files = useProjectFiles()
  const editor = session?.user != null && mayAs(session.user.role, 'mapper') ? session.user.name : null
  const above = <Stale query={files} />
  if (files.data === undefined)
    return (
      <Page title={t('mappings.title')} above={above}>
        {files.error === null ? <Waiting rows={8} /> : <Trouble error={files.error} again={files.refetch} />}
      </Page>
    )
  return <Workshop key={editor} editor={editor} files={files.data.files} above={above} />
}

interface WorkshopProps {
  /** Who edits; null for somebody who may only read. */
  readonly editor: string | null
  readonly files: readonly ProjectFile[]
  readonly above: ReactNode
}

function Workshop({ editor, files, above }: WorkshopProps) {
  const { t } = useTranslation()
  const { file, line } = route.useSearch()
  const [jumps, setJumps] = useState(0)
  const [isTrying, trying] = useDisclosure()
  const [isPublishing, publishing] = useDisclosure()
  const [isDiscarding, discarding] = useDisclosure()
  const mayEdit = editor !== null
  const draft = useDraft(editor, files)
  const checked = useDraftCheck(draft.changes)
  const places = useMemo(() => placesOf(files), [files])
  const path = file ?? places[0]?.file.path ?? ''
  const place = places.find((one) => isAt(one, path)) ?? null
  const isDrafted = Object.keys(draft.changes).length > 0
  const isReady = isDrafted && checked.isCurrent && checked.check?.findings.length === 0
  const check = isDrafted ? checked.check : null
  const marks = useMemo(() => marksOf(check, path), [check, path])
  const spot = useMemo(() => (line === undefined ? null : { line, takesFocus: jumps > 0 }), [line, jumps])
  const jump = () => setJumps(jumps + 1)
  return (
    <Page
      title={t('mappings.title')}
      above={above}
      actions={
        <Group gap="xs">
          <ButtonLink to="/mappings/versions" variant="default">
            {t('versions.title')}
          </ButtonLink>
          {mayEdit && (
            <>
              <Button variant="default" disabled={!isDrafted} onClick={discarding.open}>
                {t('mappings.discard')}
              </Button>
              <Button variant="default" disabled={!isReady} onClick={trying.open}>
                {t('mappings.try')}
              </Button>
              <Button disabled={!isReady} onClick={publishing.open}>
                {t('mappings.publish')}
              </Button>
            </>
          )}
        </Group>
      }
    >
      {!mayEdit && <Text size="sm">{t('mappings.whoMay')}</Text>}
      {files.length === 0 ? (
        <Panel>
          <Nothing title={t('mappings.none')} text={t('mappings.noneText')} />
        </Panel>
      ) : (
        <div className="workshop">
          <Panel flush>
            <FileList places={places} chosen={place} changes={draft.changes} />
          </Panel>
          <Stack gap="md" miw={0}>
            {place === null ? (
              <Panel>
                <Nothing title={t('mappings.noFile', { file: path })} text={t('mappings.noFileText')} />
              </Panel>
            ) : (
              <OpenFile
                place={place}
                path={path}
                files={files}
                changes={draft.changes}
                mayEdit={mayEdit}
                marks={marks}
                spot={spot}
                onEdit={draft.edit}
              />
            )}
            {mayEdit && <DraftCheck checked={checked} draft={draft} onGo={jump} />}
          </Stack>
        </div>
      )}
      {isTrying && isDrafted && <TryDraft changes={draft.changes} files={files} isReady={isReady} onGo={jump} />}
      <PublishDraft opened={isPublishing} draft={draft} files={files} onGo={jump} onClose={publishing.close} />
      <Dialogue
        opened={isDiscarding}
        title={t('mappings.discardTitle')}
        text={t('mappings.discardText', { files: Object.keys(draft.changes).join(', ') })}
        go={t('mappings.discard')}
        isDangerous
        onGo={() => {
          draft.discard()
          discarding.close()
        }}
        onClose={discarding.close}
      />
    </Page>
  )
}

function marksOf(check: Check | null, path: string): readonly YamlMark[] {
  const of = (severity: YamlMark['severity'], findings: Check['findings']) =>
    findings.filter(({ file }) => file === path).map((one): YamlMark => ({ ...one, severity }))
  return check === null ? [] : [...of('error', check.findings), ...of('warning', check.warnings)]
}
