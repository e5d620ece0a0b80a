import { Box, Button, Group, Table, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Role } from '../../api/contract.ts'
import { call, type Person, type Reply } from '../api.ts'
import { Dialogue } from './confirm.tsx'
import { useDeed } from './notices.tsx'
import { Once } from './once.tsx'
import { Panel, Waiting } from './page.tsx'
import { RoleSelect } from './role-select.tsx'
import { useSession } from './session.ts'
import { Ago, useAgo } from './time.tsx'
import { Trouble } from './trouble.tsx'
import { Wide } from './wide.tsx'

type OneTimeLink = Reply<'linkAccount'>

export function People() {
  const { t } = useTranslation()
  const say = useAgo()
  const [link, setLink] = useState<OneTimeLink | null>(null)
  const [isAdding, adding] = useDisclosure()
  const people = useQuery({ queryKey: ['accounts'], queryFn: ({ signal }) => call('listAccounts', {}, signal) })
  return (
    <Panel
      title={t('users.people')}
      flush
      aside={
        <Button size="xs" onClick={adding.open}>
          {t('users.addPerson')}
        </Button>
      }
    >
      {people.data === undefined ? (
        people.error === null ? (
          <Box p="md" pt={0}>
            <Waiting rows={3} />
          </Box>
        ) : (
          <Box p="md" pt={0}>
            <Trouble error={people.error} again={people.refetch} />
          </Box>
        )
      ) : (
        <Wide least={760} label={t('users.people')} horizontalSpacing="md" verticalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('users.name')}</Table.Th>
              <Table.Th>{t('users.role')}</Table.Th>
              <Table.Th>{t('users.state')}</Table.Th>
              <Table.Th>{t('users.seen')}</Table.Th>
              <Table.Th>{t('users.actions')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {people.data.accounts.map((person) => (
              <Row key={person.name} person={person} onLink={setLink} />
            ))}
          </Table.Tbody>
        </Wide>
      )}
      <AddPerson opened={isAdding} onLink={setLink} onClose={adding.close} />
      <Once
        title={t('users.linkTitle', { name: link?.user.display ?? '' })}
        text={link === null ? '' : t('users.linkText', { name: link.user.display, ago: say(link.endsAt) })}
        label={t('users.link')}
        // The reply may tell only the path below this server.
        secret={link === null ? null : new URL(link.link, window.location.origin).href}
        onClose={() => setLink(null)}
      />
    </Panel>
  )
}

interface RowProps {
  readonly person: Person
  readonly onLink: (link: OneTimeLink) => void
}

function Row({ person, onLink }: RowProps) {
  const { name, display, role, seenAt, isReady, isSingleSignOn, isDisabled } = person
  const { t } = useTranslation()
  const { data } = useSession()
  const [isAsking, asking] = useDisclosure()
  const isMe = data?.user?.name === name
  const params = { account: name }
  const renew = useDeed(() => call('linkAccount', { params }))
  const change = useDeed(
    (body: { role?: Role; isDisabled?: boolean }) => call('changeAccount', { params, body }),
    () => t('users.changed', { name: display }),
  )
  return (
    <Table.Tr>
      <Table.Td>
        <Text size="sm" fw={600}>
          {display}
          {isMe && ` (${t('users.you')})`}
        </Text>
        <Text size="sm" c="dimmed">
          {name}
        </Text>
        {isSingleSignOn && (
          <Text size="sm" c="dimmed">
            {t('users.singleSignOn')}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <RoleSelect
          size="xs"
          aria-label={t('users.roleOf', { name: display })}
          // The groups at the provider say it.
          disabled={change.isPending || isSingleSignOn}
          value={role}
          onChange={(chosen) => chosen !== role && change.mutate({ role: chosen })}
        />
      </Table.Td>
      <Table.Td className={isDisabled ? 'bad' : undefined}>
        {t(isDisabled ? 'users.disabled' : isReady ? 'users.active' : 'users.invited')}
      </Table.Td>
      <Table.Td className="nowrap">{seenAt === null ? t('common.never') : <Ago at={seenAt} />}</Table.Td>
      <Table.Td>
        <Group gap="xs" wrap="nowrap">
          {!isSingleSignOn && (
            <Button
              size="xs"
              variant="default"
              aria-label={t('users.newLinkFor', { name: display })}
              loading={renew.isPending}
              onClick={() => renew.mutate(undefined, { onSuccess: onLink })}
            >
              {t('users.newLink')}
            </Button>
          )}
          <Button
            size="xs"
            variant="default"
            aria-label={t(isDisabled ? 'users.enableWho' : 'users.disableWho', { name: display })}
            loading={change.isPending}
            onClick={() => (isDisabled ? change.mutate({ isDisabled: false }) : asking.open())}
          >
            {t(isDisabled ? 'users.enable' : 'users.disable')}
          </Button>
        </Group>
        <Dialogue
          opened={isAsking}
          title={t('users.disableTitle', { name: display })}
          text={t('users.disableText')}
          go={t('users.disable')}
          isDangerous
          isBusy={change.isPending}
          onGo={() => change.mutate({ isDisabled: true }, { onSettled: asking.close })}
          onClose={asking.close}
        />
      </Table.Td>
    </Table.Tr>
  )
}

interface AddPersonProps {
  readonly opened: boolean
  readonly onLink: (link: OneTimeLink) => void
  readonly onClose: () => void
}

function AddPerson({ opened, onLink, onClose }: AddPersonProps) {
  const { t } = useTranslation()
  const [name, setName] = useState('')
  const [display, setDisplay] = useState('')
  const [role, setRole] = useState<Role>('viewer')
  const add = useDeed(() => call('addAccount', { body: { name: name.trim(), display: display.trim(), role } }))
  const leave = () => {
    setName('')
    setDisplay('')
    setRole('viewer')
    onClose()
  }
  const added = (link: OneTimeLink) => {
    leave()
    onLink(link)
  }
  return (
    <Dialogue
      opened={opened}
      title={t('users.addPerson')}
      go={t('users.addPerson')}
      isBusy={add.isPending}
      isReady={name.trim() !== '' && display.trim() !== ''}
      onGo={() => add.mutate(undefined, { onSuccess: added })}
      onClose={leave}
    >
      <TextInput
        label={t('users.name')}
        description={t('users.nameHint')}
        required
        withAsterisk={false}
        maxLength={100}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label={t('users.display')}
        description={t('users.displayHint')}
        required
        withAsterisk={false}
        maxLength={100}
        autoComplete="off"
        value={display}
        onChange={(event) => setDisplay(event.currentTarget.value)}
      />
      <RoleSelect label={t('users.role')} value={role} onChange={setRole} />
    </Dialogue>
  )
}
