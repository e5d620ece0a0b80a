import { once } from 'node:events'
import type { Response } from 'express'

/** Often enough for proxies that give up on silence after half a minute. */
const beatMs = 15_000
/** How long a browser waits before it asks again. */
const againMs = 3_000

/**
 * Sends each as an event, until there are none or the reader is gone. Nothing is kept for a reader that is slow: the next is asked
 * for when the last one is taken, and who takes nothing from one heartbeat to the next is cut off.
 */
export async function sendEvents(
  response: Response,
  events: AsyncIterable<unknown>,
  { everyMs = beatMs, gone }: { readonly everyMs?: number; readonly gone: AbortSignal },
): Promise<void> {
  response.status(200).set({
    'content-type': 'text/event-stream; charset=utf-8',
    // Neither kept nor compressed nor gathered on the way.
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  })
  // Else its end would leave a connection open that a server that ends waits for.
  response.shouldKeepAlive = false
  response.write(`retry: ${againMs}\n\n`)
  let isLate = false
  const beat = setInterval(() => {
    if (isLate && response.writableNeedDrain) response.destroy()
    else isLate = response.writableNeedDrain
    if (!response.writableNeedDrain) response.write(':\n\n')
  }, everyMs)
  try {
    for await (const event of events) {
      if (!response.write(`data: ${JSON.stringify(event)}\n\n`)) await once(response, 'drain', { signal: gone })
    }
    response.end()
  } catch (error) {
    // Who is gone is not told; the others are told by the end that something is wrong, and ask again.
    response.destroy()
    if (!gone.aborted) throw error
  } finally {
    clearInterval(beat)
  }
}
