/*
 * A DATE of the database, as text that sorts: `@2026-11-23 08:00:00`, wall time of the account. The sign in front tells a
 * date from a text that only looks like one, so that what is selected without TO_CHAR comes out in the account's form.
 */

const shape = /^@(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)$/
const formats = new Map<string, Intl.DateTimeFormat>()

/** The wall clock of a zone at a moment, without milliseconds. */
export function dateOf(millis: number, timeZone: string): string {
  let format = formats.get(timeZone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
    formats.set(timeZone, format)
  }
  return `@${format.format(millis)}`
}
/** Midnight of a day. @param day  `2026-11-23` */
export const dayToDate = (day: string): string => `@${day} 00:00:00`
export const dateToDay = (date: string): string => date.slice(1, 11)

/** Midnight of the day so many days after a date. */
export function dayLater(date: string, days: number): string {
  const at = Date.parse(`${dateToDay(date)}T00:00:00Z`) + days * 86_400_000
  return dayToDate(new Date(at).toISOString().slice(0, 10))
}

/** The moment of a wall time, for bodies that show UTC; of the two at the end of summer time, the first. */
export function instantOf(date: string, timeZone: string): string {
  const wall = Date.parse(`${date.slice(1, 11)}T${date.slice(12)}Z`)
  // The offset there and then is known once the guess is at most a day away.
  for (const hours of [14, 0, -14]) {
    const guess = wall - offsetAt(wall - hours * 3_600_000, timeZone)
    if (dateOf(guess, timeZone) === date) return `${new Date(guess).toISOString().slice(0, 19)}Z`
  }
  return `${new Date(wall).toISOString().slice(0, 19)}Z`
}
function offsetAt(millis: number, timeZone: string): number {
  const shown = dateOf(millis, timeZone)
  return Date.parse(`${shown.slice(1, 11)}T${shown.slice(12)}Z`) - Math.floor(millis / 1000) * 1000
}

export const isDate = (value: unknown): value is string => typeof value === 'string' && shape.test(value)

/** As a user of the account sees it: `11/23/2026`, without the clock. */
export function shownDate(date: string): string {
  const [, year = '', month = '', day = ''] = shape.exec(date) ?? []
  return `${Number(month)}/${Number(day)}/${year}`
}

/** Reads what a user would type. Null when it is no such date. */
export function parseShown(text: string): string | null {
  const [, month = '', day = '', year = ''] = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text) ?? []
  return dateFrom(year, month.padStart(2, '0'), day.padStart(2, '0'), '00', '00', '00')
}

function dateFrom(year: string, month: string, day: string, hour: string, minute: string, second: string) {
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}`
  const at = new Date(`${iso}Z`)
  return Number.isNaN(at.getTime()) || at.toISOString().slice(0, 19) !== iso ? null : `@${iso.replace('T', ' ')}`
}

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const elements = /YYYY|MM|DD|HH24|HH12|HH|MI|SS|MON|AM|PM|"[^"]*"|[-/,.;: ]/giy

/** The elements of a format model; a letter that Oracle does not know is an error. @throws Error ORA-01821 */
function elementsOf(format: string): readonly string[] {
  const found: string[] = []
  elements.lastIndex = 0
  while (elements.lastIndex < format.length) {
    const match = elements.exec(format)
    if (match === null) throw new Error('ORA-01821: date format not recognized')
    found.push(match[0])
  }
  return found
}

/** TO_CHAR of a date. @throws Error in Oracle's words */
export function formatDate(date: string, format: string): string {
  const [, year = '', month = '', day = '', hour = '', minute = '', second = ''] = shape.exec(date) ?? []
  const half = Number(hour) >= 12 ? 'PM' : 'AM'
  const twelve = String(Number(hour) % 12 || 12).padStart(2, '0')
  const values: Readonly<Record<string, string>> = {
    ...{ YYYY: year, MM: month, DD: day, HH24: hour, HH12: twelve, HH: twelve, MI: minute, SS: second },
    ...{ MON: months[Number(month) - 1] ?? '', AM: half, PM: half },
  }
  return elementsOf(format)
    .map((element) => values[element.toUpperCase()] ?? element.replaceAll('"', ''))
    .join('')
}

/** TO_DATE of a text. Elements at the end may be missing, characters left over may not. @throws Error in Oracle's words */
export function parseDate(text: string, format: string): string {
  const read: Record<string, string> = { YYYY: '', MM: '01', DD: '01', HH24: '00', MI: '00', SS: '00' }
  let rest = text
  for (const element of elementsOf(format)) {
    if (rest === '') break
    const name = element.toUpperCase()
    const [pattern, field] = patterns[name] ?? [null, '']
    if (pattern === null) {
      const literal = element.replaceAll('"', '')
      if (!rest.startsWith(literal)) throw new Error('ORA-01861: literal does not match format string')
      rest = rest.slice(literal.length)
      continue
    }
    const [found] = pattern.exec(rest) ?? []
    if (found === undefined)
      throw new Error('ORA-01858: a non-numeric character was found where a numeric was expected')
    read[field] = name === 'MON' ? String(months.indexOf(found.toUpperCase()) + 1).padStart(2, '0') : found
    rest = rest.slice(found.length)
  }
  if (rest !== '') throw new Error('ORA-01830: date format picture ends before converting entire input string')
  const pad = (name: string) => (read[name] ?? '').padStart(2, '0')
  const date = dateFrom(read.YYYY ?? '', pad('MM'), pad('DD'), pad('HH24'), pad('MI'), pad('SS'))
  if (date === null) throw new Error('ORA-01843: not a valid month')
  return date
}
const two = /^\d{1,2}/
const patterns: Readonly<Record<string, readonly [RegExp, string]>> = {
  YYYY: [/^\d{4}/, 'YYYY'],
  MM: [two, 'MM'],
  DD: [two, 'DD'],
  HH24: [two, 'HH24'],
  MI: [two, 'MI'],
  SS: [two, 'SS'],
  MON: [/^[a-z]{3}/i, 'MM'],
}
