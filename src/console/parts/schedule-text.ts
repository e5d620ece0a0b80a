import { useTranslation } from 'react-i18next'
import { type Rhythm, rhythmOf } from './rhythm.ts'

export function useRhythmText(): (rhythm: Rhythm) => string {
  const { t } = useTranslation()
  return (rhythm) =>
    'time' in rhythm
      ? t(`schedule.${rhythm.every}`, { time: rhythm.time })
      : t(`schedule.${rhythm.every}`, { count: rhythm.count })
}

/** A schedule as the server writes it, expression and zone: in words where they say it exactly. */
export function useScheduleText(): (schedule: string | null) => string {
  const { t } = useTranslation()
  const rhythmText = useRhythmText()
  return (schedule) => {
    if (schedule === null) return t('home.noSchedule')
    const [, cron = '', zone = ''] = /^(.*) (\S+)$/.exec(schedule) ?? []
    const rhythm = rhythmOf(cron)
    if (rhythm === null) return schedule
    return 'time' in rhythm ? `${rhythmText(rhythm)} (${zone})` : rhythmText(rhythm)
  }
}
