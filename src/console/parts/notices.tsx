import { Affix, Notification, Stack } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { createContext, type ReactNode, useCallback, useContext, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { CheckIcon, WarnIcon } from './icons.tsx'
import { client } from './query.ts'
import { useTroubleText } from './trouble.tsx'

interface Notice {
  readonly id: number
  readonly text: string
  readonly fix?: string
  readonly isBad: boolean
}
type Tell = (notice: Omit<Notice, 'id'>) => void

const Telling = createContext<Tell>(() => undefined)

export function Notices({ children }: { children: ReactNode }) {
  const { t } = useTranslation()
  const [notices, setNotices] = useState<readonly Notice[]>([])
  const last = useRef(0)
  const drop = useCallback((id: number) => setNotices((all) => all.filter((one) => one.id !== id)), [])
  const tell = useCallback<Tell>(
    (notice) => {
      last.current += 1
      const id = last.current
      setNotices((all) => [...all.slice(-3), { ...notice, id }])
      if (!notice.isBad) setTimeout(() => drop(id), 8000)
    },
    [drop],
  )
  return (
    <Telling value={tell}>
      {children}
      <Affix position={{ bottom: 16, right: 16 }}>
        <Stack gap="xs" maw={400} aria-live="polite" role="status">
          {notices.map(({ id, text, fix, isBad }) => (
            <Notification
              key={id}
              withBorder
              color={isBad ? 'red' : 'teal'}
              icon={isBad ? <WarnIcon /> : <CheckIcon />}
              title={text}
              closeButtonProps={{ 'aria-label': t('common.close') }}
              onClose={() => drop(id)}
            >
              {fix}
            </Notification>
          ))}
        </Stack>
      </Affix>
    </Telling>
  )
}

/** These cost calls of the systems: only who looks at them asks again. */
const costly: readonly unknown[] = ['preview', 'documents']
const lookAgain = () => client.invalidateQueries({ predicate: ({ queryKey }) => !costly.includes(queryKey[0]) })

/** Asks for something to be done, tells how that went, and has everything on the page looked at again. */
export function useDeed<In, Out>(deed: (given: In) => Promise<Out>, done?: (reply: Out, given: In) => string | null) {
  const tell = useContext(Telling)
  const troubleText = useTroubleText()
  const say = useMemo(() => ({ tell, troubleText }), [tell, troubleText])
  return useMutation({
    mutationFn: deed,
    onSuccess(reply, given) {
      const text = done?.(reply, given) ?? null
      if (text !== null) say.tell({ text, isBad: false })
      void lookAgain()
      // Most deeds are queued, and done a moment later.
      setTimeout(() => void lookAgain(), 2000)
    },
    onError(error) {
      const { detail, fix } = say.troubleText(error)
      say.tell({ text: detail, fix, isBad: true })
    },
  })
}
