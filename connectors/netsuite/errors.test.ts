import { describe, expect, test } from '@jest/globals'
import type { Problem } from '../../src/core/problem.ts'
import type { HttpReply, HttpRequest } from '../../src/ports/http.ts'
import { classify, classifyLogin } from './errors.ts'

const base = 'http://127.0.0.1/services/rest'
const request = (effect: HttpRequest['effect'] = 'read', path = '/record/v1/salesOrder/77'): HttpRequest => ({
  method: effect === 'read' ? 'GET' : 'PATCH',
  url: `${base}${path}`,
  effect,
})
const reply = (status: number, body: unknown): HttpReply => ({
  status,
  headers: {},
  body: typeof body === 'string' ? body : JSON.stringify(body),
  json: () => body,
})
const refused = (status: number, code: string, detail: string, more: object = {}): HttpReply =>
  reply(status, {
    type: 'https://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html',
    title: 'Bad Request',
    status,
    'o:errorDetails': [{ detail, 'o:errorCode': code, ...more }],
  })

/** As the vendor shows it: a comma is missing, and the code at the top says less than the one inside. */
const sample429 = `{
  "type": "https://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html",
  "title": "Bad Request",
  "status": 429,
  "o:errorCode": "USER_ERROR"
  "o:errorDetails": [{"detail": "Concurrent request limit exceeded. Request blocked.", "o:errorCode": "CONCURRENCY_LIMIT_EXCEEDED"}]
}`

describe('an answer of NetSuite', () => {
  test.each([[200], [204]])('with status %d is a success', (status) => {
    expect(classify(reply(status, ''), request('write'))).toBeNull()
  })

  test.each<[string, HttpReply, Partial<Problem> & { kind: Problem['kind'] }]>([
    ['too many calls, in JSON that is none', reply(429, sample429), { kind: 'rate_limited' }],
    [
      'too many calls of a RESTlet',
      refused(400, 'SSS_REQUEST_LIMIT_EXCEEDED', 'Request Limit Exceeded'),
      { kind: 'rate_limited' },
    ],
    ['the same in JSON that is none', reply(400, sample429), { kind: 'rate_limited' }],
    ['a refused login', refused(401, 'INVALID_LOGIN', 'Invalid login attempt.'), { kind: 'auth_rejected' }],
    [
      'a permission that is missing',
      refused(
        403,
        'INSUFFICIENT_PERMISSION',
        "Permission Violation: You need the 'Transactions -> Sales Order' permission to access this page.",
      ),
      { kind: 'permission_missing', missing: ['Transactions -> Sales Order'] },
    ],
    [
      'a permission in words alone',
      refused(400, 'USER_ERROR', 'Permission Violation: The subsidiary restrictions on your role deny you access.'),
      { kind: 'permission_missing', missing: [] },
    ],
    [
      'a permission for one field',
      refused(400, 'USER_ERROR', 'You do not have permissions to set a value for element orderstatus.'),
      { kind: 'record_rejected' },
    ],
    [
      'a record that is gone',
      refused(404, 'NONEXISTENT_ID', 'Record does not exist.'),
      { kind: 'record_gone', object: 'salesOrder', id: '77' },
    ],
    [
      'a bad reference',
      refused(400, 'INVALID_CONTENT', 'Invalid value 9999 for field item', { 'o:errorPath': 'item.items[0].item' }),
      { kind: 'record_rejected', field: 'item.items[0].item', remoteCode: 'INVALID_CONTENT' },
    ],
    [
      'a rule of the business',
      refused(400, 'USER_ERROR', 'Please enter value(s) for: Customer'),
      { kind: 'record_rejected', field: null },
    ],
    [
      'an external id that is taken',
      refused(400, 'USER_ERROR', 'This record already exists'),
      { kind: 'record_rejected', remoteCode: 'duplicate' },
    ],
    ['a lost race', refused(400, 'RCRD_HAS_BEEN_CHANGED', 'Record has been changed'), { kind: 'busy' }],
    ['a lost race in words', refused(400, 'USER_ERROR', 'Record has been changed by another user.'), { kind: 'busy' }],
    ['a lock', refused(400, 'USER_ERROR', 'This record is locked by a user defined workflow.'), { kind: 'busy' }],
    [
      'a field that is not there',
      refused(400, 'INVALID_CONTENT', "Unknown field 'colour'.", { 'o:errorPath': 'colour' }),
      { kind: 'configuration_invalid', path: 'colour' },
    ],
    [
      'a column that is not there',
      refused(
        400,
        'INVALID_PARAMETER',
        "Invalid search query. Detailed unprocessed description follows. Search error occurred: Unknown identifier 'taxtotal'.",
      ),
      { kind: 'configuration_invalid', path: 'taxtotal' },
    ],
    [
      'a code nobody knows',
      refused(400, 'NEW_IN_2027', 'Of a release to come'),
      { kind: 'record_rejected', remoteCode: 'NEW_IN_2027' },
    ],
    ['a page of a proxy', reply(502, '<html>bad gateway</html>'), { kind: 'unavailable' }],
    ['a status of its own', reply(418, 'short and stout'), { kind: 'record_rejected' }],
    ['a redirect that nobody follows', reply(304, ''), { kind: 'bad_reply' }],
  ])('with %s is known for what it is', (_, answer, problem) => {
    const error = classify(answer, request('write'))
    expect(error?.problem).toMatchObject(problem)
    expect(error?.fix).toMatch(/./)
    expect(error?.message).not.toMatch(/\n|Detailed unprocessed/)
  })

  test.each([
    ['read', 'unavailable'],
    // A script may have failed after the record was saved.
    ['write', 'outcome_unknown'],
  ] as const)('with an unexpected error to a %s is %s, and keeps the id of the error', (effect, kind) => {
    const answer = refused(500, 'UNEXPECTED_ERROR', 'An unexpected error occurred. Error ID: kfj4x9')
    const error = classify(answer, request(effect))
    expect(error?.problem.kind).toBe(kind)
    expect(error?.message).toContain('kfj4x9')
  })

  test('tells all that is wrong, each once', () => {
    const details = ['one', 'two', 'one'].map((detail) => ({ detail, 'o:errorCode': 'USER_ERROR' }))
    expect(classify(reply(400, { 'o:errorDetails': details }), request())?.message).toBe('NetSuite refused: one; two')
  })

  test('says how a currency is added to a customer', () => {
    const answer = refused(400, 'INVALID_CONTENT', 'Invalid value 4 for field currency', { 'o:errorPath': 'currency' })
    expect(classify(answer, request('write'))?.fix).toContain('Financial > Currencies')
  })
})

describe('an answer of the token service', () => {
  test.each<[number, unknown, Problem['kind']]>([
    [400, { error: 'invalid_grant', error_description: 'The certificate is not mapped.' }, 'auth_rejected'],
    [401, '', 'auth_rejected'],
    [429, sample429, 'rate_limited'],
    [503, 'back soon', 'unavailable'],
  ])('with status %d and %j is %s', (status, body, kind) => {
    const error = classifyLogin(reply(status, body))
    expect(error?.problem.kind).toBe(kind)
    if (status === 400) expect(error?.message).toContain('invalid_grant: The certificate is not mapped.')
  })

  test('is a success', () => {
    expect(classifyLogin(reply(200, { access_token: 'x' }))).toBeNull()
  })
})
