import { Group, Text, VisuallyHidden } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Reply } from '../api.ts'
import { useLocale } from './locale.ts'

export function Bars({ days }: { days: Reply<'home'>['days'] }) {
  const { t } = useTranslation()
  const locale = useLocale()
  const most = Math.max(1, ...days.map(({ orders }) => orders))
  const count = days.reduce((sum, { orders }) => sum + orders, 0)
  // A day of the calendar is the same in every zone.
  const format = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' })
  const dayText = (day: string) => format.format(new Date(`${day.slice(0, 10)}T00:00:00Z`))
  const [first] = days
  const last = days.at(-1)
  return (
    <>
      <Text size="sm" c="dimmed" mb="sm">
        {t('home.daysText', { count, most: most.toLocaleString(locale) })}
      </Text>
      <ol className="plain bars" aria-label={t('home.days')}>
        {days.map(({ day, orders }) => {
          const text = t('home.day', { day: dayText(day), orders: t('common.orders', { count: orders }) })
          return (
            <li key={day} title={text} data-none={orders === 0 ? '' : undefined}>
              <span style={{ height: `${(orders / most) * 100}%` }}>
                <VisuallyHidden>{text}</VisuallyHidden>
              </span>
            </li>
          )
        })}
      </ol>
      {first !== undefined && last !== undefined && (
        <Group justify="space-between" mt={4} aria-hidden="true">
          <Text size="xs" c="dimmed">
            {dayText(first.day)}
          </Text>
          <Text size="xs" c="dimmed">
            {dayText(last.day)}
          </Text>
        </Group>
      )}
    </>
  )
}
