import type { Condition } from '../../../core/condition.ts'
import type { Watch } from '../../../ports/connector.ts'
import type { DealSync } from './sync.ts'

/** The deals that the mapping's `watch` names, narrowed by the sync's `where`. */
export function watchOf({ config, deal, reads }: Pick<DealSync, 'config' | 'deal' | 'reads'>): Watch {
  const own: Condition = config.where ?? {}
  const where =
    deal.watch.length === 0 && config.where !== undefined ? [own] : deal.watch.map((one) => ({ ...one, ...own }))
  return { object: deal.object, paths: reads, where }
}
