import type { JsonObject } from '../../src/core/json.ts'
import { SyncError } from '../../src/core/problem.ts'
import type { SetupStep } from '../../src/ports/connector.ts'
import type { Client, Saved } from './client.ts'
import { idOf } from './plan.ts'
import { quote } from './soql.ts'

const set = {
  Name: 'Crosswalk',
  Label: 'Crosswalk',
  Description: 'Lets Crosswalk write the state of the order onto opportunities, and stock onto products',
} as const

interface Field {
  readonly object: string
  readonly name: string
}

/**
 * Makes a permission set that lets its users read and edit the fields, and gives it to the user of this connection: a field
 * that was created by the API is shown to nobody.
 */
export async function permit(client: Client, fields: readonly Field[]): Promise<readonly SetupStep[]> {
  const { userId } = await client.identity()
  const known = await findSet(client)
  const id = known ?? (await createSet(client))
  const [permitted, assigned] = await Promise.all([
    permitFields(client, id, fields),
    assign(client, { PermissionSetId: id, AssigneeId: userId }),
  ])
  const made = known === null ? 'created' : 'present'
  return [
    { subject: `permission set ${set.Name}`, outcome: made, message: `Permission set "${set.Label}"` },
    permitted,
    assigned,
  ]
}

async function findSet(client: Client): Promise<string | null> {
  const found = await client.query(`SELECT Id FROM PermissionSet WHERE Name = ${quote(set.Name)}`)
  return found.rows.map(idOf)[0] ?? null
}

async function createSet(client: Client): Promise<string> {
  const [saved] = await client.create('PermissionSet', [set])
  if (saved?.ok === true) return saved.id
  // Made by a call whose answer was lost, or by somebody else in the meantime.
  const found = await findSet(client)
  if (found !== null) return found
  throw refused('the permission set', saved)
}

/** Lets the permission set edit the fields, those that it may only read so far included. */
async function permitFields(client: Client, setId: string, fields: readonly Field[]): Promise<SetupStep> {
  const subject = 'field-level security'
  const found = await client.query(
    `SELECT Id, Field, PermissionsEdit FROM FieldPermissions WHERE ParentId = ${quote(setId)}`,
  )
  const known = new Map(found.rows.map((row) => [row.Field, row]))
  const wanted = fields.map(({ object, name }) => ({ SobjectType: object, Field: `${object}.${name}` }))
  const missing = wanted.filter(({ Field }) => !known.has(Field))
  const readOnly = wanted.filter(({ Field }) => known.get(Field)?.PermissionsEdit === false)
  const edit = { PermissionsRead: true, PermissionsEdit: true }
  const [made, changed] = await Promise.all([
    client.create(
      'FieldPermissions',
      missing.map((field) => ({ ParentId: setId, ...field, ...edit })),
    ),
    client.update(
      'FieldPermissions',
      readOnly.map(({ Field }) => ({ Id: idOf(known.get(Field) ?? {}), ...edit })),
    ),
  ])
  const saved = [...made, ...changed]
  const open = [...missing, ...readOnly].flatMap(({ Field }, place) => {
    const one = saved[place]
    return one === undefined || one.ok || isDuplicate(one) ? [] : [`${Field}: ${one.told.message}`]
  })
  if (open.length > 0) {
    const message = `give the permission set the right to edit these fields by hand: ${open.join('; ')}`
    return { subject, outcome: 'differs', message }
  }
  const outcome = saved.length > 0 ? 'created' : 'present'
  return { subject, outcome, message: `All ${wanted.length} fields may be edited with the permission set` }
}

async function assign(client: Client, assignment: JsonObject): Promise<SetupStep> {
  const subject = 'assignment'
  const message = 'The user of this connection has the permission set; show the fields to people by their profiles'
  const same = Object.entries(assignment).map(([name, id]) => `${name} = ${quote(String(id))}`)
  const found = await client.query(`SELECT Id FROM PermissionSetAssignment WHERE ${same.join(' AND ')}`)
  if (found.rows.length > 0) return { subject, outcome: 'present', message }
  const [saved] = await client.create('PermissionSetAssignment', [assignment])
  if (saved?.ok === true || isDuplicate(saved)) return { subject, outcome: 'created', message }
  throw refused('the assignment of the permission set', saved)
}

const isDuplicate = (saved: Saved | undefined): boolean => saved?.ok === false && saved.told.code === 'DUPLICATE_VALUE'

const refused = (what: string, saved: Saved | undefined) =>
  new SyncError(`Salesforce did not create ${what}: ${saved?.ok === false ? saved.told.message : 'no answer'}`, {
    problem: { kind: 'permission_missing', missing: ['Manage Profiles and Permission Sets'] },
    fix: 'Run `crosswalk setup` with the login of an administrator, or do by hand what docs/salesforce.md says.',
  })
