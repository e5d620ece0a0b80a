import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { stringify } from 'csv-stringify'
import type { Response } from 'express'

export const formats = ['csv', 'json'] as const
type Format = (typeof formats)[number]

interface Sheet {
  /** Without its ending. */
  readonly name: string
  readonly columns: readonly string[]
  readonly format: Format
}

/** Who takes nothing for so long is cut off. */
const stallMs = 60_000
const plainNumber = /^-?\d+(\.\d+)?$/

/**
 * Sends rows as they come, however many: nothing of them is kept. As CSV by RFC 4180, in UTF-8 with a mark that Excel looks for; what
 * a spreadsheet would take for a formula has an apostrophe before it. One that fails midway is cut off, so that nobody takes a
 * part for the whole.
 */
export async function sendRows(
  response: Response,
  rows: AsyncIterable<unknown>,
  { name, columns, format }: Sheet,
): Promise<void> {
  response.status(200).set({
    'content-type': format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/json; charset=utf-8',
    'content-disposition': `attachment; filename="${name}.${format}"`,
  })
  response.setTimeout(stallMs, () => response.destroy())
  try {
    if (format === 'json') await pipeline(jsonOf(rows), response)
    else await pipeline(Readable.from(rows), csvOf(columns), response)
  } catch (error) {
    if (!isLeaving(error)) throw error
  }
}

/** Whether it only says that nobody waits for the rest. */
const isLeaving = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  ['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE'].includes(String(error.code))

const csvOf = (columns: readonly string[]) =>
  stringify({
    columns: [...columns],
    header: true,
    bom: true,
    record_delimiter: 'windows',
    escape_formulas: true,
    cast: {
      // Numbers are text here, so that they are exact.
      string: (value) => (plainNumber.test(value) ? { value, escape_formulas: false } : value),
      boolean: String,
    },
  })

async function* jsonOf(rows: AsyncIterable<unknown>): AsyncIterable<string> {
  let before = '[\n'
  for await (const row of rows) {
    yield `${before}${JSON.stringify(row)}`
    before = ',\n'
  }
  yield before === ',\n' ? '\n]\n' : '[]\n'
}
