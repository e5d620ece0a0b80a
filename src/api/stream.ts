import type { Response } from 'express'
import type { ZodType } from 'zod'
import { columnsOf } from './columns.ts'
import type { Route } from './contract.ts'
import { sendEvents } from './event-stream.ts'
import { formats, sendRows } from './row-stream.ts'

/** What comes bit by bit. */
export const isStream = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value

interface Reply {
  readonly query: { readonly format?: unknown }
  readonly gone: AbortSignal
}

/**
 * Sends what comes bit by bit, in the form of its route, and nothing that the contract does not name.
 * @returns sends it to the end; rows have begun by then, so that a list that cannot be read at all is a problem as any other
 */
export async function openStream(
  { form, path, reply }: Pick<Route, 'form' | 'path' | 'reply'>,
  values: AsyncIterable<unknown>,
  { query, gone }: Reply,
): Promise<(response: Response) => Promise<void>> {
  const known = parsed(values, reply)
  if (form === 'events') return (response) => sendEvents(response, known, { gone })
  const rows = await begun(known)
  const format = formats.find((one) => one === query.format) ?? 'csv'
  const day = new Date().toISOString().slice(0, 10)
  const name = `crosswalk-${path.slice(path.lastIndexOf('/') + 1)}-${day}`
  return (response) => sendRows(response, rows, { name, columns: columnsOf(reply), format })
}

async function* parsed<Schema extends ZodType>(values: AsyncIterable<unknown>, schema: Schema) {
  for await (const value of values) yield schema.parse(value)
}

/** The same, the first of which is there already. */
async function begun<T>(values: AsyncIterable<T>): Promise<AsyncIterable<T>> {
  const reading = values[Symbol.asyncIterator]()
  const first = await reading.next()
  return (async function* () {
    try {
      for (let next = first; next.done !== true; next = await reading.next()) yield next.value
    } finally {
      await reading.return?.()
    }
  })()
}
