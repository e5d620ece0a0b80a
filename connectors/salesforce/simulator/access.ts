import type { Schema, SimulatedField, SimulatedObject } from './schema.ts'
import type { Store } from './store.ts'

interface AccessOptions {
  /** The user that programs run as. */
  readonly user: string
  /** May see and change the setup: permission sets, fields. */
  readonly administrator: boolean
}
/** An object as the running user sees it. */
export interface View {
  readonly object: SimulatedObject
  /** Null when there is none, or the user may not see it. */
  field(name: string): SimulatedField | null
  fields(): readonly SimulatedField[]
  mayEdit(field: SimulatedField): boolean
  /** Whether records may be made and changed at all. */
  readonly writable: boolean
}
export type Access = ReturnType<typeof openAccess>

const setupOnly: ReadonlySet<string> = new Set(['PermissionSet', 'PermissionSetAssignment', 'FieldPermissions'])
const readOnlyKinds: ReadonlySet<string> = new Set([
  'User',
  'Profile',
  'Organization',
  'OpportunityHistory',
  'OpportunityStage',
  'RecordType',
])

/** What the running user may see and change: object rights, field-level security, permission sets. */
export function openAccess(schema: Schema, store: Store, { user, administrator }: AccessOptions) {
  /** `Opportunity`, `Opportunity.Amount`, in lower case. */
  let hidden: ReadonlySet<string> = new Set()
  let readOnly: ReadonlySet<string> = new Set()
  /** Fields that nobody sees unless a permission set says so. */
  const guarded = new Set<string>()
  const views = new Map<string, View | null>()
  let version = ''

  /** Fields that the user's permission sets let him see; true where he may edit too. */
  function granted(): Map<string, boolean> {
    const found = new Map<string, boolean>()
    for (const assignment of store.having('PermissionSetAssignment', 'AssigneeId', user)) {
      for (const { fields } of store.having(
        'FieldPermissions',
        'ParentId',
        assignment.fields.PermissionSetId ?? null,
      )) {
        const name = String(fields.Field).toLowerCase()
        if (fields.PermissionsRead === true)
          found.set(name, found.get(name) === true || fields.PermissionsEdit === true)
      }
    }
    return found
  }

  /** @param tooling  by the Tooling API, which has objects of its own. Null when there is no such object for the user */
  function view(name: string, tooling = false): View | null {
    const present = `${schema.version()} ${store.setupVersion()}`
    if (present !== version) {
      views.clear()
      version = present
    }
    const key = `${name} ${tooling}`
    const known = views.get(key)
    if (known !== undefined) return known
    const made = makeView(name, tooling)
    views.set(key, made)
    return made
  }

  function makeView(name: string, tooling: boolean): View | null {
    const object = schema.find(name)
    if (object === null || hidden.has(object.name.toLowerCase())) return null
    if (object.kind === 'tooling' && !tooling) return null
    if (setupOnly.has(object.name) && !administrator) return null
    const grants = granted()
    const pathOf = (field: SimulatedField): string => `${object.name}.${field.name}`.toLowerCase()
    const sees = (field: SimulatedField): boolean => {
      const path = pathOf(field)
      return !hidden.has(path) && (!guarded.has(path) || grants.has(path))
    }
    const fields = [...object.fields.values()].filter(sees)
    const byName = new Map(fields.map((field) => [field.name.toLowerCase(), field]))
    const writable = !readOnlyKinds.has(object.name) && !readOnly.has(object.name.toLowerCase())
    return {
      object,
      field: (wanted) => byName.get(wanted.toLowerCase()) ?? null,
      fields: () => fields,
      mayEdit: (one) => {
        const path = pathOf(one)
        return writable && !readOnly.has(path) && (!guarded.has(path) || grants.get(path) === true)
      },
      writable,
    }
  }

  return {
    user,
    administrator,
    view,
    lists: schema.lists,
    setHidden: (names: readonly string[]) => {
      hidden = new Set(names.map((name) => name.toLowerCase()))
      version = ''
    },
    setReadOnly: (names: readonly string[]) => {
      readOnly = new Set(names.map((name) => name.toLowerCase()))
      version = ''
    },
    guard(object: string, field: string): void {
      guarded.add(`${object}.${field}`.toLowerCase())
      version = ''
    },
  }
}
