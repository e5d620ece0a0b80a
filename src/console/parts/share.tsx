import { Button, Group, NumberInput, Stack, Text, Title } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call, type Deal, type Reply } from '../api.ts'
import { Dialogue } from './confirm.tsx'
import { useDeed } from './notices.tsx'
import { Once } from './once.tsx'
import { Waiting } from './page.tsx'
import { useMay } from './session.ts'
import { Ago, Moment } from './time.tsx'
import { Trouble } from './trouble.tsx'

const daysAtFirst = 30
const daysMost = 365

/** Makes, lists and ends links by which anybody sees the order of a deal. */
export function Share({ deal: { sync, source } }: { deal: Deal }) {
  const { t } = useTranslation()
  const mayShare = useMay('operator')
  const { id } = source.ref
  const [isOpen, open] = useDisclosure()
  const [days, setDays] = useState<number | string>(daysAtFirst)
  const [link, setLink] = useState<string | null>(null)
  const make = useDeed(() => call('shareDeal', { params: { id }, body: { sync, days: Number(days) } }))
  const made = (reply: Reply<'shareDeal'>) => {
    open.close()
    setLink(new URL(reply.link, window.location.href).href)
  }
  if (!mayShare) return null
  return (
    <>
      <Button variant="default" onClick={open.open}>
        {t('share.open')}
      </Button>
      <Dialogue
        opened={isOpen}
        title={t('share.title')}
        text={t('share.text')}
        go={t('share.make')}
        isBusy={make.isPending}
        isReady={Number(days) >= 1}
        onGo={() => make.mutate(undefined, { onSuccess: made })}
        onClose={open.close}
      >
        <NumberInput
          label={t('share.days')}
          min={1}
          max={daysMost}
          allowDecimal={false}
          value={days}
          onChange={setDays}
        />
        {isOpen && <Links id={id} sync={sync} />}
      </Dialogue>
      <Once
        title={t('share.madeTitle')}
        text={t('share.madeText')}
        label={t('share.link')}
        secret={link}
        onClose={() => setLink(null)}
      />
    </>
  )
}

function Links({ id, sync }: { id: string; sync: string }) {
  const { t } = useTranslation()
  const shares = useQuery({
    queryKey: ['shares', id],
    queryFn: ({ signal }) => call('listShares', { query: { deal: id } }, signal),
  })
  const end = useDeed(
    (share: string) => call('endShare', { params: { id: share } }),
    () => t('share.ended'),
  )
  if (shares.data === undefined)
    return shares.error === null ? <Waiting rows={1} /> : <Trouble error={shares.error} again={shares.refetch} />
  const own = shares.data.shares.filter((one) => one.sync === sync)
  if (own.length === 0) return null
  return (
    <div>
      <Title order={3} size="h6">
        {t('share.links')}
      </Title>
      <ul className="plain">
        {own.map(({ id: share, createdBy, endsAt, usedAt }) => (
          <li key={share}>
            <Group justify="space-between" wrap="nowrap" py={6}>
              <Stack gap={0}>
                <Text size="sm">{t('share.by', { who: createdBy ?? t('common.somebody') })}</Text>
                <Text size="xs" c="dimmed">
                  {t('share.until')} <Moment at={endsAt} /> · {t('share.used')}{' '}
                  {usedAt === null ? t('common.never') : <Ago at={usedAt} />}
                </Text>
              </Stack>
              <Button
                size="xs"
                variant="default"
                flex="none"
                aria-label={t('share.endOne', { id: share })}
                loading={end.isPending && end.variables === share}
                onClick={() => end.mutate(share)}
              >
                {t('share.end')}
              </Button>
            </Group>
          </li>
        ))}
      </ul>
    </div>
  )
}
