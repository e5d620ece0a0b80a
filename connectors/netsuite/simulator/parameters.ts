import type { SimulatorRequest } from '../../../src/simulator/server.ts'
import { invalidParameter } from './errors.ts'

/**
 * Refuses what a request asks for by its address and nobody here reads: who asked would take the answer for another one.
 * @param parts  the path behind the version, decoded
 */
export function refuseUnread({ method, query }: SimulatorRequest, service: string, parts: readonly string[]): void {
  const known = readBy(method, service, parts)
  for (const name of query.keys()) {
    if (!known.includes(name)) throw invalidParameter(`The parameter ${name} is not simulated here.`, name)
  }
}

function readBy(method: string, service: string, [name, which, list]: readonly string[]): readonly string[] {
  if (service === 'query') return ['limit', 'offset']
  if (service !== 'record') return []
  if (name === 'metadata-catalog') return which === undefined ? ['select'] : []
  if (method === 'PATCH' || method === 'PUT') return ['replace']
  if (method !== 'GET') return []
  if (which === undefined) return ['q', 'limit', 'offset']
  return list === undefined
    ? ['fields', 'expandSubResources', 'simpleEnumFormat']
    : ['expandSubResources', 'simpleEnumFormat']
}
