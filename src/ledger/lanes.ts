import type { Lane } from '../ports/http.ts'

/** As they are stored: the best one is 0. */
const lanes: readonly Lane[] = ['live', 'retry', 'backfill']
export const rankOf = (lane: Lane): number => lanes.indexOf(lane)
export const laneOf = (rank: number): Lane => lanes[rank] ?? 'backfill'
