/** The forms of a schedule that words can say exactly. */
export type Rhythm =
  | { readonly every: 'seconds' | 'minutes' | 'hours'; readonly count: number }
  | { readonly every: 'day' | 'weekday'; readonly time: string }

/** @returns null for an expression that only its next times explain */
export function rhythmOf(cron: string): Rhythm | null {
  const fields = cron.trim().split(/\s+/)
  if (fields.length === 6 && fields.slice(1).every((field) => field === '*')) return everyOf('seconds', fields[0], 60)
  if (fields.length === 6 && fields[0] !== '0') return null
  const [minute = '', hour = '', day, month, weekday] = fields.slice(-5)
  if (day !== '*' || month !== '*') return null
  if (weekday === '*' && hour === '*' && minute === '0') return { every: 'hours', count: 1 }
  if (weekday === '*' && hour === '*') return everyOf('minutes', minute, 60)
  if (weekday === '*' && minute === '0' && hour.startsWith('*/')) return everyOf('hours', hour, 24)
  if (!isUpTo(minute, 59) || !isUpTo(hour, 23)) return null
  const time = `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`
  if (weekday === '*') return { every: 'day', time }
  return weekday === '1-5' ? { every: 'weekday', time } : null
}

const isUpTo = (field: string, most: number): boolean => /^\d{1,2}$/.test(field) && Number(field) <= most

/** A step that does not divide the whole is uneven where that ends. */
function everyOf(every: 'seconds' | 'minutes' | 'hours', field = '', whole: number): Rhythm | null {
  const count = field === '*' ? 1 : Number(/^\*\/(\d{1,2})$/.exec(field)?.[1])
  return count > 0 && count < whole && whole % count === 0 ? { every, count } : null
}

export const cronOf = (rhythm: Rhythm): string => {
  switch (rhythm.every) {
    case 'seconds':
      return `*/${rhythm.count} * * * * *`
    case 'minutes':
      return `*/${rhythm.count} * * * *`
    case 'hours':
      return `0 */${rhythm.count} * * *`
    case 'day':
    case 'weekday': {
      const [hour, minute] = rhythm.time.split(':').map(Number)
      return `${minute} ${hour} * * ${rhythm.every === 'day' ? '*' : '1-5'}`
    }
  }
}
