import { Group } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { DealPreview } from '../parts/deal-preview.tsx'
import { TextLink } from '../parts/links.tsx'
import { Page } from '../parts/page.tsx'

const route = getRouteApi('/syncs/$name/$id')

/** What would become of a record that has no order yet. */
export function Planned(): ReactNode {
  const { t } = useTranslation()
  const { name, id } = route.useParams()
  return (
    <Page title={t('syncs.recordOf', { id, name })}>
      <Group>
        <TextLink to="/syncs/$name" params={{ name }} size="sm">
          {t('syncs.backTo', { name })}
        </TextLink>
      </Group>
      <DealPreview id={id} sync={name} />
    </Page>
  )
}
