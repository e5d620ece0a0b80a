import type { Job, Queue } from '../../src/ports/queue.ts'

const nothing = { waiting: 0, active: 0 }

/** Takes jobs and hands them to nobody. @param taken  where they are noted */
export const idleQueue = (taken: Job[] = []): Queue => ({
  enqueue: async (jobs) => void taken.push(...jobs),
  schedule: async () => undefined,
  restore: async () => undefined,
  work: async () => async () => undefined,
  counts: async () => ({ detect: nothing, deliver: nothing, upkeep: nothing }),
  close: async () => undefined,
})
