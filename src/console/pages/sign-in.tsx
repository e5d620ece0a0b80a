import { Alert, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call } from '../api.ts'
import { Alone } from '../parts/alone.tsx'
import { begin } from '../parts/session.ts'
import { Trouble } from '../parts/trouble.tsx'

interface SignInProps {
  readonly isSetUp: boolean
  /** What people call the provider; null where there is none. */
  readonly singleSignOn: string | null
}

export function SignIn({ isSetUp, singleSignOn }: SignInProps) {
  const { t } = useTranslation()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const signIn = useMutation({ mutationFn: () => call('logIn', { body: { name, password } }), onSuccess: begin })
  return (
    <Alone title={t('signIn.title')}>
      {!isSetUp && (
        <Alert title={t('signIn.notSetUp')} variant="outline">
          {t('signIn.notSetUpText')}
        </Alert>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault()
          signIn.mutate()
        }}
      >
        <Stack gap="md">
          <TextInput
            label={t('signIn.name')}
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            withAsterisk={false}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <PasswordInput
            label={t('signIn.password')}
            autoComplete="current-password"
            required
            withAsterisk={false}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          {signIn.error !== null && <Trouble error={signIn.error} />}
          <Button type="submit" loading={signIn.isPending}>
            {t('signIn.submit')}
          </Button>
        </Stack>
      </form>
      {singleSignOn !== null && (
        // A plain link: it leads to the provider, and away from here.
        <Button component="a" href="/api/v1/session/oidc" variant="default">
          {t('signIn.with', { name: singleSignOn })}
        </Button>
      )}
      {isSetUp && (
        <Text size="sm" c="dimmed">
          {t('signIn.lost')}
        </Text>
      )}
    </Alone>
  )
}
