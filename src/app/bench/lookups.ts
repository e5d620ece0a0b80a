import { canonicalJson } from '../../core/json.ts'
import { toMillis } from '../../core/time.ts'
import type { LookupAnswer, LookupNeed, Resolver } from '../../mapping/run/run.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Lane } from '../../ports/http.ts'
import { oneForEach } from './answers.ts'
import type { Endpoint } from './endpoint.ts'

/** How long a hit is cached; a miss is asked for again by every batch. */
const foundMs = 60_000
const foundMax = 20_000

/** Looks things up for the batches of one delivery. */
export interface Lookups {
  /** Answers with one `find` for each object; the same question is asked once for each batch. @param lane  of the batch */
  forBatch(lane: Lane): Resolver
}

/** Batches share a cache of hits: products, countries and price lists are mostly the same ones. */
export function openLookups(endpoint: Pick<Endpoint, 'use' | 'name'>, clock: Clock): Lookups {
  const found = new Map<string, { readonly answer: LookupAnswer; readonly at: number }>()
  // By lane: what a backfill asked for, and perhaps waits for, is no answer to live work.
  const asking = new Map<string, Promise<LookupAnswer>>()
  const keyOf = (need: LookupNeed) => `${need.object} ${canonicalJson(need.where)}`
  const now = () => toMillis(clock.now())

  async function ask(object: string, needs: readonly LookupNeed[]): Promise<readonly LookupAnswer[]> {
    const matches = await endpoint.use((connection) =>
      connection.find(
        object,
        needs.map((need) => ({ fields: need.where })),
      ),
    )
    return oneForEach(matches, needs.length, endpoint.name, object).map((some) => ({ matches: some }))
  }

  function begin(lane: Lane, needs: readonly LookupNeed[]): void {
    for (const [object, asked] of Map.groupBy(needs, (need) => need.object)) {
      const answers = ask(object, asked)
      for (const [index, need] of asked.entries()) {
        const key = keyOf(need)
        const answer = answers.then((all) => all[index] ?? { matches: [] })
        asking.set(`${lane} ${key}`, answer)
        answer
          .then((one) => {
            // No hit, several hits and archived ones are not cached: a person is about to fix them.
            if (one.matches.length !== 1 || one.matches[0]?.archived !== false) return
            if (found.size >= foundMax) found.clear()
            found.set(key, { answer: one, at: now() })
          })
          // The callers get the error themselves.
          .catch(() => null)
          .finally(() => asking.delete(`${lane} ${key}`))
      }
    }
  }

  return {
    forBatch(lane) {
      const own = new Map<string, Promise<LookupAnswer>>()
      return {
        async lookup(needs) {
          const keys = needs.map(keyOf)
          const since = now() - foundMs
          const isFresh = (key: string) => (found.get(key)?.at ?? 0) >= since
          begin(
            lane,
            needs.filter((_, index) => {
              const key = keys[index] ?? ''
              return !own.has(key) && !asking.has(`${lane} ${key}`) && !isFresh(key)
            }),
          )
          return Promise.all(
            keys.map((key) => {
              const known =
                own.get(key) ??
                asking.get(`${lane} ${key}`) ??
                Promise.resolve(found.get(key)?.answer ?? { matches: [] })
              own.set(key, known)
              return known
            }),
          )
        },
      }
    },
  }
}
