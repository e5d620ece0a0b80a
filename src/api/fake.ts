import type { Live } from '../app/live.ts'
import type { UseCases } from './use-cases.ts'

type AnyUseCases = UseCases & { as(actor: string): UseCases }

/**
 * Use cases that fail with this error, all but some.
 * @param askedBy  told each actor they are asked for
 */
export function unreached(
  reached: Error,
  some: Partial<UseCases> = {},
  askedBy: (actor: string) => void = () => undefined,
): AnyUseCases {
  const fail = () => Promise.reject(reached)
  const useCases: AnyUseCases = new Proxy({ ...some } as AnyUseCases, {
    get: (target, name) => Reflect.get(target, name) ?? fail,
  })
  useCases.as = (actor) => {
    askedBy(actor)
    return useCases
  }
  return useCases
}

/** Nothing changes that anybody could be told of: who asks gets this error. */
export const unwatched = (reached: Error): Live => ({ follow: () => Promise.reject(reached), close: () => undefined })
