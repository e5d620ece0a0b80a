import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import nock from 'nock'
import type { Problem } from '../../src/core/problem.ts'
import type { Instant } from '../../src/core/time.ts'
import { openHttpClient } from '../../src/http/client.ts'
import { odoo } from './index.ts'

/* Replies that no Odoo of ours gives, from what stands in front of one. */

const clock = { now: () => '2026-11-24T09:00:00.000Z' as Instant, sleep: async () => {} }
const silent = () => {}
const log = { debug: silent, info: silent, warn: silent, error: silent }
const settings = { url: 'https://erp.example', database: 'acme', username: 'bot', password: 'not-to-be-shown' }
const open = () => odoo.open(settings, { name: 'erp', http: openHttpClient({ clock, log }), clock, log })

beforeEach(() => nock.disableNetConnect())
// It takes the place of Node's own sockets in the whole process, which has other tests to run.
afterAll(() => nock.restore())
afterEach(() => {
  nock.cleanAll()
  nock.enableNetConnect()
})

describe('a reply that is not Odoo’s', () => {
  test.each<[string, number, string, Record<string, string>, Problem['kind']]>([
    ['a login page of a proxy', 200, '<html>Sign in</html>', { 'content-type': 'text/html' }, 'bad_reply'],
    ['a redirect to another host', 302, '', { location: 'https://login.example/?next=erp' }, 'bad_reply'],
    ['JSON that is no JSON-RPC', 200, '{"hello":"world"}', {}, 'bad_reply'],
    ['a maintenance page', 503, 'back soon', {}, 'unavailable'],
    ['a gateway that lost Odoo', 502, 'bad gateway', {}, 'unavailable'],
  ])('%s is told as what it is, without the password', async (_name, status, body, headers, kind) => {
    nock('https://erp.example').persist().post('/jsonrpc').reply(status, body, headers)
    const refused = await open()
      .check()
      .then(
        () => null,
        (error: Error & { problem?: Problem }) => error,
      )
    expect(refused?.problem?.kind).toBe(kind)
    expect(refused?.message).not.toContain('not-to-be-shown')
  })
})
