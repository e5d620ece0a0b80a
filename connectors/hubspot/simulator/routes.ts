import { objectNames } from './definitions.ts'

export interface Route {
  readonly name: string
  readonly object: string
  readonly id: string
  readonly other: string
}

const version = '(?:20\\d\\d-\\d\\d)'
/** Dated paths first, those of the old numbered versions second. */
const routes: readonly (readonly [RegExp, string])[] = [
  [`/crm/objects/${version}/:o/search|/crm/v3/objects/:o/search`, 'search'],
  [`/crm/objects/${version}/:o/batch/read|/crm/v3/objects/:o/batch/read`, 'batch/read'],
  [`/crm/objects/${version}/:o/batch/update|/crm/v3/objects/:o/batch/update`, 'batch/update'],
  [`/crm/objects/${version}/:o/batch/create|/crm/v3/objects/:o/batch/create`, 'batch/create'],
  [`/crm/objects/${version}/:o/batch/upsert|/crm/v3/objects/:o/batch/upsert`, 'batch/upsert'],
  [`/crm/objects/${version}/:o/batch/archive|/crm/v3/objects/:o/batch/archive`, 'batch/archive'],
  [`/crm/objects/${version}/:o/:i|/crm/v3/objects/:o/:i`, 'object'],
  [`/crm/objects/${version}/:o|/crm/v3/objects/:o`, 'objects'],
  [`/crm/associations/${version}/:o/:t/batch/read|/crm/v4/associations/:o/:t/batch/read`, 'associations'],
  [`/crm/properties/${version}/:o/groups|/crm/v3/properties/:o/groups`, 'groups'],
  [`/crm/properties/${version}/:o|/crm/v3/properties/:o`, 'properties'],
  [`/crm/pipelines/${version}/:o|/crm/v3/pipelines/:o`, 'pipelines'],
  [`/crm/owners/${version}/:i|/crm/v3/owners/:i`, 'owner'],
  [`/crm/owners/${version}|/crm/v3/owners`, 'owners'],
  [`/account-info/${version}/details|/account-info/v3/details`, 'account'],
].map(([pattern = '', name = '']) => {
  const places = pattern
    .replaceAll(':o', '(?<o>[a-z_]+)')
    .replaceAll(':t', '(?<t>[a-z_]+)')
    .replaceAll(':i', '(?<i>[^/]+)')
  return [new RegExp(`^(?:${places})$`), name] as const
})

export function routeOf(path: string): Route | null {
  for (const [pattern, name] of routes) {
    const match = pattern.exec(path)
    if (match === null) continue
    const { o = '', i = '', t = '' } = match.groups ?? {}
    const known = [o, t].every((object) => object === '' || objectNames.includes(object))
    return known ? { name, object: o, id: decodeURIComponent(i), other: t } : null
  }
  return null
}

export function scopesOf(method: string, { name, object, other }: Route): readonly string[] {
  if (name === 'owners' || name === 'owner') return ['crm.objects.owners.read']
  if (object === '' || name === 'properties' || name === 'groups' || name === 'pipelines') return []
  const batch = ['batch/create', 'batch/update', 'batch/upsert', 'batch/archive'].includes(name)
  const changes = batch || ((name === 'objects' || name === 'object') && method !== 'GET')
  return [object, other].filter((one) => one !== '').map((one) => `crm.objects.${one}.${changes ? 'write' : 'read'}`)
}
