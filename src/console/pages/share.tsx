import { Alert, Button, Group, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useLocation } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError, call, type Reply } from '../api.ts'
import { isLanguage, languages, speak } from '../i18n/i18n.ts'
import { Alone } from '../parts/alone.tsx'
import { Tracking } from '../parts/documents.tsx'
import { WarnIcon } from '../parts/icons.tsx'
import { useLocale } from '../parts/locale.ts'
import { Waiting } from '../parts/page.tsx'
import { StageRibbon } from '../parts/stages.tsx'
import { Ago, dayText, Moment } from '../parts/time.tsx'

type Shared = Reply<'sharedOrder'>
type Order = Shared['order']

const wide = 640

/** One order, for whoever has the link. The secret stays in the fragment of the address, which no browser sends to anybody. */
export function SharedOrder(): ReactNode {
  const { t } = useTranslation()
  const secret = useLocation({ select: ({ hash }) => hash })
  const found = useQuery({
    queryKey: ['shared', secret],
    queryFn: ({ signal }) => call('sharedOrder', { bearer: secret }, signal),
    refetchInterval: ({ state }) => (isOver(state.error) ? false : 60_000),
  })
  if (isOver(found.error))
    return (
      <Alone title={t('shared.over')}>
        <Text size="sm">{t('shared.overText')}</Text>
      </Alone>
    )
  if (found.data === undefined)
    return (
      <Alone title={t('shared.title')} maw={wide}>
        {found.error === null ? (
          <Waiting rows={3} />
        ) : (
          <Alert color="orange" variant="outline" title={t('shared.notNow')} role="alert">
            <Button size="xs" variant="default" onClick={() => void found.refetch()}>
              {t('common.tryAgain')}
            </Button>
          </Alert>
        )}
      </Alone>
    )
  return <Shown shared={found.data} />
}

const isOver = (error: unknown): boolean => error instanceof ApiError && error.status === 404

function Shown({ shared: { order, endsAt } }: { shared: Shared }) {
  const { t } = useTranslation()
  const locale = useLocale()
  const { customer, number, stage, seen, isLookedInto, promisedDate, readAt } = order
  return (
    <Alone title={number === null ? t('shared.title') : t('shared.order', { number })} maw={wide}>
      {customer !== null && <Text fw={600}>{customer}</Text>}
      {isLookedInto && (
        <Group gap={6} className="warn" wrap="nowrap" role="status">
          <WarnIcon />
          <Text size="sm">{t('shared.lookedInto')}</Text>
        </Group>
      )}
      {stage === null ? (
        <Text size="sm">{t('shared.noStage')}</Text>
      ) : (
        <StageRibbon stage={stage} seen={new Set(seen)} />
      )}
      {promisedDate !== null && <Text size="sm">{t('order.promised', { day: dayText(promisedDate, locale) })}</Text>}
      <Shipments shipments={order.shipments} />
      <Invoices invoices={order.invoices} />
      <Text size="xs" c="dimmed">
        {readAt !== null && (
          <>
            {t('shared.asOf')} <Ago at={readAt} /> ·{' '}
          </>
        )}
        {t('shared.until')} <Moment at={endsAt} />
      </Text>
      <Group gap="xs">
        {Object.entries(languages).map(([language, name]) => (
          <Button
            key={language}
            size="compact-xs"
            variant="subtle"
            lang={language}
            onClick={() => {
              if (isLanguage(language)) void speak(language)
            }}
          >
            {name}
          </Button>
        ))}
      </Group>
    </Alone>
  )
}

function Shipments({ shipments }: Pick<Order, 'shipments'>) {
  const { t } = useTranslation()
  const locale = useLocale()
  if (shipments.length === 0) return null
  return (
    <Part title={t('order.shipments')}>
      {shipments.map(({ number, kind, state, carrier, trackingNumber, trackingUrl, shippedDate }) => (
        <li key={number}>
          <Text size="sm" fw={600}>
            {t(`order.documentStates.${state}`)}
            {shippedDate !== null && ` · ${dayText(shippedDate, locale)}`}
            {kind === 'return' && ` · ${t('order.returned')}`}
          </Text>
          <Text size="sm">
            {carrier !== null && `${carrier} `}
            {(trackingNumber !== null || trackingUrl !== null) && (
              <Tracking number={trackingNumber} address={trackingUrl} />
            )}
          </Text>
        </li>
      ))}
    </Part>
  )
}

function Invoices({ invoices }: Pick<Order, 'invoices'>) {
  const { t } = useTranslation()
  const locale = useLocale()
  if (invoices.length === 0) return null
  return (
    <Part title={t('order.invoices')}>
      {invoices.map(({ number, kind, paid, due }) => (
        <li key={`${kind} ${number} ${due}`}>
          <Text size="sm">
            <strong>{t(`order.documentStates.${paid}`)}</strong>
            {` · ${kind === 'credit_note' ? `${t('order.creditNote')} ` : ''}${number ?? ''}`}
            {paid !== 'paid' && due !== null && ` · ${t('order.due')}: ${dayText(due, locale)}`}
          </Text>
        </li>
      ))}
    </Part>
  )
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div>
      <Title order={2} size="h6">
        {title}
      </Title>
      <Stack component="ul" className="plain" gap="xs">
        {children}
      </Stack>
    </div>
  )
}
