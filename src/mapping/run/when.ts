import type { Evaluate, Frame, failed, pending } from './frame.ts'

/**
 * Whether something is there, as a `when` decides. The text "false" is how some systems write a boolean, and "0" is
 * how we write a number.
 */
export function holds(evaluate: Evaluate, frame: Frame): boolean | typeof pending | typeof failed {
  const value = evaluate(frame)
  if (typeof value === 'symbol') return value
  return !(value === null || value === false || value === '' || value === 'false' || value === 0 || value === '0')
}

/** True as long as each of them holds; what comes after one that does not is left alone. */
export const allHold =
  (conditions: readonly Evaluate[]): Evaluate =>
  (frame) => {
    for (const condition of conditions) {
      const there = holds(condition, frame)
      if (there !== true) return there
    }
    return true
  }
