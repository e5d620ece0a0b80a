import { afterEach, describe, expect, test } from '@jest/globals'
import type { JsonObject } from '../../../src/core/json.ts'
import { closeAll, codeOf, start, typed } from './rig.ts'

afterEach(closeAll)

type Org = Awaited<ReturnType<typeof start>>
const describeOf = async ({ call }: Org, object: string) =>
  (await call('GET', `/sobjects/${object}/describe`)).body as JsonObject
const fieldOf = async (org: Org, object: string, name: string) =>
  ((await describeOf(org, object)).fields as JsonObject[]).find((field) => field.name === name)

describe('describe', () => {
  test.each<[string, string, JsonObject]>([
    ['Opportunity', 'Id', { type: 'id', length: 18, nillable: false, createable: false, idLookup: true }],
    [
      'Opportunity',
      'Name',
      { type: 'string', length: 120, nillable: false, createable: true, updateable: true, defaultedOnCreate: false },
    ],
    ['Opportunity', 'Amount', { type: 'currency', precision: 18, scale: 2, nillable: true }],
    [
      'Opportunity',
      'StageName',
      {
        type: 'picklist',
        label: 'Stage',
        picklistValues: expect.arrayContaining([
          { value: 'Closed Won', label: 'Closed Won', active: true, defaultValue: false, validFor: null },
        ]) as never,
      },
    ],
    [
      'Opportunity',
      'IsWon',
      { type: 'boolean', createable: false, updateable: false, nillable: false, defaultedOnCreate: true },
    ],
    [
      'Opportunity',
      'AccountId',
      { type: 'reference', label: 'Account ID', referenceTo: ['Account'], relationshipName: 'Account' },
    ],
    ['Opportunity', 'OwnerId', { defaultedOnCreate: true }],
    ['Opportunity', 'Description', { type: 'textarea', length: 32000, filterable: false, sortable: false }],
    ['Opportunity', 'ERP_Id__c', { custom: true, externalId: true, unique: true, label: 'ERP Id' }],
    ['OpportunityLineItem', 'ProductCode', { calculated: true, updateable: false }],
    ['OpportunityLineItem', 'OpportunityId', { createable: true, updateable: false, cascadeDelete: true }],
    ['Account', 'BillingAddress', { type: 'address', createable: false }],
    ['Account', 'BillingCity', { compoundFieldName: 'BillingAddress' }],
    [
      'Delivery__c',
      'Opportunity__c',
      { custom: true, referenceTo: ['Opportunity'], relationshipName: 'Opportunity__r' },
    ],
    ['Delivery__c', 'Status__c', { restrictedPicklist: true }],
  ])('tells of %s.%s', async (object, name, expected) => {
    const org = await start({ customFields: { Opportunity: [{ name: 'ERP_Id__c', externalId: true }] } })
    expect(await fieldOf(org, object, name)).toMatchObject(expected)
  })

  test('tells of lists, record types and objects', async () => {
    const org = await start()
    const opportunity = await describeOf(org, 'opportunity')
    expect(opportunity).toMatchObject({ name: 'Opportunity', keyPrefix: '006', custom: false, updateable: true })
    expect(opportunity.childRelationships).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          relationshipName: 'OpportunityLineItems',
          childSObject: 'OpportunityLineItem',
          field: 'OpportunityId',
        }),
        expect.objectContaining({
          relationshipName: 'Deliveries__r',
          childSObject: 'Delivery__c',
          field: 'Opportunity__c',
        }),
      ]),
    )
    const { sobjects } = (await org.call('GET', '/sobjects')).body as { sobjects: JsonObject[] }
    expect(sobjects.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['Account', 'Delivery__c', 'PermissionSet']),
    )
    expect(sobjects.map(({ name }) => name)).not.toContain('CustomField')
    expect((await org.call('GET', '/sobjects/Nothing/describe')).status).toBe(404)
  })

  test('leaves out what the running user may not see, and says what he may not edit', async () => {
    const org = await start({
      hidden: ['Opportunity.Amount', 'Product2'],
      readOnly: ['Opportunity.NextStep', 'Account'],
    })
    expect(await fieldOf(org, 'Opportunity', 'Amount')).toBeUndefined()
    expect(await fieldOf(org, 'Opportunity', 'NextStep')).toMatchObject({ createable: false, updateable: false })
    expect((await org.call('GET', '/sobjects/Product2/describe')).status).toBe(404)
    expect(await describeOf(org, 'Account')).toMatchObject({ createable: false, updateable: false })
  })

  test('has currencies and person accounts only where they are switched on', async () => {
    const plain = await start()
    expect(await fieldOf(plain, 'Opportunity', 'CurrencyIsoCode')).toBeUndefined()
    expect(await fieldOf(plain, 'Account', 'IsPersonAccount')).toBeUndefined()
    const rich = await start({ currencies: ['USD'], personAccounts: true })
    expect(await fieldOf(rich, 'Opportunity', 'CurrencyIsoCode')).toMatchObject({ restrictedPicklist: true })
    const person = rich.store.addAccount({ FirstName: 'Ann', LastName: 'Lee', PersonEmail: 'ann@lee.example' })
    const company = rich.store.addAccount({ Name: 'Acme' })
    expect(await rich.rows('SELECT Id, Name, IsPersonAccount, PersonContact.Email FROM Account')).toEqual([
      {
        Id: person,
        Name: 'Ann Lee',
        IsPersonAccount: true,
        PersonContact: expect.objectContaining({ Email: 'ann@lee.example' }),
      },
      { Id: company, Name: 'Acme', IsPersonAccount: false, PersonContact: null },
    ])
  })

  test('is not sent again until a field is added', async () => {
    const { call, store, pass } = await start()
    const path = '/sobjects/Opportunity/describe'
    const first = await call('GET', path)
    const since = { 'if-modified-since': first.headers.get('last-modified') ?? '' }
    expect((await call('GET', path, undefined, since)).status).toBe(304)
    pass(5000)
    store.addField('Opportunity', { name: 'New__c' })
    expect((await call('GET', path, undefined, since)).status).toBe(200)
  })
})

const text = { type: 'Text', label: 'ERP Order Number', length: 30 }
const field = (change: JsonObject = {}, name = 'Opportunity.ERP_Order_Number__c'): JsonObject => ({
  FullName: name,
  Metadata: { ...text, ...change },
})
const create = ({ call }: Org, body: JsonObject) => call('POST', '/tooling/sobjects/CustomField', body)

describe('a field made by the Tooling API', () => {
  test('is seen by nobody until a permission set of the running user shows it', async () => {
    const org = await start()
    const { call, ask, rows, store, update } = org
    expect(await create(org, field())).toMatchObject({ status: 201, body: { success: true, errors: [] } })
    const seen = async () => (await ask('SELECT ERP_Order_Number__c FROM Opportunity')).status === 200
    expect(await seen()).toBe(false)
    expect(await fieldOf(org, 'Opportunity', 'ERP_Order_Number__c')).toBeUndefined()
    const deal = store.addOpportunity({})
    expect((await update([{ id: deal, ERP_Order_Number__c: 'S1' }])).status).toBe(400)

    const make = async (object: string, fields: JsonObject) =>
      (await call('POST', `/sobjects/${object}`, fields)).body as JsonObject
    const { id: set } = await make('PermissionSet', { Name: 'Crosswalk', Label: 'Crosswalk' })
    const permission = { ParentId: set ?? '', SobjectType: 'Opportunity', Field: 'Opportunity.ERP_Order_Number__c' }
    await make('FieldPermissions', { ...permission, PermissionsRead: true, PermissionsEdit: false })
    expect(await seen()).toBe(false)
    const [user] = await rows("SELECT Id FROM User WHERE Name = 'Integration User'")
    const { id: assignment } = await make('PermissionSetAssignment', {
      PermissionSetId: set ?? '',
      AssigneeId: user?.Id ?? '',
    })
    expect(await seen()).toBe(true)
    expect((await update([{ id: deal, ERP_Order_Number__c: 'S1' }])).body).toMatchObject([
      { errors: [{ statusCode: 'INVALID_FIELD_FOR_INSERT_UPDATE' }] },
    ])
    const [found] = await rows(`SELECT Id, PermissionsEdit FROM FieldPermissions WHERE ParentId = '${set}'`)
    await call('PATCH', `/sobjects/FieldPermissions/${found?.Id}`, { PermissionsEdit: true })
    expect((await update([{ id: deal, ERP_Order_Number__c: 'S1' }])).body).toMatchObject([{ success: true }])
    expect(store.record('Opportunity', deal)).toMatchObject({ ERP_Order_Number__c: 'S1' })
    await call('DELETE', `/sobjects/PermissionSetAssignment/${assignment}`)
    expect(await seen()).toBe(false)
  })

  test.each<[string, JsonObject, string]>([
    ['a name that is taken', field({}, 'Opportunity.Taken__c'), 'DUPLICATE_DEVELOPER_NAME'],
    ['a name without __c', field({}, 'Opportunity.Order'), 'FIELD_INTEGRITY_EXCEPTION'],
    ['an object that there is not', field({}, 'Nothing.Order__c'), 'INVALID_CROSS_REFERENCE_KEY'],
    ['text without a length', field({ length: null as never }), 'REQUIRED_FIELD_MISSING'],
    ['text that is too long', field({ length: 256 }), 'FIELD_INTEGRITY_EXCEPTION'],
    ['a number without places', field({ type: 'Number' }), 'FIELD_INTEGRITY_EXCEPTION'],
    ['a picklist without values', field({ type: 'Picklist' }), 'FIELD_INTEGRITY_EXCEPTION'],
    ['a checkbox without a default', field({ type: 'Checkbox' }), 'FIELD_INTEGRITY_EXCEPTION'],
    ['a type that there is not', field({ type: 'Colour' }), 'FIELD_INTEGRITY_EXCEPTION'],
    ['no metadata', { FullName: 'Opportunity.X__c' }, 'REQUIRED_FIELD_MISSING'],
  ])('is refused: %s', async (_, body, code) => {
    const org = await start({ customFields: { Opportunity: [{ name: 'Taken__c' }] } })
    expect(await create(org, body)).toMatchObject({ status: 400, body: [{ errorCode: code }] })
  })

  test('has the type, the values and the limits that were asked for', async () => {
    const org = await start()
    const value = (valueName: string) => ({ valueName, label: valueName, default: false })
    const valueSet = {
      restricted: true,
      valueSetDefinition: { sorted: false, value: [value('draft'), value('shipped')] },
    }
    await create(org, field({ type: 'Picklist', valueSet }, 'Opportunity.ERP_Status__c'))
    await create(org, field({ type: 'Currency', precision: 18, scale: 2 }, 'Opportunity.ERP_Due__c'))
    const [status] = await org.rows('SELECT Id FROM PermissionSet WHERE IsOwnedByProfile = TRUE LIMIT 1')
    const permissions = ['ERP_Status__c', 'ERP_Due__c'].map((name) =>
      typed('FieldPermissions')({
        ParentId: status?.Id ?? '',
        SobjectType: 'Opportunity',
        Field: `Opportunity.${name}`,
        PermissionsRead: true,
        PermissionsEdit: true,
      }),
    )
    await org.call('POST', '/composite/sobjects', { records: permissions })
    expect(await fieldOf(org, 'Opportunity', 'ERP_Status__c')).toMatchObject({
      type: 'picklist',
      restrictedPicklist: true,
      picklistValues: [{ value: 'draft' }, { value: 'shipped' }],
      updateable: true,
    })
    expect(await fieldOf(org, 'Opportunity', 'ERP_Due__c')).toMatchObject({ type: 'currency', precision: 18, scale: 2 })
  })

  test('is found by a query of the Tooling API, and by no other', async () => {
    const org = await start()
    await create(org, field())
    const soql =
      "SELECT DeveloperName, TableEnumOrId, NamespacePrefix FROM CustomField WHERE TableEnumOrId = 'Opportunity'"
    expect(await org.rows(soql, 'tooling/query')).toEqual([
      { DeveloperName: 'ERP_Order_Number', TableEnumOrId: 'Opportunity', NamespacePrefix: null },
    ])
    expect(codeOf(await org.ask(soql))).toBe('INVALID_TYPE')
  })

  test('is for admins', async () => {
    const org = await start({ administrator: false })
    expect(await create(org, field())).toMatchObject({ status: 403, body: [{ errorCode: 'INSUFFICIENT_ACCESS' }] })
    expect(codeOf(await org.ask('SELECT Id FROM PermissionSet'))).toBe('INVALID_TYPE')
  })
})

describe('a permission', () => {
  test.each<[string, JsonObject, string]>([
    ['for a field that there is not', { Field: 'Opportunity.Nothing__c' }, 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST'],
    ['for a field that must have a value', { Field: 'Opportunity.Name' }, 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST'],
    ['to edit without reading', { PermissionsRead: false }, 'FIELD_INTEGRITY_EXCEPTION'],
    ['given twice', { Field: 'Opportunity.NextStep' }, 'DUPLICATE_VALUE'],
  ])('is refused: %s', async (_, change, code) => {
    const { rows, call, store } = await start()
    const [set] = await rows('SELECT Id FROM PermissionSet LIMIT 1')
    const whole = {
      ParentId: set?.Id ?? '',
      SobjectType: 'Opportunity',
      Field: 'Opportunity.Amount',
      PermissionsRead: true,
      PermissionsEdit: true,
    }
    store.create('FieldPermissions', { ...whole, Field: 'Opportunity.NextStep' })
    expect(codeOf(await call('POST', '/sobjects/FieldPermissions', { ...whole, ...change }))).toBe(code)
  })

  test('is not written together with other objects', async () => {
    const { call } = await start()
    const records = [typed('PermissionSet')({ Name: 'X', Label: 'X' }), typed('Account')({ Name: 'x' })]
    expect((await call('POST', '/composite/sobjects', { records })).status).toBe(400)
  })
})
