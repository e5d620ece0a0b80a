import type { ProblemKind } from '../../core/problem.ts'
import type { Severity } from '../../ports/alerts.ts'

const grownBy = 10

/** Whether so many more records wait than before that people are told anew. */
export const hasGrown = (waiting: number, before: number): boolean => waiting >= grownBy * Math.max(1, before)

/** Urgent is what stops everything and does not heal by itself. */
export function severityOf(kind: ProblemKind): Severity {
  switch (kind) {
    case 'auth_rejected':
    case 'permission_missing':
    case 'configuration_invalid':
    case 'guard_tripped':
      return 'urgent'
    default:
      return 'warning'
  }
}
