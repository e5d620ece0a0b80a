import { describe, expect, test } from '@jest/globals'
import type { JsonObject } from '../../src/core/json.ts'
import type { HttpReply, HttpRequest } from '../../src/ports/http.ts'
import { classify, failureOfMessages, isLostRace } from './errors.ts'

const request = (effect: HttpRequest['effect'] = 'read'): HttpRequest => ({
  method: 'POST',
  url: 'http://127.0.0.1/jsonrpc',
  effect,
})
const reply = (status: number, body: unknown): HttpReply => ({
  status,
  headers: {},
  body: typeof body === 'string' ? body : JSON.stringify(body),
  json: () => body,
})
const rpcError = (name: string, message: string): HttpReply =>
  reply(200, {
    jsonrpc: '2.0',
    id: 1,
    error: { code: 200, message: 'Odoo Server Error', data: { name, debug: 'Traceback: secret path', message } },
  })

describe('an answer of Odoo', () => {
  test.each([
    [reply(200, { jsonrpc: '2.0', id: 1, result: false })],
    [reply(200, { jsonrpc: '2.0', id: 1, result: [{ id: 1, name: '"error": {"data"' }] })],
    [reply(200, [{ id: 1, error: 'a field of that name' }])],
    [reply(200, '')],
  ])('is a success: %j', (answer) => {
    expect(classify(answer, request())).toBeNull()
  })

  test.each<[string, string, JsonObject]>([
    ['odoo.exceptions.AccessDenied', 'Access Denied', { kind: 'auth_rejected' }],
    [
      'odoo.exceptions.AccessError',
      "You are not allowed to access 'Purchase Order' (purchase.order) records.\n\nThis operation is allowed for the " +
        'following groups:\n\t- Purchase/User\n\t- Purchase/Administrator\n\nContact your administrator to request access.',
      { kind: 'permission_missing', missing: ['Purchase/User', 'Purchase/Administrator'] },
    ],
    [
      'odoo.exceptions.AccessError',
      'Due to security restrictions, you are not allowed to modify "Sales Order" (sale.order) records.',
      { kind: 'record_rejected', remoteCode: 'odoo.exceptions.AccessError' },
    ],
    [
      'odoo.exceptions.MissingError',
      'Record does not exist or has been deleted.\n(Record: sale.order(77,), User: 2)',
      { kind: 'record_gone', object: 'sale.order', id: '77' },
    ],
    ['odoo.exceptions.UserError', 'No bill of materials', { kind: 'record_rejected', field: null }],
    ['odoo.exceptions.UserError', "Object x.y doesn't exist", { kind: 'configuration_invalid' }],
    [
      'builtins.ValueError',
      "Invalid field 'nofield' on model 'sale.order'",
      { kind: 'configuration_invalid', path: 'sale.order.nofield' },
    ],
    ...[
      "Invalid field 'x' on 'res.partner'",
      "Invalid field 'x' in 'res.partner'",
      "Invalid field res.partner.x in leaf ('x', '=', 1)",
      "Invalid field res.partner.x in condition ('x', '=', 1)",
    ].map((message): [string, string, JsonObject] => [
      'builtins.ValueError',
      message,
      { kind: 'configuration_invalid', path: 'res.partner.x' },
    ]),
    ['builtins.AttributeError', "type object 'sale.order' has no attribute 'x'", { kind: 'configuration_invalid' }],
    ['psycopg2.errors.SerializationFailure', 'could not serialize access due to concurrent update', { kind: 'busy' }],
    ['psycopg2.OperationalError', 'FATAL:  database "nodb" does not exist', { kind: 'configuration_invalid' }],
    ['psycopg2.OperationalError', 'server closed the connection unexpectedly', { kind: 'unavailable' }],
    ['a.module.Error', 'Of a module nobody knows', { kind: 'record_rejected', remoteCode: 'a.module.Error' }],
  ])('with %s "%s" is known for what it is', (name, message, problem) => {
    const error = classify(rpcError(name, message), request('write'))
    expect(error?.problem).toMatchObject(problem)
    expect(error?.message).not.toContain('Traceback')
    expect(error?.message).not.toMatch(/\n/)
    expect(error?.fix).not.toBe('')
  })

  test('names the database that is not there', () => {
    const page = '<h1>Not Found</h1>\n<p>No database is selected and the requested URL was not found</p>'
    const error = classify(reply(404, page), { ...request(), headers: { 'x-odoo-database': 'nowhere' } })
    expect(error).toMatchObject({
      message: 'This Odoo has no database "nowhere"',
      problem: { kind: 'configuration_invalid', path: 'database' },
    })
  })

  test.each([
    [401, { name: 'werkzeug.exceptions.Unauthorized', message: 'Invalid apikey' }, 'auth_rejected'],
    [403, { name: 'odoo.exceptions.AccessError', message: 'You are not allowed to access' }, 'permission_missing'],
    [404, { name: 'odoo.exceptions.MissingError', message: 'gone' }, 'record_gone'],
    [404, { name: 'werkzeug.exceptions.NotFound', message: 'no such model' }, 'configuration_invalid'],
    [422, { name: 'odoo.exceptions.UserError', message: 'no' }, 'record_rejected'],
  ])('over JSON-2 with status %d and %j is %3$s', (status, body, kind) => {
    expect(classify(reply(status, body), request('write'))?.problem.kind).toBe(kind)
  })

  test.each([
    [429, 'read', 'rate_limited'],
    [401, 'read', 'auth_rejected'],
    [404, 'read', 'configuration_invalid'],
    [418, 'read', 'bad_reply'],
    [500, 'read', 'unavailable'],
    // Odoo may have saved before its web server failed.
    [500, 'write', 'outcome_unknown'],
    [503, 'write', 'unavailable'],
  ] as const)('that is a page with status %d to a %s is %s', (status, effect, kind) => {
    expect(classify(reply(status, '<html>sorry</html>'), request(effect))?.problem.kind).toBe(kind)
  })
})

describe('messages of a load', () => {
  test.each([
    [
      [
        { message: "No matching record found for database id '9' in field 'Customer'", field: 'partner_id' },
        { message: "Missing required value for the field 'Customer' (partner_id)", field: 'partner_id' },
      ],
      { kind: 'record_rejected', field: 'partner_id', remoteCode: 'load' },
    ],
    [
      [
        { message: "Unknown database identifier '99'", field: '.id' },
        { message: "Missing required value for the field 'Customer' (partner_id)", field: 'partner_id' },
      ],
      { kind: 'record_gone', object: '', id: '99' },
    ],
    [
      [
        {
          message:
            "Unknown error during import: <class 'odoo.exceptions.AccessError'>: You are not allowed to create 'Contact' " +
            '(res.partner) records.\n\nThis operation is allowed for the following groups:\n\t- Extra Rights/Contact Creation',
        },
      ],
      { kind: 'permission_missing', missing: ['Extra Rights/Contact Creation'] },
    ],
  ])('%j make %j', (messages, problem) => {
    expect(failureOfMessages(messages).problem).toEqual(problem)
  })

  test('are told together, each once', () => {
    const { message } = failureOfMessages([{ message: 'one\n' }, { message: 'two' }, { message: 'one' }])
    expect(message).toBe('Odoo refused: one; two')
  })

  test('tell a lost race', () => {
    expect(isLostRace([{ message: 'could not serialize access due to concurrent update\n' }])).toBe(true)
    expect(isLostRace([{ message: 'duplicate key value violates unique constraint' }])).toBe(false)
  })
})
