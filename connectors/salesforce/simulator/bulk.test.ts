import { afterEach, describe, expect, test } from '@jest/globals'
import { parse } from 'csv-parse/sync'
import type { JsonObject } from '../../../src/core/json.ts'
import type { SalesforceSimulatorOptions } from './index.ts'
import { closeAll, codeOf, line, start } from './rig.ts'

afterEach(closeAll)

async function filled(options: SalesforceSimulatorOptions = {}) {
  const org = await start(options)
  const account = org.store.addAccount({ Name: 'Acme "& Sons", Berlin' })
  const deals = Array.from({ length: 5 }, (_, n) =>
    org.store.addOpportunity({ name: `Deal\n${n}`, accountId: account, lines: [line('A', '1', String(n + 1))] }),
  )
  const create = (query: string, operation = 'query') => org.call('POST', '/jobs/query', { operation, query })
  async function finish(query: string, operation = 'query'): Promise<string> {
    const { id } = (await create(query, operation)).body as JsonObject
    for (;;) {
      const { state } = (await org.call('GET', `/jobs/query/${id}`)).body as JsonObject
      if (state === 'JobComplete') return `/jobs/query/${id}`
    }
  }
  return { ...org, account, deals, create, finish }
}

describe('a Bulk query', () => {
  test('goes from state to state before its results can be read', async () => {
    const { call, create } = await filled({ bulkPolls: 2 })
    const { status, body } = await create('SELECT Id FROM Opportunity')
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { state: 'UploadComplete', object: 'Opportunity', operation: 'query', contentType: 'CSV', apiVersion: 67 },
    })
    const job = `/jobs/query/${(body as JsonObject).id}`
    expect(codeOf(await call('GET', `${job}/results`))).toBe('INVALIDJOBSTATE')
    expect((await call('GET', job)).body).toMatchObject({ state: 'InProgress' })
    expect((await call('GET', job)).body).toMatchObject({ state: 'JobComplete', numberRecordsProcessed: 5 })
    expect((await call('DELETE', job)).status).toBe(204)
    expect((await call('GET', job)).status).toBe(404)
  })

  test('gives CSV in pages until the locator is the text "null"', async () => {
    const { call, finish, deals } = await filled({ bulkPageSize: 2 })
    const job = await finish('SELECT Id, Name, Amount, IsWon, NextStep, SystemModstamp, Account.Name FROM Opportunity')
    const pages: Record<string, string>[][] = []
    for (let locator = ''; locator !== 'null'; ) {
      const { body, headers } = await call('GET', `${job}/results${locator === '' ? '' : `?locator=${locator}`}`)
      expect(headers.get('content-type')).toContain('text/csv')
      const page = parse(String(body), { columns: true }) as unknown as Record<string, string>[]
      expect(headers.get('sforce-numberofrecords')).toBe(String(page.length))
      pages.push(page)
      locator = headers.get('sforce-locator') ?? 'null'
    }
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1])
    expect(pages.flat().map((row) => row.Id)).toEqual(deals)
    expect(pages[0]?.[0]).toEqual({
      Id: deals[0],
      Name: 'Deal\n0',
      Amount: '1.0',
      IsWon: 'true',
      NextStep: '',
      SystemModstamp: '2026-03-01T08:00:00.000Z',
      'Account.Name': 'Acme "& Sons", Berlin',
    })
    const whole = await call('GET', `${await finish('SELECT Id FROM Opportunity LIMIT 2')}/results`)
    expect(whole.headers.get('sforce-locator')).toBe('null')
    const { body } = await call('GET', `${job}/results?maxRecords=1`)
    expect(parse(String(body), { columns: true })).toHaveLength(1)
    expect((await call('GET', `${job}/results?locator=nonsense`)).status).toBe(400)
  })

  test('sees deleted records by queryAll only', async () => {
    const { store, deals, call, finish } = await filled()
    store.delete('Opportunity', deals[0] ?? '')
    const countOf = async (operation: string) =>
      (await call('GET', `${await finish('SELECT Id, IsDeleted FROM Opportunity', operation)}/results`)).headers.get(
        'sforce-numberofrecords',
      )
    expect(await countOf('query')).toBe('4')
    expect(await countOf('queryAll')).toBe('5')
  })

  test('can be given up', async () => {
    const { call, create } = await filled()
    const job = `/jobs/query/${((await create('SELECT Id FROM Opportunity')).body as JsonObject).id}`
    expect((await call('PATCH', job, { state: 'Aborted' })).body).toMatchObject({ state: 'Aborted' })
    expect((await call('GET', job)).body).toMatchObject({ state: 'Aborted' })
  })

  test.each([
    [
      'a list inside of a record',
      'SELECT Id, (SELECT Id FROM OpportunityLineItems) FROM Opportunity',
      'Aggregate Relationships not supported in Bulk V2 Query',
    ],
    ['a count', 'SELECT COUNT() FROM Opportunity', 'Aggregate Relationships not supported'],
    ['an offset', 'SELECT Id FROM Opportunity OFFSET 5', 'OFFSET'],
    ['a group', 'SELECT StageName FROM Opportunity GROUP BY StageName', 'GROUP BY'],
    [
      'an address as a whole',
      'SELECT BillingAddress FROM Account',
      'Selecting compound data not supported in Bulk Query',
    ],
    ['an unknown field', 'SELECT Nothing FROM Account', 'INVALID_FIELD'],
  ])('is refused: %s', async (_, query, message) => {
    const { create } = await filled()
    expect(await create(query)).toMatchObject({
      status: 400,
      body: [{ errorCode: 'API_ERROR', message: expect.stringContaining(message) }],
    })
  })
})
