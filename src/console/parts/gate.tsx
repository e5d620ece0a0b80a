import { Center, Loader } from '@mantine/core'
import { Outlet, useLocation } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { SignIn } from '../pages/sign-in.tsx'
import { useSession } from './session.ts'
import { Shell } from './shell.tsx'
import { Trouble } from './trouble.tsx'

/** Who comes there has a link, and no session. */
const forAnyone = ['/setup', '/share']

/** Shows a page only to who is signed in; the address stays, so that one comes back to it. */
export function Gate(): ReactNode {
  const { t } = useTranslation()
  const path = useLocation({ select: ({ pathname }) => pathname })
  const session = useSession()
  if (forAnyone.includes(path)) return <Outlet />
  if (session.data === undefined)
    return (
      <Center component="main" mih="100vh" p="md">
        {session.error === null ? (
          <Loader aria-label={t('common.loading')} />
        ) : (
          <Trouble error={session.error} again={session.refetch} />
        )}
      </Center>
    )
  const { user, isSetUp, oidc } = session.data
  if (user === null) return <SignIn isSetUp={isSetUp} singleSignOn={oidc?.name ?? null} />
  return (
    <Shell user={user}>
      <Outlet />
    </Shell>
  )
}
