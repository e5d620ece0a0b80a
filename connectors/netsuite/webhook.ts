import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { toMillis } from '../../src/core/time.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { WebhookRequest, WebhookVerdict } from '../../src/ports/connector.ts'
import { orderObject } from './schema.ts'
import type { Settings } from './settings.ts'

const ageMsMax = 5 * 60_000

const id = z.union([z.string().regex(/^\d{1,18}$/), z.int().positive()]).transform(String)
// Unknown fields are let in: the script in the account may be newer than we are.
const payloadSchema = z.looseObject({ type: z.string().max(60), id, order: id.nullish(), event: z.string().max(60) })

/**
 * Understands what `suitescript/` sends: the type and id of a record, and the order it belongs to where the record tells.
 * NetSuite has no signature of its own; ours is HMAC-SHA256 over `<seconds>.<body>`, in `x-crosswalk-signature` as
 * `t=<seconds>,v1=<hex>`.
 */
export function openReceiver({ webhookSecret }: Settings, clock: Clock) {
  if (webhookSecret === undefined) return null

  return ({ headers, body }: WebhookRequest): WebhookVerdict => {
    const flaw = flawOf(headers['x-crosswalk-signature'], body, webhookSecret, toMillis(clock.now()))
    if (flaw !== null) return { accept: false, status: 401, reason: flaw }
    const payload = read(body)
    if (payload === null) {
      return { accept: false, status: 400, reason: 'the body is not what the user event script sends' }
    }
    const order = payload.type === 'salesorder' ? payload.id : (payload.order ?? null)
    // The script sends an event once; what is equal to the second is one event that a proxy repeated, or somebody replays in
    // other letters.
    const digest = createHash('sha256')
      .update((headers['x-crosswalk-signature'] ?? '').toLowerCase())
      .digest('hex')
    return {
      accept: true,
      // Of a payment only its invoices are known: the poll finds the order.
      events: [{ id: digest.slice(0, 32), hint: order === null ? null : { object: orderObject, id: order } }],
    }
  }
}

/** What is wrong with a signature; null when it is right. */
function flawOf(header: string | undefined, body: Uint8Array, secret: string, now: number): string | null {
  if (header === undefined) return 'no signature'
  const [, seconds, given] = /^t=(\d{1,12}),v1=([0-9a-fA-F]{64})$/.exec(header) ?? []
  if (seconds === undefined || given === undefined) return 'a signature of an unknown form'
  // Both ways: one from the future could be sent again for as long as it is ahead.
  if (Math.abs(now - Number(seconds) * 1000) > ageMsMax) return 'the signature is older or newer than 5 minutes'
  const wanted = createHmac('sha256', secret).update(`${seconds}.`).update(body).digest()
  return timingSafeEqual(wanted, Buffer.from(given, 'hex')) ? null : 'the signature does not match'
}

function read(body: Uint8Array): z.output<typeof payloadSchema> | null {
  try {
    const payload = payloadSchema.safeParse(JSON.parse(Buffer.from(body).toString('utf8')))
    return payload.success ? payload.data : null
  } catch {
    // Not JSON: the caller answers 400.
    return null
  }
}
