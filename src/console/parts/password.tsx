import { PasswordInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call } from '../api.ts'
import { Dialogue } from './confirm.tsx'
import { useDeed } from './notices.tsx'

/** As the contract of the server says. */
const passwordMin = 12

/** Two fields for a password to be chosen, and what is wrong with them once somebody tried. */
export function useNewPassword(labels: { readonly first: string; readonly again: string }) {
  const { t } = useTranslation()
  const [password, setPassword] = useState('')
  const [again, setAgain] = useState('')
  const [isTried, setTried] = useState(false)
  const isShort = password.length < passwordMin
  const isOther = password !== again
  const fields = (
    <>
      <PasswordInput
        label={labels.first}
        description={t('setup.hint', { count: passwordMin })}
        autoComplete="new-password"
        required
        withAsterisk={false}
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        error={isTried && isShort && t('setup.short', { count: passwordMin })}
      />
      <PasswordInput
        label={labels.again}
        autoComplete="new-password"
        required
        withAsterisk={false}
        value={again}
        onChange={(event) => setAgain(event.currentTarget.value)}
        error={isTried && !isShort && isOther && t('setup.differ')}
      />
    </>
  )
  return {
    fields,
    /** Null while there is something wrong with it, which is then shown. */
    take(): string | null {
      setTried(true)
      return isShort || isOther ? null : password
    },
    clear() {
      setPassword('')
      setAgain('')
      setTried(false)
    },
  }
}

export function ChangePassword({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation()
  const [current, setCurrent] = useState('')
  const chosen = useNewPassword({ first: t('password.next'), again: t('password.again') })
  const change = useDeed(
    (body: { current: string; password: string }) => call('changePassword', { body }),
    ({ ended }) => t('password.done', { count: ended }),
  )
  const leave = () => {
    setCurrent('')
    chosen.clear()
    onClose()
  }
  const go = () => {
    const password = chosen.take()
    if (password !== null) change.mutate({ current, password }, { onSuccess: leave })
  }
  return (
    <Dialogue
      opened={opened}
      title={t('password.title')}
      text={t('password.text')}
      go={t('password.submit')}
      isBusy={change.isPending}
      onGo={go}
      onClose={leave}
    >
      <PasswordInput
        label={t('password.current')}
        autoComplete="current-password"
        required
        withAsterisk={false}
        value={current}
        onChange={(event) => setCurrent(event.currentTarget.value)}
      />
      {chosen.fields}
    </Dialogue>
  )
}
