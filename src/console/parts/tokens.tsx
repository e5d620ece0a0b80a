import { Box, Button, NumberInput, Table, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Role } from '../../api/contract.ts'
import { call, type Reply, type Token } from '../api.ts'
import { Dialogue } from './confirm.tsx'
import { useDeed } from './notices.tsx'
import { Once } from './once.tsx'
import { Nothing, Panel, Waiting } from './page.tsx'
import { RoleSelect } from './role-select.tsx'
import { Ago } from './time.tsx'
import { Trouble } from './trouble.tsx'
import { Wide } from './wide.tsx'

type NewToken = Reply<'addToken'>

export function Tokens() {
  const { t } = useTranslation()
  const [added, setAdded] = useState<NewToken | null>(null)
  const [isAdding, adding] = useDisclosure()
  const tokens = useQuery({ queryKey: ['tokens'], queryFn: ({ signal }) => call('listTokens', {}, signal) })
  return (
    <Panel
      title={t('users.tokens')}
      flush
      aside={
        <Button size="xs" onClick={adding.open}>
          {t('users.addToken')}
        </Button>
      }
    >
      {tokens.data === undefined ? (
        tokens.error === null ? (
          <Box p="md" pt={0}>
            <Waiting rows={2} />
          </Box>
        ) : (
          <Box p="md" pt={0}>
            <Trouble error={tokens.error} again={tokens.refetch} />
          </Box>
        )
      ) : tokens.data.tokens.length === 0 ? (
        <Nothing title={t('users.noTokens')} text={t('users.noTokensText')} />
      ) : (
        <Wide least={760} label={t('users.tokens')} horizontalSpacing="md" verticalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('users.tokenName')}</Table.Th>
              <Table.Th>{t('users.role')}</Table.Th>
              <Table.Th>{t('users.createdBy')}</Table.Th>
              <Table.Th>{t('users.used')}</Table.Th>
              <Table.Th>{t('users.ends')}</Table.Th>
              <Table.Th>{t('users.actions')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {tokens.data.tokens.map((token) => (
              <Row key={token.id} token={token} />
            ))}
          </Table.Tbody>
        </Wide>
      )}
      <AddToken opened={isAdding} onAdded={setAdded} onClose={adding.close} />
      <Once
        title={t('users.tokenTitle', { name: added?.token.name ?? '' })}
        text={t('users.tokenText')}
        label={t('users.secret')}
        secret={added?.secret ?? null}
        onClose={() => setAdded(null)}
      />
    </Panel>
  )
}

function Row({ token: { id, name, role, createdBy, usedAt, endsAt } }: { token: Token }) {
  const { t } = useTranslation()
  const [isAsking, asking] = useDisclosure()
  const end = useDeed(
    () => call('endToken', { params: { id } }),
    () => t('users.ended', { name }),
  )
  return (
    <Table.Tr>
      <Table.Td fw={600}>{name}</Table.Td>
      <Table.Td>{t(`roles.${role}`)}</Table.Td>
      <Table.Td>{createdBy}</Table.Td>
      <Table.Td className="nowrap">{usedAt === null ? t('common.never') : <Ago at={usedAt} />}</Table.Td>
      <Table.Td className="nowrap">
        <Ago at={endsAt} />
      </Table.Td>
      <Table.Td>
        <Button size="xs" variant="default" aria-label={t('users.endWho', { name })} onClick={asking.open}>
          {t('users.end')}
        </Button>
        <Dialogue
          opened={isAsking}
          title={t('users.endTitle', { name })}
          text={t('users.endText')}
          go={t('users.end')}
          isDangerous
          isBusy={end.isPending}
          onGo={() => end.mutate(undefined, { onSettled: asking.close })}
          onClose={asking.close}
        />
      </Table.Td>
    </Table.Tr>
  )
}

interface AddTokenProps {
  readonly opened: boolean
  readonly onAdded: (token: NewToken) => void
  readonly onClose: () => void
}

function AddToken({ opened, onAdded, onClose }: AddTokenProps) {
  const { t } = useTranslation()
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('viewer')
  const [days, setDays] = useState<number | string>(365)
  const add = useDeed(() => call('addToken', { body: { name: name.trim(), role, days: Number(days) } }))
  const leave = () => {
    setName('')
    setRole('viewer')
    setDays(365)
    onClose()
  }
  const added = (token: NewToken) => {
    leave()
    onAdded(token)
  }
  return (
    <Dialogue
      opened={opened}
      title={t('users.addToken')}
      go={t('users.addToken')}
      isBusy={add.isPending}
      isReady={name.trim() !== '' && Number(days) >= 1}
      onGo={() => add.mutate(undefined, { onSuccess: added })}
      onClose={leave}
    >
      <TextInput
        label={t('users.tokenName')}
        description={t('users.tokenNameHint')}
        required
        withAsterisk={false}
        maxLength={100}
        autoComplete="off"
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <RoleSelect label={t('users.role')} value={role} onChange={setRole} />
      <NumberInput label={t('users.days')} min={1} max={3650} allowDecimal={false} value={days} onChange={setDays} />
    </Dialogue>
  )
}
