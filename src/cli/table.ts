import type { Paint, Style } from './paint.ts'
import { cut, oneLine, pad, widthOf } from './text.ts'

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** May be cut where the terminal is too narrow; numbers and names that are typed again should not. */
  readonly flexible?: boolean
}
export type Cell = string | { readonly text: string; readonly style: Style }

interface Frame {
  /** Columns of the terminal; null cuts nothing. */
  readonly width: number | null
  readonly paint: Paint
  readonly indent?: number
}

const gap = '  '
const narrowest = 8
const plain = (cell: Cell) => oneLine(typeof cell === 'string' ? cell : cell.text)

/** Aligned columns under small titles, with a line feed at the end of each row. */
export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[], frame: Frame): string {
  const texts = rows.map((row) => row.map(plain))
  const indent = ' '.repeat(frame.indent ?? 0)
  const widths = narrow(
    columns.map((column, index) => Math.max(widthOf(column.title), ...texts.map((row) => widthOf(row[index] ?? '')))),
    columns,
    frame.width === null ? null : frame.width - indent.length,
  )
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

/** Narrows the widest of the flexible columns until the row fits, or they cannot be narrowed any more. */
function narrow(natural: readonly number[], columns: readonly Column[], available: number | null): number[] {
  const widths = [...natural]
  if (available === null) return widths
  let excess = widths.reduce((sum, width) => sum + width, 0) + gap.length * (widths.length - 1) - available
  while (excess > 0) {
    let widest = -1
    for (const [index, width] of widths.entries()) {
      if (columns[index]?.flexible === true && width > narrowest && width > (widths[widest] ?? 0)) widest = index
    }
    if (widest < 0) break
    widths[widest] = (widths[widest] ?? 0) - 1
    excess -= 1
  }
  return widths
}
