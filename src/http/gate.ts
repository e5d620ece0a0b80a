import type { Clock } from '../ports/clock.ts'
import type { Lane, Slots } from '../ports/http.ts'

/** Keeps the number of calls under way within a limit, and lets those of the better lane go first. */
export interface Gate {
  /** @param call  is told in which round it goes: the time between two refusals that count */
  pass<T>(lane: Lane, call: (round: number) => Promise<T>): Promise<T>
  /** The system had too many calls at once: it gets half as many. Calls of one round that are refused are one refusal. */
  refused(round: number): Promise<void>
  /** The system answered a call. */
  answered(): Promise<void>
}

/** Additive increase: so many answers, while calls have to wait, allow one call more. */
const answersForMore = 25
// How often a share is renewed while there are calls, and asked for while there is none.
const renewMs = 2_000
const askMs = 250

/** A gate whose width does not change: of a login, which has its calls to itself. */
export function openFixedGate(width: number): Gate {
  const line = openLine(() => width)
  return { pass: (lane, call) => line.pass(lane, () => call(0)), refused: async () => {}, answered: async () => {} }
}

/** A gate whose width is learnt, and shared by all processes where there are slots to share. */
export function openGate(
  connection: string,
  { start, most }: { readonly start: number; readonly most: number },
  { slots = null, clock }: { readonly slots: Slots | null; readonly clock: Clock },
): Gate {
  let width = slots === null ? Math.min(start, most) : 0
  let limit = Math.min(start, most)
  let answers = 0
  let round = 0
  const line = openLine(() => width)
  const share = slots === null ? null : openShare(slots)

  function openShare(shared: Slots) {
    let beating = false
    let used = false
    let renewing: Promise<unknown> = Promise.resolve()

    /** One after the other, so that an older answer does not replace a newer one. */
    function renew(): Promise<void> {
      const own = renewing.then(async () => {
        const now = await shared.share(connection, { start, most, busy: line.busy() })
        width = now.width
        limit = now.limit
        line.advance()
      })
      // Whoever asked hears of a failure; the next one only waits for its end.
      renewing = Promise.allSettled([own])
      return own
    }

    /** Holds a share as long as there are calls to make. */
    async function beat(): Promise<void> {
      do {
        do {
          used = false
          await renew()
          await clock.sleep(width === 0 ? askMs : renewMs, shared.ended)
          if (shared.ended.aborted) return
        } while (used || line.busy() + line.waiting() > 0)
        width = 0
        await renewing
        await shared.leave(connection)
      } while (line.waiting() > 0)
    }

    function begin(): void {
      used = true
      if (beating) return
      beating = true
      beat()
        .catch((error: unknown) => {
          width = 0
          // The ledger cannot be reached: who waits is told, and the next call asks again.
          line.fail(error)
        })
        .finally(() => {
          beating = false
        })
    }
    return { begin, renew }
  }

  async function change(by: 'lower' | 'raise'): Promise<void> {
    answers = 0
    if (slots === null || share === null) {
      limit = by === 'lower' ? Math.max(1, Math.floor(limit / 2)) : limit + 1
      width = limit
      return line.advance()
    }
    // At once: what is begun meanwhile would be refused as well.
    if (by === 'lower') width = Math.max(1, Math.floor(width / 2))
    if (by === 'lower') await slots.lower(connection, limit)
    else await slots.raise(connection)
    await share.renew()
  }

  return {
    pass(lane, call) {
      share?.begin()
      return line.pass(lane, () => call(round))
    },
    async refused(of) {
      if (of !== round) return
      round += 1
      await change('lower')
    },
    async answered() {
      if (limit >= most || line.waiting() === 0) return
      answers += 1
      if (answers >= answersForMore) await change('raise')
    },
  }
}

interface Waiting {
  go(): void
  fail(error: unknown): void
}

function openLine(width: () => number) {
  const line: Readonly<Record<Lane, Waiting[]>> = { live: [], retry: [], backfill: [] }
  let busy = 0
  const next = () => line.live.shift() ?? line.retry.shift() ?? line.backfill.shift()

  function advance(): void {
    while (busy < width()) {
      const first = next()
      if (first === undefined) return
      busy += 1
      first.go()
    }
  }

  return {
    busy: () => busy,
    waiting: () => line.live.length + line.retry.length + line.backfill.length,
    advance,
    fail(error: unknown): void {
      for (let first = next(); first !== undefined; first = next()) first.fail(error)
    },
    async pass<T>(lane: Lane, call: () => Promise<T>): Promise<T> {
      await new Promise<void>((go, fail) => {
        line[lane].push({ go, fail })
        advance()
      })
      try {
        return await call()
      } finally {
        busy -= 1
        advance()
      }
    },
  }
}
