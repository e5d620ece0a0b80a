import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { kept } from '../parts/live.ts'
import { Nothing, Page, Panel, Waiting } from '../parts/page.tsx'
import { Stale } from '../parts/stale.tsx'
import { useSyncList } from '../parts/sync-names.ts'
import { Syncs } from '../parts/syncs.tsx'
import { Trouble } from '../parts/trouble.tsx'

export function AllSyncs(): ReactNode {
  const { t } = useTranslation()
  const syncs = useSyncList(kept)
  return (
    <Page title={t('nav.syncs')} above={<Stale query={syncs} />}>
      {syncs.data === undefined ? (
        syncs.error === null ? (
          <Waiting />
        ) : (
          <Trouble error={syncs.error} again={syncs.refetch} />
        )
      ) : syncs.data.syncs.length === 0 ? (
        <Panel>
          <Nothing title={t('home.emptyTitle')} text={t('home.emptyText')} />
        </Panel>
      ) : (
        <Syncs syncs={syncs.data.syncs} />
      )}
    </Page>
  )
}
