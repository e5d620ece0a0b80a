import fastStringWidth from 'fast-string-width'

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
// Escape sequences and control characters of other people's records must not reach the terminal: they could move the
// cursor, rename the window or turn the reading direction.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to remove
const sequences = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to remove
const controls = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g

/** A text from outside, safe to print on one line. */
export const oneLine = (text: string): string => lines(text).join(' ')

/** A text from outside, safe to print, with its lines and spaces as they are. */
export const printable = (text: string): string => text.replace(sequences, '').replace(/\t/g, ' ').replace(controls, '')

/** A text from outside, safe to print, line by line. */
export const lines = (text: string): string[] =>
  printable(text)
    .trim()
    .split('\n')
    .map((line) => line.trimEnd())

/** Columns that a plain text takes on a terminal: Chinese, Japanese and Korean characters and emoji take two. */
export const widthOf = (text: string): number => fastStringWidth(text)

/** The beginning of a text that fits, with `…` in place of the rest. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  return `${split(text, Math.max(0, width - 1))[0]}…`
}

export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)))
  return align === 'left' ? text + space : space + text
}

/**
 * Breaks a text between words, and inside a word only where that alone is too long. A command in backticks stays on one line
 * where it fits on one.
 */
export function wrap(text: string, width: number): string[] {
  const wrapped: string[] = []
  for (const line of lines(text)) {
    let current = ''
    for (let word of wordsOf(line, width)) {
      const joined = current === '' ? word : `${current} ${word}`
      if (widthOf(joined) <= width) {
        current = joined
        continue
      }
      if (current !== '') wrapped.push(current)
      while (widthOf(word) > width) {
        const [begin, rest] = split(word, width)
        wrapped.push(begin)
        word = rest
      }
      current = word
    }
    wrapped.push(current)
  }
  return wrapped
}

/** Of what is written where there is no terminal. */
export const columnsOfFiles = 100

/** A remark of one or several paragraphs, whose empty lines stay. @param columns  of the terminal, null where there is none */
export const wrapRemark = (text: string, columns: number | null): string =>
  text
    .split('\n')
    .flatMap((line) => wrap(line, columns ?? columnsOfFiles))
    .join('\n')

const wordsOf = (line: string, width: number): string[] =>
  (line.match(/(?:`[^`]*`|[^ `]|`)+|(?<= )(?= )/g) ?? ['']).flatMap((word) =>
    widthOf(word) > width ? word.split(' ') : [word],
  )

/** Cuts a text where `width` columns are full; at least one character goes to the first part. */
function split(text: string, width: number): [string, string] {
  let taken = 0
  let end = 0
  for (const { segment, index } of graphemes.segment(text)) {
    taken += widthOf(segment)
    if (taken > width && end > 0) break
    end = index + segment.length
    if (taken > width) break
  }
  return [text.slice(0, end), text.slice(end)]
}

/** `1 record`, `2 records`, `1,240 records`; `many` where the plural is not made with an s. */
export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number.toLocaleString('en')} ${number === 1 ? one : many}`
