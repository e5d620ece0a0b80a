import { startChild } from './children.ts'
import type { Pass } from './contender.ts'
import type { ContestantName } from './contestant.ts'
import { usageOf, watchMemory } from './process-tree.ts'
import { type Calls, startSystems } from './systems.ts'
import type { Pair } from './target.ts'
import { verify } from './verify.ts'

interface Cost {
  readonly ms: number
  readonly calls: Calls
  readonly cpuMs: number
}

/** What it took a contestant to get deals across. */
export interface Measurement {
  readonly contestant: ContestantName
  readonly latencyMs: number
  readonly deals: number
  /** Until every order was confirmed and its number written back. */
  readonly ms: number
  readonly calls: Calls
  readonly cpuMs: number
  readonly postgresCpuMs: number
  /** Highest, MB. */
  readonly memoryMb: number
  readonly postgresMemoryMb: number
  /** The next look at both systems, and what followed until there was nothing left to do. Null for scripts and where it was left out. */
  readonly echo: Cost | null
  /** A poll of an account where nothing happened for a while. Null for scripts. */
  readonly idle: Calls | null
}

const passesMax = 10
/**
 * As if on a schedule: polls that follow at once meet changes whose second is not over, and index delays, over and over.
 * The pause counts for nothing.
 */
const pauseMs = 3000
const none: Cost = { ms: 0, calls: { crm: 0, erp: 0 }, cpuMs: 0 }
const plus = (one: Cost, other: Cost): Cost => ({
  ms: one.ms + other.ms,
  calls: { crm: one.calls.crm + other.calls.crm, erp: one.calls.erp + other.calls.erp },
  cpuMs: one.cpuMs + other.cpuMs,
})

/** @param until  `delivered` leaves out what follows the first pass: of very many deals a CRM shows the echo for minutes */
export async function measure(
  pair: Pair,
  contestant: ContestantName,
  latencyMs: number,
  deals: number,
  until: 'quiet' | 'delivered' = 'quiet',
): Promise<Measurement> {
  const systems = await startSystems(pair)
  const child = startChild('contender.ts')
  let stopWatching: (() => Promise<number>) | null = null
  try {
    const { target } = systems
    const { postgresPid } = await child.ask<{ postgresPid: number | null }>('open', { name: contestant, target })
    if (postgresPid !== null) stopWatching = watchMemory(postgresPid)
    const postgresCpu = async () => (postgresPid === null ? 0 : (await usageOf(postgresPid)).cpuMs)
    const once = async () => {
      await systems.resetCalls()
      const before = await postgresCpu()
      const pass = await child.ask<Pass>('pass', { syncs: [] })
      const calls = await systems.calls()
      return { ...pass, calls, postgresCpuMs: (await postgresCpu()) - before }
    }
    const idle = postgresPid === null ? null : (await once()).calls
    await systems.win(deals)
    await systems.latency(latencyMs)
    const first = await once()
    let echo: Cost | null = null
    for (let passes = 1; postgresPid !== null && until === 'quiet'; passes += 1) {
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
      const { ms, calls, cpuMs, postgresCpuMs, counts } = await once()
      const quiet = Object.keys(counts).length === 0
      // The first look meets all that was written, and has its price also where it recognises it.
      if (quiet && passes > 1) break
      if (passes === passesMax) throw new Error(`still busy after ${passes} passes: ${JSON.stringify(counts)}`)
      echo = plus(echo ?? none, { ms, calls, cpuMs: cpuMs + postgresCpuMs })
      if (quiet) break
    }
    const postgresMemoryMb = (await stopWatching?.()) ?? 0
    const memoryMb = await child.ask<number>('memory')
    await systems.latency(0)
    await verify(systems, deals)
    const { ms, calls, cpuMs, postgresCpuMs } = first
    return {
      ...{ contestant, latencyMs, deals, ms, calls, cpuMs, postgresCpuMs, memoryMb, postgresMemoryMb, echo, idle },
    }
  } finally {
    await stopWatching?.()
    await child.end()
    await systems.close()
  }
}
