import type { UseCases } from './use-cases.ts'

/** Problems with what the deals are worth that wait on them. */
export async function withWorth<P extends { readonly id: string }>(problems: readonly P[], useCases: UseCases) {
  const worths = await useCases.worth(problems.map(({ id }) => id))
  return problems.map((one) => ({ ...one, ...(worths.get(one.id) ?? { held: [], unknown: 0 }) }))
}
