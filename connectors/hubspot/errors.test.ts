import { describe, expect, test } from '@jest/globals'
import type { Json } from '../../src/core/json.ts'
import type { Problem } from '../../src/core/problem.ts'
import { classify, quotaOf } from './errors.ts'

const request = {
  method: 'POST',
  url: 'https://api.hubapi.com/crm/objects/2026-09/deals/batch/update?hapikey=x',
} as const
const reply = (status: number, body: Json | string, headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  json: () => null,
})

const invalidOption =
  'Property values were not valid: [{"isValid":false,"message":"x was not one of the allowed options","error":"INVALID_OPTION","name":"erp_status"}]'
const noProperty =
  'Property values were not valid: [{"isValid":false,"message":"Property \\"erp_x\\" does not exist","error":"PROPERTY_DOESNT_EXIST","name":"erp_x"}]'
const scopes = [{ message: 'required', context: { requiredGranularScopes: ['crm.objects.deals.read'] } }]

describe('classify', () => {
  test.each([[200], [201], [204], [207]])('takes %i for a success', (status) => {
    expect(classify(reply(status, {}), request)).toBeNull()
  })

  test.each<[string, number, Json | string, Record<string, string>, Problem]>([
    ['a wrong key', 401, { category: 'INVALID_AUTHENTICATION' }, {}, { kind: 'auth_rejected' }],
    ['a revoked refresh token', 400, { status: 'BAD_REFRESH_TOKEN', message: 'm' }, {}, { kind: 'auth_rejected' }],
    [
      'missing scopes',
      403,
      { category: 'MISSING_SCOPES', errors: scopes },
      {},
      { kind: 'permission_missing', missing: ['crm.objects.deals.read'] },
    ],
    ['a firewall', 403, '<html>', {}, { kind: 'permission_missing', missing: [] }],
    [
      'a value that is no option',
      400,
      { category: 'VALIDATION_ERROR', message: invalidOption },
      {},
      { kind: 'record_rejected', field: 'erp_status', remoteCode: 'VALIDATION_ERROR' },
    ],
    [
      'a property that is not there',
      400,
      { category: 'VALIDATION_ERROR', message: noProperty },
      {},
      { kind: 'configuration_invalid', path: 'erp_x' },
    ],
    ['a conflict', 409, {}, {}, { kind: 'record_rejected', field: null, remoteCode: '409' }],
    [
      'a name from the prototype',
      400,
      { category: 'constructor' },
      {},
      { kind: 'record_rejected', field: null, remoteCode: 'constructor' },
    ],
    ['a missing record', 404, { category: 'OBJECT_NOT_FOUND' }, {}, { kind: 'record_gone', object: '', id: '' }],
    ['a lock', 423, {}, {}, { kind: 'busy' }],
    [
      'the limit of ten seconds',
      429,
      { policyName: 'TEN_SECONDLY_ROLLING' },
      {},
      { kind: 'rate_limited', retryAfterMs: 10_000 },
    ],
    ['the limit of searches', 429, { policyName: 'SECONDLY' }, {}, { kind: 'rate_limited', retryAfterMs: 1000 }],
    [
      'the same by its message',
      429,
      { message: 'You have reached your secondly limit.' },
      {},
      { kind: 'rate_limited', retryAfterMs: 1000 },
    ],
    ['the limit of the day', 429, { policyName: 'DAILY' }, {}, { kind: 'rate_limited', retryAfterMs: 3_600_000 }],
    [
      'a limit that names its wait',
      429,
      { policyName: 'DAILY' },
      { 'retry-after': '7' },
      { kind: 'rate_limited', retryAfterMs: 7000 },
    ],
    ['a migration', 477, {}, { 'retry-after': '86400' }, { kind: 'rate_limited', retryAfterMs: 86_400_000 }],
    ['a broken gateway', 502, '<html>', {}, { kind: 'unavailable' }],
    ['half an answer', 500, '{"status":"err', {}, { kind: 'unavailable' }],
    ['an unreachable origin', 523, '', {}, { kind: 'unavailable' }],
  ])('knows %s', (_, status, body, headers, problem) => {
    expect(classify(reply(status, body, headers), request)?.problem).toEqual(problem)
  })

  test("keeps HubSpot's words and leaves the query out", () => {
    const error = classify(reply(400, { category: 'VALIDATION_ERROR', message: 'Deal name is required' }), request)
    expect(error?.message).toBe(
      'HubSpot answered 400 VALIDATION_ERROR to POST /crm/objects/2026-09/deals/batch/update: Deal name is required',
    )
  })
})

describe('quotaOf', () => {
  test('reads ten seconds and the day, each where it is told', () => {
    const headers = {
      'x-hubspot-ratelimit-max': '190',
      'x-hubspot-ratelimit-remaining': '12',
      'x-hubspot-ratelimit-interval-milliseconds': '10000',
    }
    const tenSeconds = { name: '10 seconds', limit: 190, remaining: 12, windowMs: 10_000 }
    expect(quotaOf(reply(200, {}, headers))).toEqual([tenSeconds])
    const ofDay = { 'x-hubspot-ratelimit-daily': '650000', 'x-hubspot-ratelimit-daily-remaining': '0' }
    const day = { name: 'day', limit: 650_000, remaining: 0, windowMs: 86_400_000 }
    expect(quotaOf(reply(200, {}, { ...headers, ...ofDay }))).toEqual([tenSeconds, day])
    expect(quotaOf(reply(200, {}, { ...headers, 'x-hubspot-ratelimit-daily': '650000' }))).toEqual([tenSeconds])
    expect(quotaOf(reply(200, {}))).toEqual([])
  })
})
