/** An expression and what it is evaluated on, as text: that passes every boundary, and is read where nothing is lost by it. */
export interface SandboxTask {
  readonly source: string
  /** JSON. */
  readonly input: string
}
export type SandboxAnswer =
  | { readonly ok: true /** JSON. */; readonly value: string }
  | { readonly ok: false; readonly why: string /** It ran until it was stopped. */; readonly stopped?: true }

/** An expression that does it again and again would block its sync for as long as a batch has records. */
export const strikesMax = 3

/** Refuses tasks of a batch, and all others of an expression that has failed too often. */
export function openStrikes(tasks: readonly SandboxTask[], answers: Map<number, SandboxAnswer>) {
  const counts = new Map<string, number>()
  return {
    refuse(index: number, why: string): void {
      answers.set(index, { ok: false, why, stopped: true })
      const source = tasks[index]?.source ?? ''
      const count = (counts.get(source) ?? 0) + 1
      counts.set(source, count)
      if (count < strikesMax) return
      for (const [other, task] of tasks.entries())
        if (task.source === source && !answers.has(other)) answers.set(other, notTried(why))
    },
  }
}

export const notTried = (why: string): SandboxAnswer => ({
  ok: false,
  why: `not tried, because it failed on ${strikesMax} other records: ${why}`,
})
