import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Clock } from '../../src/ports/clock.ts'
import type { WebhookRequest, WebhookVerdict } from '../../src/ports/connector.ts'

const id = z.union([z.int().positive(), z.tuple([z.int().positive(), z.string()]).transform(([first]) => first)])
const payloadSchema = z.looseObject({ _model: z.string().max(100), _id: z.int().positive() })
/** Where a record names its order; `order_id` is one of other orders too. */
const orderFields = (model: string): readonly string[] =>
  model === 'sale.order.line' ? ['order_id'] : ['sale_id', 'sale_order_id']

/**
 * Understands what an automation rule of Odoo sends. It carries no signature, so it only says which order to look at;
 * a record that does not name its order is found by polling.
 */
export const openReceiver =
  (clock: Clock) =>
  (request: WebhookRequest): WebhookVerdict => {
    const payload = parse(request.body)
    if (payload === null) {
      return { accept: false, status: 400, reason: 'the body is not JSON with `_model` and `_id`' }
    }
    const named = orderFields(payload._model)
      .map((name) => id.safeParse(payload[name]))
      .find((one) => one.success)?.data
    const order = payload._model === 'sale.order' ? payload._id : named
    // Odoo sends an event once and never again, so each arrival is one of its own.
    const digest = createHash('sha256').update(request.body).update(clock.now()).digest('hex').slice(0, 32)
    return {
      accept: true,
      events: [{ id: digest, hint: order === undefined ? null : { object: 'sale.order', id: String(order) } }],
    }
  }

function parse(body: Uint8Array): z.output<typeof payloadSchema> | null {
  try {
    return payloadSchema.parse(JSON.parse(Buffer.from(body).toString('utf8')))
  } catch {
    // Neither the text nor the shape is of any use: the caller answers 400.
    return null
  }
}
