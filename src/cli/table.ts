import type { Paint, Style } from './paint.ts'
import { cut, oneLine, pad, widthOf, wrap } from './text.ts'

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** May be cut where the terminal is too narrow; numbers and names that are typed again should not. */
  readonly flexible?: boolean
}
export type Cell = string | { readonly text: string; readonly style: Style }

interface Frame {
  /** Columns of the terminal. */
  readonly width: number
  readonly paint: Paint
  readonly indent?: number
}

const gap = '  '
const narrowest = 8
// Of a value beside its title.
const roomMin = 12
const plain = (cell: Cell) => oneLine(typeof cell === 'string' ? cell : cell.text)

/**
 * Aligned columns under small titles, with a line feed at the end of each row. Where the terminal is too narrow for that, each
 * row is a block with one line for each cell.
 */
export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[], frame: Frame): string {
  const texts = rows.map((row) => row.map(plain))
  const indent = ' '.repeat(frame.indent ?? 0)
  const widths = narrow(
    columns.map((column, index) => Math.max(widthOf(column.title), ...texts.map((row) => widthOf(row[index] ?? '')))),
    columns,
    frame.width - indent.length,
  )
  if (widths === null) return rows.map((row) => block(columns, row, frame)).join(columns.length > 1 ? '\n' : '')
  const line = (cells: readonly { text: string; style: Style }[]) =>
    `${indent}${cells
      .map(({ text, style }, index) => {
        const width = widths[index] ?? 0
        const shown = cut(text, width)
        const last = index === columns.length - 1 && columns[index]?.align !== 'right'
        const padded = last ? shown : pad(shown, width, columns[index]?.align)
        return shown === '' ? padded : padded.replace(shown, () => style(shown))
      })
      .join(gap)
      .trimEnd()}\n`
  const titles = columns.map((column) => ({ text: column.title, style: frame.paint.dim }))
  const asItIs: Style = (text) => text
  return [
    ...(columns.some((column) => column.title !== '') ? [line(titles)] : []),
    ...rows.map((row, at) =>
      line(
        row.map((cell, index) => ({
          text: texts[at]?.[index] ?? '',
          style: typeof cell === 'string' ? asItIs : cell.style,
        })),
      ),
    ),
  ].join('')
}

/**
 * Narrows the widest of the flexible columns until the row fits; null where they cannot be narrowed so far.
 */
function narrow(natural: readonly number[], columns: readonly Column[], available: number): number[] | null {
  const widths = [...natural]
  let excess = widths.reduce((sum, width) => sum + width, 0) + gap.length * (widths.length - 1) - available
  while (excess > 0) {
    let widest = -1
    for (const [index, width] of widths.entries()) {
      if (columns[index]?.flexible === true && width > narrowest && width > (widths[widest] ?? 0)) widest = index
    }
    if (widest < 0) return null
    widths[widest] = (widths[widest] ?? 0) - 1
    excess -= 1
  }
  return widths
}

/** One row as lines of title and value; nothing of it is cut. */
function block(columns: readonly Column[], row: readonly Cell[], { width, paint, indent = 0 }: Frame): string {
  const space = ' '.repeat(indent)
  const titles = Math.max(...columns.map(({ title }) => widthOf(title)))
  const beside = titles === 0 ? 0 : titles + gap.length
  // A value beside its title where that leaves room for one, else below it.
  const room = width - indent - beside
  const within = room >= roomMin ? beside : Math.min(gap.length, beside)
  return columns
    .map(({ title }, index) => {
      const cell = row[index] ?? ''
      const text = plain(cell)
      if (text === '') return ''
      const style = typeof cell === 'string' ? (line: string) => line : cell.style
      const values = wrap(text, Math.max(1, width - indent - within)).map((line) => style(line))
      const head = paint.dim(pad(title, titles))
      if (beside === 0) return values.map((line) => `${space}${line}\n`).join('')
      const [first = '', ...more] = values
      const lead =
        within === beside
          ? `${space}${head}${gap}${first}\n`
          : `${space}${head.trimEnd()}\n${space}${' '.repeat(within)}${first}\n`
      return lead + more.map((line) => `${space}${' '.repeat(within)}${line}\n`).join('')
    })
    .join('')
}
