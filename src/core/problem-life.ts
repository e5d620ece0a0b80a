export const problemStates = ['new', 'ongoing', 'escalating', 'came_back', 'muted', 'closed'] as const
/** What a person sees of a problem at a glance; what each of them means: docs/decisions/0041-life-of-a-problem.md. */
export type ProblemState = (typeof problemStates)[number]

export const problemEnds = [
  // It was tried again by itself, or what was wrong is so no more.
  'by_itself',
  'retried',
  'entry_added',
  'customer_linked',
  'accepted',
  'overwritten',
  'ignored',
  'resumed',
  // By a comparison of both systems.
  'compared',
  'mappings_changed',
  'not_configured',
  // What waited on it waits on another problem now.
  'other_problem',
] as const
/** What made a problem be over, as far as it is known. The last of its records counts. */
export type ProblemEnd = (typeof problemEnds)[number]
