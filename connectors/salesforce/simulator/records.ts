import { recordRefusal, refusal } from './errors.ts'
import { openOpportunities } from './opportunities.ts'
import type { Schema, SimulatedObject } from './schema.ts'
import type { Row, Store, Value, Values } from './store.ts'
import { flawOf } from './values.ts'

/** Who writes, and when; now when no time is given. */
export interface Hand {
  readonly user: string
  readonly at?: number
}
export interface ValidationRule {
  readonly object: string
  readonly message: string
  /** Where the message is shown. */
  readonly field?: string
  fails(values: Values): boolean
}
export type Records = ReturnType<typeof openRecords>

/** Making, changing and deleting records by the rules that hold for everybody, people and programs. */
export function openRecords(store: Store, schema: Schema) {
  const opportunities = openOpportunities(store, schema)
  const rules: ValidationRule[] = []
  /** Ids that others hold on to right now. */
  const locked = new Set<string>()
  /** Records deleted along with another, by the id of that one. */
  const deletedWith = new Map<string, string>()
  const deletions: { readonly object: string; readonly id: string; readonly at: number }[] = []
  const corporate = schema.currencies[0]
  /** Opportunities whose lines changed, to be summed up once at the end, as one statement of Salesforce does. */
  const due = new Map<string, Hand>()
  let depth = 0

  /** One transaction for all of it. */
  function together<T>(work: () => T): T {
    return store.transaction(() => {
      depth += 1
      try {
        const result = work()
        if (depth === 1) for (const [id, { user, at }] of due) opportunities.rollUp(id, user, at)
        return result
      } finally {
        depth -= 1
        if (depth === 0) due.clear()
      }
    })
  }

  function complete(object: SimulatedObject, row: Row | null, values: Values, at: number): Values {
    const next: Record<string, Value> = { ...values }
    if (row === null && object.kind === 'data') {
      if (corporate !== undefined && object.fields.get('currencyisocode')?.createable === true) {
        next.CurrencyIsoCode ??= corporate
      }
    }
    switch (object.name) {
      case 'Opportunity':
        return opportunities.ofOpportunity(row, next, `${new Date(at).toISOString().slice(0, 19)}.000Z`)
      case 'OpportunityLineItem':
        return opportunities.ofLine(row, next)
      case 'Account':
      case 'Contact':
      case 'User':
        return named(object, row, next)
      case 'OpportunityContactRole':
        if (row === null && corporate !== undefined) {
          next.CurrencyIsoCode = store.any(String(next.OpportunityId))?.fields.CurrencyIsoCode ?? null
        }
        return next
      default:
        return next
    }
  }

  /** A person's name is made of its parts; an account with a last name is a person. */
  function named(object: SimulatedObject, row: Row | null, values: Record<string, Value>): Values {
    const current = (name: string): Value => (values[name] === undefined ? (row?.fields[name] ?? null) : values[name])
    const isPerson = object.name !== 'Account' || (schema.personAccounts && current('LastName') !== null)
    if (!isPerson) return values
    if (object.name === 'Account') values.IsPersonAccount = true
    values.Name = [current('FirstName'), current('LastName')].filter((part) => part !== null).join(' ')
    return values
  }

  function check(object: SimulatedObject, row: Row | null, values: Values): void {
    const missing = [...object.fields.values()].filter((field) => {
      if (field.nillable || field.type === 'boolean' || !field.createable) return false
      const value = values[field.name]
      return row === null ? (value ?? null) === null : value === null
    })
    if (missing.length > 0) {
      const names = missing.map((field) => field.name).sort()
      throw recordRefusal('REQUIRED_FIELD_MISSING', `Required fields are missing: [${names.join(', ')}]`, names)
    }
    for (const [name, value] of Object.entries(values)) {
      const field = object.fields.get(name.toLowerCase())
      if (field === undefined) throw new Error(`${object.name} has no field ${name}`)
      if (!field.createable) continue
      const flaw = flawOf(field, value, store)
      if (flaw !== null) throw flaw
      if (!field.unique || typeof value !== 'string') continue
      const other = store.having(object.name, field.name, value).find((one) => one !== row && !one.fields.IsDeleted)
      if (other !== undefined) {
        throw recordRefusal(
          'DUPLICATE_VALUE',
          `duplicate value found: ${field.name} duplicates value on record with id: ${other.id.slice(0, 15)}`,
        )
      }
    }
    checkUniqueness(object, row, values)
    if (object.name === 'PricebookEntry') checkPrice(row, values)
    const after = { ...row?.fields, ...values }
    for (const rule of rules) {
      if (rule.object !== object.name || !rule.fails(after)) continue
      throw recordRefusal(
        'FIELD_CUSTOM_VALIDATION_EXCEPTION',
        rule.message,
        rule.field === undefined ? [] : [rule.field],
      )
    }
  }

  /** A price of another book goes by one of the standard book. */
  function checkPrice(row: Row | null, values: Values): void {
    if (values.UseStandardPrice === true) {
      throw refusal(501, 'NOT_SIMULATED', 'UseStandardPrice is not simulated')
    }
    if (row !== null) return
    const isStandard = (book: Value | undefined): boolean =>
      store.get('Pricebook2', String(book))?.fields.IsStandard === true
    const { Product2Id = null, CurrencyIsoCode = null, Pricebook2Id } = values
    const standard = store
      .having('PricebookEntry', 'Product2Id', Product2Id)
      .some(
        ({ fields }) =>
          fields.IsDeleted !== true &&
          isStandard(fields.Pricebook2Id) &&
          (fields.CurrencyIsoCode ?? null) === CurrencyIsoCode,
      )
    if (isStandard(Pricebook2Id) || standard) return
    throw recordRefusal('STANDARD_PRICE_NOT_DEFINED', 'Before creating a custom price, create a standard price.')
  }

  /** Objects of which two with the same parts make no sense. */
  function checkUniqueness(object: SimulatedObject, row: Row | null, values: Values): void {
    if (row !== null) return
    const parts = uniqueTogether[object.name]
    if (parts !== undefined) {
      const [first = '', ...rest] = parts
      const twin = store
        .having(object.name, first, values[first] ?? null)
        .find(
          (one) => !one.fields.IsDeleted && rest.every((name) => (one.fields[name] ?? null) === (values[name] ?? null)),
        )
      if (twin !== undefined) {
        const message =
          object.name === 'PricebookEntry'
            ? 'This price definition already exists in this price book'
            : 'duplicate value found: <unknown> duplicates value on record with id: <unknown>'
        throw recordRefusal('DUPLICATE_VALUE', message)
      }
    }
    if (object.name === 'PermissionSet') {
      for (const one of store.rows('PermissionSet')) {
        if (String(one.fields.Name).toLowerCase() === String(values.Name).toLowerCase()) {
          throw recordRefusal(
            'DUPLICATE_DEVELOPER_NAME',
            `The name: ${values.Name} is already in use by another PermissionSet`,
            ['Name'],
          )
        }
      }
    }
    if (object.name === 'FieldPermissions') checkFieldPermissions(values)
  }

  function checkFieldPermissions(values: Values): void {
    const [objectName = '', name = ''] = String(values.Field).split('.')
    const field = schema.find(objectName)?.fields.get(name.toLowerCase())
    // Fields that everybody must see can be neither given nor taken.
    if (field === undefined || objectName !== values.SobjectType || !field.nillable) {
      throw recordRefusal(
        'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST',
        `Field Name: bad value for restricted picklist field: ${values.Field}`,
        ['Field'],
      )
    }
    if (values.PermissionsRead !== true) {
      throw recordRefusal('FIELD_INTEGRITY_EXCEPTION', 'Edit permission depends on permission(s): Read', [])
    }
  }

  function refuseLocked(row: Row): void {
    const parent = row.fields.OpportunityId
    if (locked.has(row.id) || (typeof parent === 'string' && locked.has(parent))) {
      const id = locked.has(row.id) ? row.id : parent
      throw recordRefusal(
        'UNABLE_TO_LOCK_ROW',
        `unable to obtain exclusive access to this record or 1 records: ${String(id)}`,
      )
    }
  }

  function create(name: string, values: Values, { user, at }: Hand): Row {
    const object = schema.object(name)
    return together(() => {
      const owned = object.kind === 'data' && object.fields.has('ownerid') ? { OwnerId: user, ...values } : values
      const full = complete(object, null, owned, at ?? store.now())
      check(object, null, full)
      const row = store.insert(object.name, full, user, at)
      after(row, { user, ...(at === undefined ? {} : { at }) })
      if (name === 'Opportunity') opportunities.record(row, user, at)
      return row
    })
  }

  function update(row: Row, values: Values, { user, at }: Hand): void {
    const object = schema.object(row.object)
    together(() => {
      if (row.fields.IsDeleted === true) throw recordRefusal('ENTITY_IS_DELETED', 'entity is deleted', [], 404)
      refuseLocked(row)
      const next = complete(object, row, values, at ?? store.now())
      check(object, row, next)
      const recorded = row.object === 'Opportunity' && opportunities.isRecorded(row, next)
      store.update(row, next, user, 'UPDATE', at)
      if (recorded) opportunities.record(row, user, at)
      after(row, { user, ...(at === undefined ? {} : { at }) })
    })
  }

  /** What a write brings about elsewhere. */
  function after(row: Row, hand: Hand): void {
    switch (row.object) {
      case 'OpportunityLineItem':
        due.set(String(row.fields.OpportunityId), hand)
        return
      case 'OpportunityContactRole': {
        if (row.fields.IsPrimary !== true) return
        for (const other of store.having('OpportunityContactRole', 'OpportunityId', row.fields.OpportunityId ?? null)) {
          if (other !== row && other.fields.IsPrimary === true) {
            store.update(other, { IsPrimary: false }, hand.user, 'UPDATE', hand.at)
          }
        }
        return
      }
      case 'Account': {
        if (row.fields.IsPersonAccount !== true) return
        const { FirstName = null, LastName = null, Name = null, PersonEmail = null } = row.fields
        const person = { FirstName, LastName, Name, Email: PersonEmail }
        const contact = store.get('Contact', String(row.fields.PersonContactId))
        if (contact !== null) {
          store.update(contact, person, hand.user, 'UPDATE', hand.at)
          return
        }
        const made = store.insert(
          'Contact',
          { ...person, AccountId: row.id, IsPersonAccount: true },
          hand.user,
          hand.at,
        )
        store.update(row, { PersonContactId: made.id }, hand.user, null, hand.at)
      }
    }
  }

  function remove(row: Row, { user, at }: Hand, root = row.id): void {
    together(() => {
      if (row.fields.IsDeleted === true) throw recordRefusal('ENTITY_IS_DELETED', 'entity is deleted', [], 404)
      if (root === row.id) refuseLocked(row)
      const hand: Hand = { user, ...(at === undefined ? {} : { at }) }
      for (const list of schema.lists(row.object)) {
        if (schema.field(list.object, list.field)?.cascade !== true) continue
        for (const child of store.having(list.object, list.field, row.id)) {
          if (child.fields.IsDeleted !== true) remove(child, hand, root)
        }
      }
      if (schema.object(row.object).kind !== 'data') {
        store.purge(row)
        return
      }
      store.update(row, { IsDeleted: true }, user, 'DELETE', at)
      if (root !== row.id) deletedWith.set(row.id, root)
      deletions.push({ object: row.object, id: row.id, at: at ?? store.now() })
      if (row.object === 'OpportunityLineItem' && root === row.id) after(row, hand)
    })
  }

  return {
    together,
    create,
    update,
    remove,
    undelete(row: Row, { user, at }: Hand): void {
      together(() => {
        const together = [...deletedWith].flatMap(([id, root]) => (root === row.id ? (store.any(id) ?? []) : []))
        for (const one of [row, ...together]) {
          store.update(one, { IsDeleted: false }, user, 'UNDELETE', at)
          deletedWith.delete(one.id)
          const place = deletions.findLastIndex((deletion) => deletion.id === one.id)
          if (place >= 0) deletions.splice(place, 1)
        }
        if (row.object === 'OpportunityLineItem') after(row, { user, ...(at === undefined ? {} : { at }) })
      })
    },
    /** What belongs to the loser moves to the winner; the loser is deleted and names the winner. */
    merge(winner: Row, loser: Row, { user, at }: Hand): void {
      store.transaction(() => {
        for (const list of schema.lists(loser.object)) {
          for (const child of [...store.having(list.object, list.field, loser.id)]) {
            store.update(child, { [list.field]: winner.id }, user, 'UPDATE', at)
          }
        }
        store.update(loser, { IsDeleted: true, MasterRecordId: winner.id }, user, 'DELETE', at)
        deletions.push({ object: loser.object, id: loser.id, at: at ?? store.now() })
        store.update(winner, {}, user, 'UPDATE', at)
      })
    },
    deletions: (object: string) => deletions.filter((deletion) => deletion.object === object),
    addRule: (rule: ValidationRule) => void rules.push(rule),
    clearRules: () => {
      rules.length = 0
    },
    lock: (ids: readonly string[]) => {
      for (const id of ids) locked.add(id)
    },
    unlock: () => locked.clear(),
  }
}

const uniqueTogether: Readonly<Record<string, readonly string[]>> = {
  PricebookEntry: ['Product2Id', 'Pricebook2Id', 'CurrencyIsoCode'],
  PermissionSetAssignment: ['AssigneeId', 'PermissionSetId'],
  FieldPermissions: ['ParentId', 'Field'],
}
