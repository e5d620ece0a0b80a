import { describe, expect, test } from '@jest/globals'
import type { Json } from '../../src/core/json.ts'
import type { Problem } from '../../src/core/problem.ts'
import { classify, quotaOf, refusalOf, toldOf } from './errors.ts'

const request = {
  method: 'GET',
  url: "https://acme.my.salesforce.com/services/data/v67.0/query?q=SELECT Id FROM Account WHERE Name = 'Secret'",
} as const
const reply = (status: number, body: Json | string, headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  json: () => null,
})
const told = (errorCode: string, message = '', fields: string[] = []) => [{ errorCode, message, fields }]

describe('classify', () => {
  test.each([[200], [201], [204]])('takes %i for a success', (status) => {
    expect(classify(reply(status, {}), request)).toBeNull()
  })

  test.each<[string, number, Json | string, Problem]>([
    ['an expired session', 401, told('INVALID_SESSION_ID', 'Session expired or invalid'), { kind: 'auth_rejected' }],
    ['a wrong client secret', 400, { error: 'invalid_client', error_description: 'x' }, { kind: 'auth_rejected' }],
    ['an app that is not approved', 400, { error: 'invalid_grant', error_description: 'x' }, { kind: 'auth_rejected' }],
    ['an edition without an API', 403, told('API_DISABLED_FOR_ORG'), { kind: 'auth_rejected' }],
    ['a missing right', 403, told('INSUFFICIENT_ACCESS', 'x'), { kind: 'permission_missing', missing: [] }],
    ['a firewall', 403, '<html>', { kind: 'permission_missing', missing: [] }],
    [
      'the limit of the day, which comes as 403',
      403,
      told('REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.'),
      { kind: 'rate_limited', retryAfterMs: 900_000 },
    ],
    [
      'too many calls at once',
      403,
      told('REQUEST_LIMIT_EXCEEDED', 'ConcurrentRequests (Concurrent API Requests) Limit exceeded.'),
      { kind: 'rate_limited', retryAfterMs: 10_000 },
    ],
    ['a lock', 400, told('UNABLE_TO_LOCK_ROW'), { kind: 'busy' }],
    ['a query that took too long', 400, told('QUERY_TIMEOUT'), { kind: 'unavailable' }],
    ['an error of theirs', 500, told('UNKNOWN_EXCEPTION'), { kind: 'unavailable' }],
    ['a deleted record', 404, told('ENTITY_IS_DELETED'), { kind: 'record_gone', object: '', id: '' }],
    [
      'a field that is not there',
      400,
      told('INVALID_FIELD', "\nSELECT Foo__c\n       ^\nNo such column 'Foo__c' on entity 'Opportunity'."),
      { kind: 'configuration_invalid', path: 'Opportunity.Foo__c' },
    ],
    ['an address that is not there', 404, told('NOT_FOUND'), { kind: 'configuration_invalid', path: '' }],
    ['a retired version', 410, told('UNSUPPORTED_API_VERSION'), { kind: 'configuration_invalid', path: '' }],
    [
      'a rule of the org',
      400,
      told('FIELD_CUSTOM_VALIDATION_EXCEPTION', 'No', ['CloseDate']),
      { kind: 'record_rejected', field: 'CloseDate', remoteCode: 'FIELD_CUSTOM_VALIDATION_EXCEPTION' },
    ],
    ['several matches', 300, ['/a', '/b'], { kind: 'record_rejected', field: null, remoteCode: '300' }],
    ['an address that is too long', 414, '<html>', { kind: 'bad_reply' }],
    [
      'a name from the prototype',
      400,
      told('constructor'),
      { kind: 'record_rejected', field: null, remoteCode: 'constructor' },
    ],
    ['a broken gateway', 502, '<html>', { kind: 'unavailable' }],
    ['half an answer', 503, '[{"errorCode":"SERV', { kind: 'unavailable' }],
  ])('knows %s', (_, status, body, problem) => {
    expect(classify(reply(status, body), request)?.problem).toEqual(problem)
  })

  test("keeps Salesforce's words and leaves the query out", () => {
    const error = classify(reply(400, told('MALFORMED_QUERY', 'unexpected token: FORM')), request)
    expect(error?.message).toBe(
      'Salesforce answered 400 MALFORMED_QUERY to GET /services/data/v67.0/query: unexpected token: FORM',
    )
  })

  test('says what to look at when a login is refused', () => {
    const body = { error: 'invalid_grant', error_description: "user hasn't approved this consumer" }
    const error = classify(reply(400, body), { ...request, method: 'POST' })
    expect(error?.message).toContain("invalid_grant to POST /services/data/v67.0/query: user hasn't approved")
    expect(error?.fix).toContain('pre-authorised')
  })
})

describe('refusalOf', () => {
  test.each<[string, Problem]>([
    ['UNABLE_TO_LOCK_ROW', { kind: 'busy' }],
    ['ENTITY_IS_DELETED', { kind: 'record_gone', object: 'Opportunity', id: '006' }],
    ['STRING_TOO_LONG', { kind: 'record_rejected', field: 'Name', remoteCode: 'STRING_TOO_LONG' }],
    [
      'INSUFFICIENT_ACCESS_OR_READONLY',
      { kind: 'record_rejected', field: 'Name', remoteCode: 'INSUFFICIENT_ACCESS_OR_READONLY' },
    ],
  ])('reads %s of one record from a collection, where it is a statusCode', (statusCode, problem) => {
    const failure = refusalOf('Opportunity', '006', toldOf({ statusCode, message: 'why', fields: ['Name'] }))
    expect(failure).toMatchObject({ problem, field: 'Name', message: expect.stringContaining('Opportunity 006') })
  })

  test.each<[string, string[], Problem['kind']]>([
    ['the record, when it names no field', [], 'record_gone'],
    ['the record, when it names the id', ['Id'], 'record_gone'],
    ['a lookup, when it names another field', ['OwnerId'], 'record_rejected'],
  ])('takes an invalid cross reference for %s', (_, fields, kind) => {
    const told = toldOf({ statusCode: 'INVALID_CROSS_REFERENCE_KEY', message: 'invalid cross reference id', fields })
    expect(refusalOf('Opportunity', '006', told).problem.kind).toBe(kind)
  })
})

describe('quotaOf', () => {
  const told = (header: string) => quotaOf(reply(200, {}, { 'sforce-limit-info': header }))
  const day = { name: 'day', limit: 15_000, remaining: 14_982, windowMs: 86_400_000 }

  test('reads the calls of the day, those of the app too where it has a limit, and nothing where there are none', () => {
    expect(told('api-usage=18/15000')).toEqual([day])
    const app = { ...day, name: 'day of the app', limit: 250, remaining: 233 }
    expect(told('api-usage=18/15000; per-app-api-usage=17/250(appName=crosswalk)')).toEqual([day, app])
    expect(told('per-app-api-usage=17/250(appName=crosswalk); api-usage=18/15000; api-bursts=1/750')).toEqual([
      app,
      day,
    ])
    expect(told('api-usage=16000/15000')).toEqual([{ ...day, remaining: 0 }])
    expect(quotaOf(reply(200, {}))).toEqual([])
  })
})
