import { SyncError } from '../../src/core/problem.ts'
import type { Property } from './client.ts'
import { type Definitions, keyedObjects, keyProperty } from './schema.ts'

/** What keeps records of the object from carrying our key, each its own; null when nothing does. */
export function keyFlaw(object: string, properties: ReadonlyMap<string, Property>): SyncError | null {
  const property = properties.get(keyProperty)
  if (property?.hasUniqueValue === true) return null
  const why = property === undefined ? 'does not exist' : 'takes a value more than once'
  return new SyncError(`The HubSpot property "${keyProperty}" of ${object}, which holds our key, ${why}`, {
    problem: { kind: 'configuration_invalid', path: `${object}.${keyProperty}` },
    fix:
      property === undefined
        ? 'Run `crosswalk setup` for this connection.'
        : 'Delete the property in HubSpot, then run `crosswalk setup` for this connection.',
  })
}

/** @throws SyncError `configuration_invalid` where records of the object carry no key of ours */
export async function needKey(object: string, definitions: Pick<Definitions, 'properties' | 'forget'>): Promise<void> {
  if (!keyedObjects.includes(object)) {
    throw new SyncError(`HubSpot ${object} carry no key of ours`, {
      problem: { kind: 'configuration_invalid', path: object },
      fix: `Look for a property instead; a key is carried by ${keyedObjects.join(', ')}.`,
    })
  }
  if (keyFlaw(object, await definitions.properties(object)) === null) return
  // It may have been made since the definitions were read.
  definitions.forget(object)
  const flaw = keyFlaw(object, await definitions.properties(object))
  if (flaw !== null) throw flaw
}
