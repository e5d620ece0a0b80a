import type { Failure } from '../../src/core/problem.ts'

/** A value that is not sent, as the other system would not take it. */
export const refusedValue = (problem: Failure['problem'], message: string, fix: string) =>
  ({
    ok: false,
    failure: {
      problem,
      message,
      fix,
      ...('field' in problem && problem.field !== null ? { field: String(problem.field) } : {}),
    },
  }) as const
