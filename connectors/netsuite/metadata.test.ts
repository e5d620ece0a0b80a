import { describe, expect, test } from '@jest/globals'
import type { JsonObject } from '../../src/core/json.ts'
import { SyncError } from '../../src/core/problem.ts'
import type { Client } from './client.ts'
import { openMetadata } from './metadata.ts'
import { settings } from './settings.ts'

const text = { type: 'string' }
const link = { $ref: '/services/rest/record/v1/metadata-catalog/nsLink' }
const choice = (...ids: string[]) => ({
  type: 'object',
  properties: { id: { type: 'string', enum: ids }, refName: text },
})
const refTo = (name: string) => ({ $ref: `/services/rest/record/v1/metadata-catalog/${name}` })
/** Lists come within the page of their record, or as links to pages of their own: both are met. */
const pages: Readonly<Record<string, JsonObject>> = {
  salesOrder: {
    type: 'object',
    properties: {
      id: text,
      memo: { type: ['null', 'string'], title: 'Memo' },
      entity: link,
      total: { type: 'number', readOnly: true },
      shipDate: { type: 'string', format: 'date' },
      createdDate: { type: 'string', format: 'date-time' },
      orderStatus: choice('A', 'B'),
      shippingAddress: refTo('salesOrder-shippingAddress'),
      item: refTo('salesOrder-itemCollection'),
      partners: { type: 'object', properties: { items: { type: 'array', items: link } } },
      salesTeam: refTo('salesOrder-salesTeamCollection'),
      links: { type: 'array' },
    },
  },
  'salesOrder-shippingAddress': { type: 'object', properties: { city: text, country: choice('DE', 'US') } },
  'salesOrder-itemCollection': {
    type: 'object',
    properties: { items: { type: 'array', items: refTo('salesOrder-itemElement') }, totalResults: { type: 'integer' } },
  },
  'salesOrder-itemElement': {
    type: 'object',
    properties: { line: { type: 'integer' }, quantity: { type: 'number' }, item: link, custcol_crosswalk_line: text },
  },
  customer: { type: 'object', properties: { companyName: text } },
}

function open(more: Readonly<Record<string, JsonObject>> = {}) {
  const asked: string[] = []
  const unused = (): never => {
    throw new Error('not called here')
  }
  const client: Client = {
    ...{ query: unused, queryAll: unused, create: unused, update: unused, get: unused, serverTime: unused },
    async metadata(name) {
      asked.push(name)
      const page = { ...pages, ...more }[name]
      if (page !== undefined) return page
      throw new SyncError('gone', { problem: { kind: 'record_gone', object: name, id: '' }, fix: '-' })
    },
  }
  const tokens = { consumerKey: 'a', consumerSecret: 'b', tokenId: 'c', tokenSecret: 'd' }
  return { metadata: openMetadata(client, settings.parse({ account: '1', ...tokens })), asked }
}

describe('the fields of a record type', () => {
  test('are read from the page of the record and those that it links to', async () => {
    const { fields } = await open().metadata.describe('salesOrder')
    expect(fields).toMatchObject({
      memo: { type: 'text', label: 'Memo', writable: true },
      entity: { type: 'reference', writable: true },
      shipDate: { type: 'date', writable: true },
      createdDate: { type: 'instant', writable: false },
      orderStatus: { type: 'text', options: ['A', 'B'] },
      shippingAddress: { type: 'object', fields: { city: { type: 'text' }, country: { options: ['DE', 'US'] } } },
      item: { type: 'list', relation: 'salesOrder.item', writable: true },
      partners: { type: 'list' },
    })
    expect(fields.links).toBeUndefined()
  })

  test('of lines are described by themselves', async () => {
    const { metadata } = open()
    expect((await metadata.describe('salesOrder.item')).fields).toMatchObject({
      quantity: { type: 'number' },
      item: { type: 'reference' },
    })
    expect((await metadata.describe('salesOrder.line')).fields).toMatchObject({
      shipped: { type: 'number', writable: false },
      custcol_crosswalk_line: { type: 'text', writable: false },
    })
  })

  test('are asked for once, and again after a failure', async () => {
    const { metadata, asked } = open()
    await Promise.all([metadata.fields('salesOrder'), metadata.features(), metadata.describe('salesOrder')])
    expect(asked.filter((name) => name === 'salesOrder')).toHaveLength(1)
    // A list that nobody writes is not followed.
    expect(asked).not.toContain('salesOrder-salesTeamCollection')
  })

  test('of a feature that is off are described all the same', async () => {
    const { fields } = await open().metadata.describe('salesOrder')
    expect(fields.currency).toMatchObject({ type: 'reference', writable: true, relation: 'currency' })
    expect((await open().metadata.describe('customer')).fields.taxNumber).toMatchObject({ writable: true })
  })

  test.each<[string, Readonly<Record<string, JsonObject>>, JsonObject]>([
    ['nothing special', {}, { oneWorld: false, suiteTax: false, multiCurrency: false, lineKey: true, taxNumber: null }],
    [
      'SuiteTax',
      {
        salesOrder: {
          properties: { taxDetails: { type: 'object', properties: { items: { items: {} } } }, currency: link },
        },
        customer: { properties: { subsidiary: link, taxRegistration: refTo('customer-taxRegistrationCollection') } },
        'customer-taxRegistrationCollection': { properties: { items: { type: 'array', items: { properties: {} } } } },
      },
      { oneWorld: true, suiteTax: true, multiCurrency: true, lineKey: false, taxNumber: 'suiteTax' },
    ],
    ['the old tax engine', { customer: { properties: { vatRegNumber: text } } }, { taxNumber: 'legacy' }],
  ])('tell an account with %s', async (_, more, features) => {
    expect(await open(more).metadata.features()).toMatchObject(features)
  })

  test('are references where they point to a page of another record, though it may not be there', async () => {
    const { metadata, asked } = open({
      salesOrder: {
        properties: {
          entity: refTo('customer'),
          createdFrom: refTo('transaction'),
          tags: { type: 'object', properties: { items: { type: 'array', items: refTo('customList') } } },
          item: refTo('salesOrder-itemCollection'),
        },
      },
      'salesOrder-itemElement': { properties: { item: refTo('inventoryItem'), quantity: { type: 'number' } } },
    })
    const { fields } = await metadata.describe('salesOrder')
    expect(fields).toMatchObject({ entity: { type: 'reference' }, createdFrom: { type: 'reference' } })
    expect(fields.tags).toMatchObject({ type: 'list' })
    expect((await metadata.describe('salesOrder.item')).fields.item).toMatchObject({ type: 'reference' })
    expect(asked).not.toEqual(expect.arrayContaining(['transaction', 'inventoryItem', 'customList']))
  })

  test('whose page is missing cost themselves and nothing else', async () => {
    const { metadata } = open({
      salesOrder: {
        properties: {
          memo: text,
          shippingAddress: refTo('salesOrder-gone'),
          item: { type: 'object', properties: { items: { type: 'array', items: refTo('salesOrder-goneElement') } } },
          taxDetails: refTo('salesOrder-taxDetailsCollection'),
        },
      },
    })
    const { fields } = await metadata.describe('salesOrder')
    expect(fields.memo).toMatchObject({ type: 'text', writable: true })
    expect(fields.shippingAddress?.fields).toBeUndefined()
    await expect(metadata.describe('salesOrder.item')).rejects.toThrow('salesOrder.item')
    // That it is there tells the tax engine, whatever is in it.
    expect(await metadata.features()).toMatchObject({ suiteTax: true, lineKey: false })
  })

  test('are required where NetSuite makes nothing without them, and nowhere else', async () => {
    const { metadata } = open()
    const needed = async (object: string) =>
      Object.entries((await metadata.describe(object)).fields).flatMap(([name, field]) =>
        field.required ? [name] : [],
      )
    expect(await needed('salesOrder')).toEqual(['entity'])
    expect(await needed('salesOrder.item')).toEqual(['item'])
    expect(await needed('customer')).toEqual([])
    expect(await needed('item')).toEqual([])
  })

  test('of what is not there are an error that names it', async () => {
    await expect(open().metadata.describe('nothing')).rejects.toMatchObject({
      problem: { kind: 'configuration_invalid', path: 'nothing' },
    })
    await expect(open().metadata.describe('salesOrder.nothing')).rejects.toThrow('salesOrder.nothing')
  })

  test('of tables are those that lookups use', async () => {
    const { metadata } = open({ inventoryItem: { properties: { custitem_old_sku: text, cost: { type: 'number' } } } })
    const { fields } = await metadata.describe('item')
    expect(Object.keys(fields)).toEqual(expect.arrayContaining(['id', 'itemid', 'upccode', 'custitem_old_sku']))
    expect(fields.cost).toBeUndefined()
  })
})
