import { count, oneLine } from './text.ts'

/** `12 created, 3 unchanged`; problems last, a dash for nothing. */
export function countsText(counts: Readonly<Record<string, number>>): string {
  const shown = Object.entries(counts).filter(([name, number]) => number !== 0 && name !== 'found')
  shown.sort(([a], [b]) => Number(a === 'problems') - Number(b === 'problems'))
  return shown.length === 0 ? '–' : shown.map(([name, number]) => countText(name, number)).join(', ')
}

function countText(name: string, number: number): string {
  if (name === 'problems') return count(number, 'problem')
  if (name === 'made') return `${count(number, 'order')} made`
  return `${number.toLocaleString('en')} ${oneLine(name).replaceAll('_', ' ')}`
}
