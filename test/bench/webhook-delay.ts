import { startChild } from './children.ts'
import { type Systems, startSystems } from './systems.ts'
import type { Pair } from './target.ts'

/** From the moment a deal is won until its order is confirmed, single deals one after the other. */
export interface WebhookDelay {
  readonly latencyMs: number
  readonly deals: number
  readonly medianMs: number
  readonly p99Ms: number
}

const deals = 60
const limitMs = 60_000

export async function measureWebhookDelay(pair: Pair, latencyMs: number): Promise<WebhookDelay> {
  const systems = await startSystems(pair)
  const child = startChild('contender.ts')
  try {
    const { target } = systems
    const { hook } = await child.ask<{ hook: string }>('serve', { target })
    await systems.sendWebhooks(hook)
    await systems.latency(latencyMs)
    const delays: number[] = []
    for (let n = 0; n < deals; n += 1) {
      const started = performance.now()
      await systems.win(1)
      await confirmed(systems, n + 1, started)
      delays.push(performance.now() - started)
    }
    delays.sort((a, b) => a - b)
    return { latencyMs, deals, medianMs: quantile(delays, 0.5), p99Ms: quantile(delays, 0.99) }
  } finally {
    await child.end()
    await systems.close()
  }
}

async function confirmed(systems: Systems, count: number, started: number): Promise<void> {
  for (;;) {
    if ((await systems.confirmed()) >= count) return
    if (performance.now() - started > limitMs) throw new Error(`no order for deal ${count} after ${limitMs / 1000} s`)
    await new Promise((resolve) => setTimeout(resolve, 3))
  }
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0
