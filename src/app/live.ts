import type { Changes, Look, Topic } from '../ports/ledger/changes.ts'
import { topics } from '../ports/ledger/changes.ts'
import type { Log } from '../ports/log.ts'

/** Tells those who look on what has changed in the ledger, whichever process changed it. */
export interface Live {
  /**
   * What changes from now on, by topic, until the signal aborts or all of it closes. A slow reader gets the topics of all that
   * it has missed, each once.
   * @throws StoreAway when the ledger cannot be looked at
   */
  follow(signal: AbortSignal): Promise<AsyncIterable<readonly Topic[]>>
  /** Ends all that is followed. */
  close(): void
}

const lookEveryMs = 1_000

/** Does something later; does not keep the process alive. */
type Later = (work: () => void, ms: number) => void

/** One look a second for all readers of the process, and none while there are no readers. */
export function openLive(
  changes: Changes,
  log: Log,
  later: Later = (work, ms) => void setTimeout(work, ms).unref(),
): Live {
  const readers = new Set<Reader>()
  let seen = nothingSeen
  let looking: Promise<void> | null = null
  let isAway = false

  async function begin(): Promise<void> {
    seen = since(await changes.look())
    later(goOn, lookEveryMs)
  }
  function goOn(): void {
    if (readers.size === 0) looking = null
    else void look().then(() => later(goOn, lookEveryMs))
  }
  async function look(): Promise<void> {
    try {
      const found = compare(seen, await changes.look())
      seen = found.seen
      isAway = false
      for (const reader of readers) reader.tell(found.changed)
    } catch (error) {
      if (!isAway) log.warn('changes_not_seen', { reason: error instanceof Error ? error.message : String(error) })
      isAway = true
    }
  }

  return {
    async follow(signal) {
      const reader = openReader()
      const leave = () => {
        readers.delete(reader)
        reader.end()
      }
      readers.add(reader)
      looking ??= begin().catch((error: unknown) => {
        looking = null
        throw error
      })
      try {
        await looking
      } catch (error) {
        leave()
        throw error
      }
      signal.addEventListener('abort', leave, { once: true })
      if (signal.aborted) leave()
      return reader.told()
    },
    close() {
      for (const reader of readers) reader.end()
      readers.clear()
    },
  }
}

type Reader = ReturnType<typeof openReader>

function openReader() {
  const untold = new Set<Topic>()
  let news = Promise.withResolvers<void>()
  let isOver = false
  return {
    tell(changed: readonly Topic[]): void {
      for (const topic of changed) untold.add(topic)
      if (changed.length > 0) news.resolve()
    },
    end(): void {
      isOver = true
      news.resolve()
    },
    async *told(): AsyncIterable<readonly Topic[]> {
      for (;;) {
        await news.promise
        if (isOver) return
        news = Promise.withResolvers()
        const told = [...untold]
        untold.clear()
        yield told
      }
    },
  }
}

interface Seen {
  readonly versions: Partial<Look['versions']>
  /** Topics that a transaction below this number may have changed, and was not over yet. */
  readonly unsettled: ReadonlyMap<Topic, bigint>
}
const nothingSeen: Seen = { versions: {}, unsettled: new Map() }

/** Whoever begins now has read nothing yet: only what is under way is news to come. */
function since(look: Look): Seen {
  const underWay = topics.map((topic) => [topic, look.next] as const)
  return { versions: look.versions, unsettled: new Map(look.oldest < look.next ? underWay : []) }
}

/**
 * A version moves when something is written, which nobody sees before its transaction is over. So a topic is told at once, and
 * once more when all transactions are over that were under way.
 */
function compare({ versions, unsettled }: Seen, look: Look): { seen: Seen; changed: readonly Topic[] } {
  const moved = topics.filter((topic) => versions[topic] !== look.versions[topic])
  const isSettled = (below: bigint) => look.oldest >= below
  const settled = [...unsettled].flatMap(([topic, below]) => (isSettled(below) ? [topic] : []))
  const left = [...unsettled].filter(([topic]) => !settled.includes(topic))
  const fresh = isSettled(look.next) ? [] : moved.map((topic) => [topic, look.next] as const)
  return {
    seen: { versions: look.versions, unsettled: new Map([...left, ...fresh]) },
    changed: [...new Set([...moved, ...settled])],
  }
}
