import { canonicalJson } from '../../core/json.ts'
import type { Evaluator } from '../../mapping/run/run.ts'

// These give a different value each time.
const fleeting = /\$(now|millis|random|shuffle)\b/

type Task = Parameters<Evaluator['evaluate']>[0][number]
type Answer = Awaited<ReturnType<Evaluator['evaluate']>>[number]

/** Memoizes evaluations for one batch: most deals of a batch are in the same currency. */
export function shareAnswers(evaluator: Evaluator): Evaluator {
  const known = new Map<string, Promise<Answer>>()
  const keyOf = ({ source, input }: Task) => (fleeting.test(source) ? null : `${source} ${canonicalJson(input)}`)
  return {
    prepare: () => evaluator.prepare(),
    async evaluate(tasks) {
      const fresh: { readonly task: Task; readonly key: string | null; readonly place: number }[] = []
      const asked = new Set<string>()
      const keys = tasks.map(keyOf)
      for (const [place, task] of tasks.entries()) {
        const key = keys[place] ?? null
        if (key !== null && (known.has(key) || asked.has(key))) continue
        if (key !== null) asked.add(key)
        fresh.push({ task, key, place })
      }
      const evaluated = evaluator.evaluate(fresh.map(({ task }) => task))
      const own = new Map<number, Promise<Answer>>()
      for (const [index, { key, place }] of fresh.entries()) {
        const answer = evaluated.then((answers) => {
          const one = answers[index]
          if (one === undefined) throw new Error('fewer expressions were answered than asked')
          return one
        })
        if (key === null) own.set(place, answer)
        else known.set(key, answer)
      }
      return Promise.all(
        tasks.map((_, place) => {
          const answer = own.get(place) ?? known.get(keys[place] ?? '')
          if (answer === undefined) throw new Error('an expression was not asked')
          return answer
        }),
      )
    },
  }
}
