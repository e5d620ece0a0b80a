import { Accordion, Badge, Code, Group, Stack, Table, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call, type Operation } from '../api.ts'
import { SearchIcon } from '../parts/icons.tsx'
import { Nothing, Page, Panel, Waiting } from '../parts/page.tsx'
import { Trouble } from '../parts/trouble.tsx'
import { Wide } from '../parts/wide.tsx'

/** All that other programs can ask for, made of the contract that the server itself goes by. */
export function ApiReference(): ReactNode {
  const { t } = useTranslation()
  const [text, setText] = useState('')
  const reference = useQuery({
    queryKey: ['operations'],
    queryFn: ({ signal }) => call('listOperations', {}, signal),
    staleTime: Number.POSITIVE_INFINITY,
  })
  const words = text.trim().toLowerCase()
  const found = reference.data?.operations.filter(({ name, path, summary }) =>
    [name, path, summary].some((one) => one.toLowerCase().includes(words)),
  )
  return (
    <Page title={t('apiReference.title')}>
      <Text size="sm">{t('apiReference.text')}</Text>
      <TextInput
        label={t('common.search')}
        leftSection={<SearchIcon />}
        maw={420}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {found === undefined ? (
        reference.error === null ? (
          <Waiting rows={8} />
        ) : (
          <Trouble error={reference.error} again={reference.refetch} />
        )
      ) : found.length === 0 ? (
        <Panel>
          <Nothing title={t('apiReference.none')} text={t('apiReference.noneText')} />
        </Panel>
      ) : (
        <Panel flush>
          <Accordion multiple chevronPosition="left" order={2}>
            {found.map((one) => (
              <Accordion.Item key={one.name} value={one.name}>
                <Accordion.Control>
                  <Head operation={one} />
                </Accordion.Control>
                <Accordion.Panel>
                  <Shapes operation={one} />
                </Accordion.Panel>
              </Accordion.Item>
            ))}
          </Accordion>
        </Panel>
      )}
    </Page>
  )
}

function Head({ operation: { method, path, summary, role } }: { operation: Operation }) {
  const { t } = useTranslation()
  return (
    <Stack gap={2} component="span">
      <Group gap="xs" component="span">
        <Badge
          component="span"
          variant="outline"
          color={method === 'get' ? 'blue' : 'teal'}
          c="var(--mantine-color-text)"
        >
          {method}
        </Badge>
        <Text span ff="monospace" size="sm">
          {path}
        </Text>
        <Text span size="sm" c="dimmed">
          {role === 'anyone' ? t('apiReference.anyone') : t(`roles.${role}`)}
        </Text>
      </Group>
      <Text span size="sm" lang="en">
        {summary}
      </Text>
    </Stack>
  )
}

function Shapes({ operation: { name, parameters, body, replies } }: { operation: Operation }) {
  const { t } = useTranslation()
  return (
    <Stack gap="sm">
      {parameters.length > 0 && (
        <Wide least={560} label={t('apiReference.parametersOf', { name })}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('apiReference.parameter')}</Table.Th>
              <Table.Th>{t('apiReference.in')}</Table.Th>
              <Table.Th>{t('apiReference.about')}</Table.Th>
              <Table.Th>{t('apiReference.schema')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {parameters.map((one) => (
              <Table.Tr key={`${one.in} ${one.name}`}>
                <Table.Td>
                  <Code>{one.name}</Code>
                  {one.required && ` ${t('apiReference.required')}`}
                </Table.Td>
                <Table.Td>{t(`apiReference.places.${one.in}`)}</Table.Td>
                <Table.Td lang="en">{one.description}</Table.Td>
                <Table.Td>
                  <Code block>{one.schema}</Code>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Wide>
      )}
      {body !== null && <Shape title={t('apiReference.body')} schema={body} />}
      {replies.map(({ type, schema }) => (
        <Shape key={type} title={t('apiReference.reply', { type })} schema={schema} />
      ))}
    </Stack>
  )
}

function Shape({ title, schema }: { title: string; schema: string }) {
  return (
    <div>
      <Text size="sm" fw={600} mb={4}>
        {title}
      </Text>
      <Code block lang="en" tabIndex={0} role="region" aria-label={title} style={{ maxHeight: 320, overflow: 'auto' }}>
        {schema}
      </Code>
    </div>
  )
}
