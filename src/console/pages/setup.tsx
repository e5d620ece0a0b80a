import { Button, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useLocation, useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useLayoutEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call } from '../api.ts'
import { Alone } from '../parts/alone.tsx'
import { ButtonLink } from '../parts/links.tsx'
import { useNewPassword } from '../parts/password.tsx'
import { begin } from '../parts/session.ts'
import { Trouble } from '../parts/trouble.tsx'

export function Setup(): ReactNode {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const hash = useLocation({ select: (location) => location.hash })
  const [token, setToken] = useState(hash)
  // The token lets anybody choose the password, so it stays neither in the address nor in the history.
  useLayoutEffect(() => {
    if (hash === '') return
    setToken(hash)
    window.history.replaceState(window.history.state, '', '/setup')
  }, [hash])
  const chosen = useNewPassword({ first: t('setup.password'), again: t('setup.again') })
  const redeem = useMutation({
    mutationFn: (password: string) => call('redeemLink', { body: { token, password } }),
    async onSuccess(session) {
      begin(session)
      await navigate({ to: '/', replace: true })
    },
  })
  if (token === '')
    return (
      <Alone title={t('setup.noToken')}>
        <Text size="sm">{t('setup.noTokenText')}</Text>
        <ButtonLink to="/" variant="default">
          {t('setup.toSignIn')}
        </ButtonLink>
      </Alone>
    )
  return (
    <Alone title={t('setup.title')}>
      <Text size="sm">{t('setup.text')}</Text>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          const password = chosen.take()
          if (password !== null) redeem.mutate(password)
        }}
      >
        <Stack gap="md">
          {chosen.fields}
          {redeem.error !== null && <Trouble error={redeem.error} />}
          <Button type="submit" loading={redeem.isPending}>
            {t('setup.submit')}
          </Button>
        </Stack>
      </form>
    </Alone>
  )
}
