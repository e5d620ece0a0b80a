const shape = /^[A-Za-z0-9]{15}(?:[A-Za-z0-5]{3})?$/
const suffixes = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'

export const isId = (text: string): boolean => shape.test(text)

/**
 * The id with its 18 characters. The shorter form tells upper from lower case; the three characters behind it say which
 * are upper case, five at a time, the first in the lowest bit.
 */
export function longId(id: string): string {
  if (id.length !== 15) return id
  const suffix = [0, 5, 10].map((start) => {
    const upper = [...id.slice(start, start + 5)].map((letter) => /[A-Z]/.test(letter))
    return suffixes[upper.reduce((bits, one, place) => bits + (one ? 2 ** place : 0), 0)] ?? 'A'
  })
  return id + suffix.join('')
}

/** Whether both name the same record, however long they are written. */
export const sameId = (a: string, b: string): boolean => a.slice(0, 15) === b.slice(0, 15)
