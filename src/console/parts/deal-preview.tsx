import { Button, Group, Loader, SimpleGrid, Stack, Table, Text, Title, VisuallyHidden } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { call, type Preview, type PreviewField } from '../api.ts'
import { WarnIcon } from './icons.tsx'
import { useLocale } from './locale.ts'
import { moneyText } from './money.ts'
import { Panel } from './page.tsx'
import { Remedy } from './problem-row.tsx'
import { Trouble } from './trouble.tsx'
import { Mark, NamedValue, useActionText, valueText } from './values.tsx'
import { Wide } from './wide.tsx'

export function DealPreview({ id, sync }: { id: string; sync: string }) {
  const { t } = useTranslation()
  // It costs calls of both systems, so it is not asked again by itself.
  const preview = useQuery({
    queryKey: ['preview', id, sync],
    queryFn: ({ signal }) => call('previewDeal', { params: { id }, body: { sync } }, signal),
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    retry: false,
  })
  return (
    <Panel
      title={t('order.preview')}
      aside={
        <Button size="xs" variant="default" loading={preview.isFetching} onClick={() => void preview.refetch()}>
          {t('order.previewAgain')}
        </Button>
      }
    >
      <Text size="sm" c="dimmed" mb="sm">
        {t('order.previewText')}
      </Text>
      {preview.error !== null && !preview.isFetching ? (
        <Trouble error={preview.error} again={preview.refetch} />
      ) : preview.data === undefined ? (
        <Group gap="sm" role="status">
          <Loader size="sm" />
          <Text size="sm">{t('order.previewLoading')}</Text>
        </Group>
      ) : (
        <Shown preview={preview.data} />
      )}
    </Panel>
  )
}

function Shown({ preview }: { preview: Preview }) {
  const { t } = useTranslation()
  const { action, fields, customer, totals, failures } = preview
  const actionText = useActionText()
  return (
    <Stack gap="md">
      <Text>
        {t('order.action')} <strong>{actionText(action)}</strong>
      </Text>
      {failures.map((failure) => (
        <Stack key={failure.message} gap={4}>
          <Group gap={6} className="bad" wrap="nowrap">
            <WarnIcon />
            <Text size="sm" fw={600}>
              {failure.message}
            </Text>
          </Group>
          <Remedy fix={failure.fix} />
        </Stack>
      ))}
      {totals !== null && <Totals totals={totals} />}
      <Fields title={t('order.fields')} fields={fields} />
      <Lines preview={preview} />
      {customer !== null && <Customer customer={customer} />}
    </Stack>
  )
}

type Totals = NonNullable<Preview['totals']>

function Totals({ totals: { source, target } }: { totals: Totals }) {
  const { t } = useTranslation()
  const locale = useLocale()
  const text = (amount: string | null | undefined, currency: string | null | undefined) =>
    amount == null ? t('common.none') : currency == null ? amount : moneyText({ amount, currency }, locale)
  return (
    <Wide least={320} label={t('order.totals')} maw={640}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t('order.totals')}</Table.Th>
          <Table.Th ta="right">{t('order.deal')}</Table.Th>
          <Table.Th ta="right">{t('order.order')}</Table.Th>
          <Table.Th>
            <VisuallyHidden>{t('order.mark')}</VisuallyHidden>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {(['net', 'tax', 'total'] as const).map((one) => {
          const left = text(source[one], source.currency)
          const right = text(target?.[one], target?.currency)
          const isOther = target !== null && source[one] !== null && target[one] !== null && left !== right
          return (
            <Table.Tr key={one} className={isOther ? 'changed' : undefined}>
              <Table.Th scope="row">{t(`order.${one}`)}</Table.Th>
              <Table.Td ta="right">{left}</Table.Td>
              <Table.Td ta="right">{right}</Table.Td>
              <Table.Td>{isOther && <Mark text={t('order.differ')} />}</Table.Td>
            </Table.Tr>
          )
        })}
      </Table.Tbody>
    </Wide>
  )
}

function Fields({ title, fields }: { title: string; fields: readonly PreviewField[] }) {
  const { t } = useTranslation()
  if (fields.length === 0) return <Text size="sm">{t('order.noFields')}</Text>
  return (
    <Wide least={560} label={title} verticalSpacing={6}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t('order.fromDeal')}</Table.Th>
          <Table.Th>{t('order.rule')}</Table.Th>
          <Table.Th>{t('order.inOrder')}</Table.Th>
          <Table.Th>{t('order.value')}</Table.Th>
          <Table.Th>
            <VisuallyHidden>{t('order.mark')}</VisuallyHidden>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {fields.map(({ field, rule, source, value, name, changed, note }) => (
          <Table.Tr key={field} className={changed === true ? 'changed' : undefined}>
            <Table.Td>{source === '' ? t('order.constant') : source}</Table.Td>
            <Table.Td>{rule}</Table.Td>
            <Table.Td fw={600}>{field}</Table.Td>
            <Table.Td>
              <NamedValue value={value} name={name} />
              {note !== null && (
                <Text size="xs" c="dimmed">
                  {note}
                </Text>
              )}
            </Table.Td>
            <Table.Td>{changed === true && <Mark text={t('order.changed')} />}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Wide>
  )
}

type Line = Preview['lines'][number]

function Lines({ preview: { lines, gone, differences } }: { preview: Preview }) {
  const { t } = useTranslation()
  const held = [...lines.flatMap(({ fields }) => Object.keys(fields)), ...gone.flatMap(({ now }) => Object.keys(now))]
  const columns = [...new Set(held)]
  // Where none was read there is nothing to set them beside.
  const isRead = gone.length > 0 || lines.some(({ now }) => now !== null)
  if (lines.length + gone.length === 0) return null
  return (
    <div>
      <Title order={3} size="h6">
        {t('order.lines')}
      </Title>
      {differences.length > 0 && (
        <Text size="sm" className="bad">
          {t('order.byHand')} {differences.map(({ text }) => text).join('; ')}
        </Text>
      )}
      <Wide least={480} label={t('order.lines')} verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('order.line')}</Table.Th>
            {columns.map((column) => (
              <Table.Th key={column}>{column}</Table.Th>
            ))}
            <Table.Th>
              <VisuallyHidden>{t('order.mark')}</VisuallyHidden>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {lines.map((line) => (
            <Table.Tr key={line.key}>
              <Table.Td>{line.key}</Table.Td>
              {columns.map((column) => (
                <Value key={column} line={line} column={column} />
              ))}
              <Table.Td>
                {isRead && line.now === null ? (
                  <Mark text={t('order.notInOrder')} />
                ) : (
                  line.changed !== null &&
                  line.changed.length > 0 && <Mark text={`${t('order.changed')}: ${line.changed.join(', ')}`} />
                )}
              </Table.Td>
            </Table.Tr>
          ))}
          {gone.map(({ key, now }) => (
            <Table.Tr key={key} className="changed">
              <Table.Td>{key}</Table.Td>
              {columns.map((column) => (
                <Table.Td key={column}>{valueText(now[column], t('common.none'))}</Table.Td>
              ))}
              <Table.Td>
                <Mark text={t('order.onlyInOrder')} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Wide>
    </div>
  )
}

/** What the deal says, and below it what the order holds where that is something else. */
function Value({ line: { fields, names, changed, now }, column }: { line: Line; column: string }) {
  const { t } = useTranslation()
  const none = t('common.none')
  const held = now === null || !Object.hasOwn(now, column) ? null : valueText(now[column], none)
  const isOther = held !== null && held !== valueText(fields[column], none)
  return (
    <Table.Td className={isOther || changed?.includes(column) === true ? 'changed' : undefined}>
      {names[column] ?? valueText(fields[column], none)}
      {isOther && (
        <Text size="xs" className="bad">
          {t('order.nowInOrder', { value: held })}
        </Text>
      )}
    </Table.Td>
  )
}

function Customer({ customer: { id, label, by, fields } }: { customer: NonNullable<Preview['customer']> }) {
  const { t } = useTranslation()
  return (
    <SimpleGrid cols={1} spacing={4}>
      <Title order={3} size="h6">
        {t('order.customer')}
      </Title>
      <Text size="sm">
        {label ?? id ?? ''}{' '}
        <Text span size="sm" c="dimmed">
          {id === null
            ? t('order.customerNew')
            : by === null
              ? t('order.customerLinked')
              : t('order.customerBy', { by })}
        </Text>
      </Text>
      {fields.length > 0 && <Fields title={t('order.customer')} fields={fields} />}
    </SimpleGrid>
  )
}
