import { canonicalJson } from '../core/json.ts'
import type { LookupAnswer, LookupNeed, Resolver } from '../mapping/run.ts'
import type { Endpoint } from './endpoint.ts'

/** Answers the lookups of a batch with one `find` for each object; what was asked once in the batch is not asked again. */
export function openLookups(endpoint: Endpoint): Resolver {
  const answers = new Map<string, LookupAnswer>()
  const keyOf = (need: LookupNeed) => `${need.object} ${canonicalJson(need.where)}`
  return {
    async lookup(needs) {
      const byObject = new Map<string, LookupNeed[]>()
      for (const need of needs) {
        if (!answers.has(keyOf(need))) byObject.set(need.object, [...(byObject.get(need.object) ?? []), need])
      }
      await Promise.all(
        [...byObject].map(async ([object, asked]) => {
          const queries = asked.map((need) => ({ fields: need.where }))
          const found = await endpoint.use((connection) => connection.find(object, queries))
          for (const [index, need] of asked.entries()) answers.set(keyOf(need), { matches: found[index] ?? [] })
        }),
      )
      return needs.map((need) => answers.get(keyOf(need)) ?? { matches: [] })
    },
  }
}
