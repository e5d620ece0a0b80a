import { useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocale } from './locale.ts'

function everySecond(tell: () => void): () => void {
  const timer = setInterval(tell, 1000)
  return () => clearInterval(timer)
}

/** The time, to the step: what shows it is drawn anew only when it looks different. */
export const useNow = (stepMs: number): number =>
  useSyncExternalStore(everySecond, () => Math.floor(Date.now() / stepMs) * stepMs)

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const

function ago(at: string, now: number, locale: string, justNow: string): string {
  const ms = Date.parse(at) - now
  if (Math.abs(ms) < 10_000) return justNow
  const format = new Intl.RelativeTimeFormat(locale, { style: 'short' })
  const [unit, size] = units.find(([, one]) => Math.abs(ms) >= one) ?? units[3]
  return format.format(Math.round(ms / size), unit)
}

export function useAgo(): (at: string) => string {
  const { t } = useTranslation()
  const locale = useLocale()
  const now = useNow(5000)
  return (at) => ago(at, now, locale, t('common.now'))
}

const moment = (at: string, locale: string, timeStyle: 'short' | 'medium'): string =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle }).format(new Date(at))

const exactly = (at: string, locale: string, timeZone?: string): string => {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return at
  const local = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'long', timeZone }).format(date)
  return `${local}\n${date.toISOString()}`
}

/** `2 min ago`, with the exact time on hover. */
export function Ago({ at }: { at: string }) {
  const locale = useLocale()
  const say = useAgo()
  return (
    <time dateTime={at} title={exactly(at, locale)}>
      {say(at)}
    </time>
  )
}

interface MomentProps {
  readonly at: string
  /** Whose time is shown on hover; that of who looks unless given. */
  readonly zone?: string
  readonly hasSeconds?: boolean
}

export function Moment({ at, zone, hasSeconds = false }: MomentProps) {
  const locale = useLocale()
  return (
    <time dateTime={at} title={exactly(at, locale, zone)}>
      {moment(at, locale, hasSeconds ? 'medium' : 'short')}
    </time>
  )
}

/** A day without a zone. */
export function Day({ day }: { day: string }) {
  const locale = useLocale()
  const text = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' }).format(new Date(day))
  return <time dateTime={day}>{text}</time>
}

/** `1 h 12 min`: the two largest units of it. */
export function duration(ms: number, locale: string): string {
  const parts: string[] = []
  let rest = Math.max(0, Math.round(ms / 1000) * 1000)
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0 && parts.length < 2)
      parts.push(new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'narrow' }).format(count))
  }
  if (parts.length > 0) return parts.join(' ')
  return new Intl.NumberFormat(locale, { style: 'unit', unit: 'second', unitDisplay: 'narrow' }).format(0)
}

/** A day of a calendar is the same day everywhere. */
export const dayText = (day: string, locale: string): string =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`))
