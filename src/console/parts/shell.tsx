import { AppShell, Burger, Button, Group, Menu, Text, useMantineColorScheme } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useLocation } from '@tanstack/react-router'
import { type ReactNode, useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import type { User } from '../../api/contract.ts'
import { call } from '../api.ts'
import { isLanguage, languages, speak } from '../i18n/i18n.ts'
import {
  ActivityIcon,
  AlertIcon,
  AuditIcon,
  ConnectionsIcon,
  DownIcon,
  HomeIcon,
  MappingsIcon,
  OrdersIcon,
  SyncIcon,
  UsersIcon,
  WarnIcon,
} from './icons.tsx'
import { MenuLink, NavItem } from './links.tsx'
import { useLive } from './live.ts'
import { useDeed } from './notices.tsx'
import { ChangePassword } from './password.tsx'
import { end, mayAs } from './session.ts'

export function Shell({ user, children }: { user: User; children: ReactNode }) {
  const { t } = useTranslation()
  useLive()
  const [isOpen, { toggle, close }] = useDisclosure()
  const path = useLocation({ select: ({ pathname }) => pathname })
  // biome-ignore lint/correctness/useExhaustiveDependencies: a page that was reached by the menu closes it
  useEffect(close, [path, close])
  return (
    <>
      <a className="skip" href="#content">
        {t('shell.skip')}
      </a>
      <AppShell
        header={{ height: 52 }}
        navbar={{ width: 196, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
        padding={{ base: 'sm', sm: 'lg' }}
      >
        <AppShell.Header>
          <Group h="100%" px="md" justify="space-between" wrap="nowrap">
            <Group gap="xs" wrap="nowrap">
              <Burger
                opened={isOpen}
                onClick={toggle}
                hiddenFrom="sm"
                size="sm"
                aria-label={t('shell.menu')}
                aria-expanded={isOpen}
              />
              <Text fw={700} size="lg">
                {t('common.crosswalk')}
              </Text>
            </Group>
            <Profile user={user} />
          </Group>
        </AppShell.Header>
        <AppShell.Navbar p="xs" aria-label={t('shell.navigation')}>
          <NavItem
            to="/"
            label={t('nav.home')}
            leftSection={<HomeIcon />}
            activeOptions={{ exact: true }}
            activeProps={{ active: true }}
          />
          <NavItem to="/problems" label={t('nav.problems')} leftSection={<WarnIcon />} activeProps={{ active: true }} />
          <NavItem to="/orders" label={t('nav.orders')} leftSection={<OrdersIcon />} activeProps={{ active: true }} />
          <NavItem to="/syncs" label={t('nav.syncs')} leftSection={<SyncIcon />} activeProps={{ active: true }} />
          <NavItem
            to="/activity"
            label={t('nav.activity')}
            leftSection={<ActivityIcon />}
            activeProps={{ active: true }}
          />
          <NavItem
            to="/mappings"
            label={t('nav.mappings')}
            leftSection={<MappingsIcon />}
            activeProps={{ active: true }}
          />
          <NavItem to="/alerts" label={t('nav.alerts')} leftSection={<AlertIcon />} activeProps={{ active: true }} />
          <NavItem
            to="/connections"
            label={t('nav.connections')}
            leftSection={<ConnectionsIcon />}
            activeProps={{ active: true }}
          />
          {mayAs(user.role, 'admin') && (
            <>
              <NavItem to="/users" label={t('nav.users')} leftSection={<UsersIcon />} activeProps={{ active: true }} />
              <NavItem to="/audit" label={t('nav.audit')} leftSection={<AuditIcon />} activeProps={{ active: true }} />
            </>
          )}
        </AppShell.Navbar>
        <AppShell.Main id="content" className="main" tabIndex={-1}>
          {children}
        </AppShell.Main>
      </AppShell>
    </>
  )
}

function Profile({ user }: { user: User }) {
  const { t, i18n } = useTranslation()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const [isChanging, changing] = useDisclosure()
  const leave = useDeed(() => call('logOut', {}))
  return (
    <>
      <Menu position="bottom-end" width={240} withinPortal={false} withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <Button
            variant="subtle"
            color="gray"
            c="inherit"
            px="xs"
            rightSection={<DownIcon size={12} />}
            aria-label={t('shell.profile', { name: user.display })}
          >
            {user.display}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label c="var(--ink-soft)">
            {user.name} · {t(`roles.${user.role}`)}
          </Menu.Label>
          <Menu.Item onClick={changing.open}>{t('shell.changePassword')}</Menu.Item>
          <MenuLink to="/api-reference">{t('apiReference.title')}</MenuLink>
          <Menu.Divider />
          <Menu.Label c="var(--ink-soft)">{t('shell.language')}</Menu.Label>
          <Menu.RadioGroup
            value={i18n.resolvedLanguage ?? 'en'}
            onChange={(language) => {
              if (isLanguage(language)) void speak(language)
            }}
          >
            {Object.entries(languages).map(([language, name]) => (
              <Menu.RadioItem key={language} value={language} lang={language}>
                {name}
              </Menu.RadioItem>
            ))}
          </Menu.RadioGroup>
          <Menu.Divider />
          <Menu.Label c="var(--ink-soft)">{t('shell.appearance')}</Menu.Label>
          <Menu.RadioGroup
            value={colorScheme}
            onChange={(scheme) => setColorScheme(scheme === 'light' || scheme === 'dark' ? scheme : 'auto')}
          >
            <Menu.RadioItem value="light">{t('shell.light')}</Menu.RadioItem>
            <Menu.RadioItem value="dark">{t('shell.dark')}</Menu.RadioItem>
            <Menu.RadioItem value="auto">{t('shell.auto')}</Menu.RadioItem>
          </Menu.RadioGroup>
          <Menu.Divider />
          <Menu.Item onClick={() => leave.mutate(undefined, { onSuccess: end })}>{t('shell.signOut')}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <ChangePassword opened={isChanging} onClose={changing.close} />
    </>
  )
}
