import { createHash, createHmac } from 'node:crypto'
import type { Happening } from './store.ts'

const eventsMax = 100

interface Target {
  readonly url: string
  readonly clientSecret: string
  readonly copies?: number
  readonly reversed?: boolean
}

/** Sends what happens as signed webhooks, a moment later, without retries of its own: `redeliver` sends all once more. */
export function openSender({ portalId, now }: { readonly portalId: number; readonly now: () => number }) {
  let target: Target | null = null
  let waiting: Happening[] = []
  const sent: Happening[] = []
  let events = 0
  const answers: number[] = []
  let under: Promise<void> = Promise.resolve()

  async function post(batch: readonly Happening[], attemptNumber: number): Promise<number> {
    if (target === null) return 0
    const { url, clientSecret } = target
    const body = JSON.stringify(batch.map((event) => ({ ...event, attemptNumber })))
    const timestamp = String(now())
    const signature = createHmac('sha256', clientSecret).update(`POST${url}${body}${timestamp}`).digest('base64')
    const request = {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-hubspot-signature-v3': signature,
        'x-hubspot-request-timestamp': timestamp,
        // Events of the CRM carry the old signature along. Source: HubSpot's page on validating requests.
        'x-hubspot-signature': createHash('sha256').update(`${clientSecret}${body}`).digest('hex'),
        'x-hubspot-signature-version': 'v1',
      },
      body,
    }
    try {
      const reply = await fetch(url, request)
      await reply.arrayBuffer()
      return reply.status
    } catch {
      // Nobody is listening, which is no fault of the simulated account: 0 stands for no answer.
      return 0
    }
  }

  async function deliver(all: readonly Happening[], attemptNumber: number): Promise<readonly number[]> {
    const batches = Array.from({ length: Math.ceil(all.length / eventsMax) }, (_, n) =>
      all.slice(n * eventsMax, (n + 1) * eventsMax),
    )
    const copies = batches.flatMap((batch) => Array.from({ length: target?.copies ?? 1 }, () => batch))
    const queue = target?.reversed === true ? copies.reverse().map((batch) => batch.toReversed()) : copies
    const statuses: number[] = []
    for (const batch of queue) statuses.push(await post(batch, attemptNumber))
    return statuses
  }

  /** One after the other, so that the order is the target's choice alone. */
  function flush(): Promise<readonly number[]> {
    const all = waiting
    waiting = []
    sent.push(...all)
    under = under.then(async () => void answers.push(...(await deliver(all, 0))))
    return under.then(() => answers)
  }

  return {
    /** @returns true the first time */
    aim(given: Target): boolean {
      const first = target === null
      target = given
      return first
    },
    add(happening: Happening): void {
      events += 1
      // Changes made in one go travel together.
      if (waiting.length === 0) setImmediate(() => void (waiting.length > 0 && flush()))
      waiting.push({ ...happening, eventId: events, subscriptionId: 25, portalId, appId: 54_321 })
    },
    flush,
    redeliver: (): Promise<readonly number[]> => deliver(sent, 1),
  }
}
