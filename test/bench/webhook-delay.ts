import { startChild } from './children.ts'
import { control, startSystems } from './systems.ts'

/** From the moment a deal is won until its order is confirmed, single deals one after the other. */
export interface WebhookDelay {
  readonly latencyMs: number
  readonly deals: number
  readonly medianMs: number
  readonly p99Ms: number
}

const deals = 60
const limitMs = 60_000

export async function measureWebhookDelay(latencyMs: number): Promise<WebhookDelay> {
  const systems = await startSystems()
  const child = startChild('contender.ts')
  try {
    const { target } = systems
    const { hook, secret } = await child.ask<{ hook: string; secret: string }>('serve', { target })
    await systems.sendWebhooks({ url: hook, clientSecret: secret })
    await systems.latency(latencyMs)
    const delays: number[] = []
    for (let n = 0; n < deals; n += 1) {
      const started = performance.now()
      await systems.win(1)
      await confirmed(target.odoo.url, n + 1, started)
      delays.push(performance.now() - started)
    }
    delays.sort((a, b) => a - b)
    return { latencyMs, deals, medianMs: quantile(delays, 0.5), p99Ms: quantile(delays, 0.99) }
  } finally {
    await child.end()
    await systems.close()
  }
}

async function confirmed(odooUrl: string, count: number, started: number): Promise<void> {
  for (;;) {
    const orders = await control<{ state: string }[]>(odooUrl, 'orders')
    if (orders.filter((order) => order.state === 'sale').length >= count) return
    if (performance.now() - started > limitMs) throw new Error(`no order for deal ${count} after ${limitMs / 1000} s`)
    await new Promise((resolve) => setTimeout(resolve, 3))
  }
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0
