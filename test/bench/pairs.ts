import type { Contestant } from './contestant.ts'
import type { Pair, Target } from './target.ts'

type Open = (target: Target) => Promise<Contestant>
interface Scripts {
  readonly sequential: Open
  readonly batched: Open
  /** Where the ERP makes orders that are confirmed from the start, and the batched script has it do so. */
  readonly careful?: Open
}

/**
 * What Crosswalk is measured beside; one entry a pair. Each script is loaded alone: code that only another one needs would
 * count as this one's memory.
 */
const scripts: Readonly<Record<string, Scripts>> = {
  'hubspot-odoo': {
    sequential: async (target) => (await import('./pairs/hubspot-odoo/sequential.ts')).openSequential(target),
    batched: async (target) => (await import('./pairs/hubspot-odoo/batched.ts')).openBatched(target),
  },
  'salesforce-netsuite': {
    sequential: async (target) => (await import('./pairs/salesforce-netsuite/sequential.ts')).openSequential(target),
    batched: async (target) => (await import('./pairs/salesforce-netsuite/batched.ts')).openBatched(target),
    careful: async (target) =>
      (await import('./pairs/salesforce-netsuite/batched.ts')).openBatched(target, 'after a look'),
  },
}

/** @throws Error for a pair that has none */
export function scriptsOf({ crm, erp }: Pair): Scripts {
  const found = scripts[`${crm}-${erp}`]
  if (found !== undefined) return found
  throw new Error(
    `there are no scripts for ${crm} and ${erp} to measure Crosswalk beside; pairs that have them: ` +
      `${Object.keys(scripts).join(', ')}. --memory needs none`,
  )
}
