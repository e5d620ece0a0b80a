import { Button, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { call, type Exceptions, type StoredCertificate } from '../api.ts'
import { CheckIcon, WarnIcon } from './icons.tsx'
import { TextLink } from './links.tsx'
import { useLocale } from './locale.ts'
import { useDeed } from './notices.tsx'
import { Panel } from './page.tsx'
import { useMay } from './session.ts'
import { Moment } from './time.tsx'
import { Trouble } from './trouble.tsx'
import { untilDone } from './until-done.ts'

/** Won deals against orders: now, and as the last nights found them. */
export function Comparison({ name }: { name: string }) {
  const { t } = useTranslation()
  const certificates = useQuery({
    queryKey: ['certificates', name],
    queryFn: ({ signal }) => call('listCertificates', { query: { sync: name, max: 14 } }, signal),
  })
  return (
    <Panel title={t('home.certificates')}>
      <Stack gap="md">
        {useMay('operator') && <CompareNow name={name} />}
        {certificates.data === undefined ? (
          certificates.error !== null && <Trouble error={certificates.error} again={certificates.refetch} />
        ) : certificates.data.certificates.length === 0 ? (
          <Text size="sm">{t('home.noCertificates')}</Text>
        ) : (
          certificates.data.certificates.map((one) => <Certified key={one.id} certificate={one} />)
        )}
      </Stack>
    </Panel>
  )
}

function CompareNow({ name }: { name: string }) {
  const { t } = useTranslation()
  const compare = useDeed(
    (mend: boolean) => untilDone(() => call('reconcileSync', { params: { name }, body: { mend } })),
    ({ comparison }, mend) => (mend ? t('comparison.mended', { count: comparison?.mended ?? 0 }) : null),
  )
  const found = compare.data?.comparison ?? null
  const isWrong = found !== null && found.missing.count + found.extra.count > 0
  return (
    <Stack gap="sm">
      <Group gap="sm">
        <Button
          variant="default"
          loading={compare.isPending && !compare.variables}
          disabled={compare.isPending}
          onClick={() => compare.mutate(false)}
        >
          {t('comparison.go')}
        </Button>
        {isWrong && (
          <Button loading={compare.isPending && compare.variables} onClick={() => compare.mutate(true)}>
            {t('comparison.mend')}
          </Button>
        )}
      </Group>
      {compare.isPending && <Text size="sm">{t('comparison.busy')}</Text>}
      {found !== null && (
        <div role="status">
          <Outcome sync={name} found={found} />
        </div>
      )}
    </Stack>
  )
}

interface Found {
  readonly won: number
  readonly orders: number
  readonly missing: Exceptions
  readonly extra: Exceptions
  readonly waiting?: Exceptions
}

function Outcome({ sync, found, isGenuine = true }: { sync: string; found: Found; isGenuine?: boolean }) {
  const { t } = useTranslation()
  const locale = useLocale()
  const { won, orders, missing, extra, waiting } = found
  const isGood = isGenuine && missing.count + extra.count === 0
  const numbers = { won: won.toLocaleString(locale), orders: orders.toLocaleString(locale) }
  return (
    <>
      <Group gap="xs" wrap="nowrap" className={isGood ? 'good' : 'bad'}>
        {isGood ? <CheckIcon /> : <WarnIcon />}
        <Text fw={600} size="sm">
          {won === orders && isGood ? t('home.agrees', numbers) : t('home.differs', numbers)}
        </Text>
      </Group>
      {!isGenuine && <Text size="sm">{t('home.forged')}</Text>}
      <Named sync={sync} text={t('home.missing', { count: missing.count })} exceptions={missing} />
      <Named sync={sync} text={t('home.extra', { count: extra.count })} exceptions={extra} hasOrder />
      {waiting !== undefined && (
        <Named sync={sync} text={t('home.waiting', { count: waiting.count })} exceptions={waiting} hasOrder />
      )}
    </>
  )
}

interface NamedProps {
  readonly sync: string
  readonly text: string
  readonly exceptions: Exceptions
  /** Whether the deal has a page of its own. */
  readonly hasOrder?: boolean
}

function Named({ sync, text, exceptions: { count, named }, hasOrder = false }: NamedProps) {
  const { t } = useTranslation()
  const locale = useLocale()
  if (count === 0) return null
  return (
    <Text size="sm">
      {text}:{' '}
      {named.map(({ id, label }, nth) => (
        <span key={id}>
          {nth > 0 && ', '}
          {hasOrder ? (
            <TextLink to="/orders/$id" params={{ id }} search={{}} size="sm">
              {label ?? `${t('order.deal')} ${id}`}
            </TextLink>
          ) : (
            <TextLink to="/syncs/$name/$id" params={{ name: sync, id }} size="sm">
              {label ?? `${t('order.deal')} ${id}`}
            </TextLink>
          )}
        </span>
      ))}
      {count > named.length && ` ${t('comparison.more', { more: (count - named.length).toLocaleString(locale) })}`}
    </Text>
  )
}

function Certified({ certificate }: { certificate: StoredCertificate }) {
  const { t } = useTranslation()
  const { sync, at, since, genuine, erased } = certificate
  return (
    <div>
      <Outcome sync={sync} found={certificate} isGenuine={genuine} />
      <Text size="sm" c="dimmed">
        <Moment at={at} /> · {t('syncs.since')} <Moment at={since} />
        {erased > 0 && ` · ${t('comparison.erased', { count: erased })}`}
      </Text>
    </div>
  )
}
