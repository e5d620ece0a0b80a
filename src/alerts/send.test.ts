import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { silentLog } from '../../test/ledger/fresh-ledger.ts'
import { openMailServer, openWebhook, type Webhook } from '../../test/receivers.ts'
import { fromMillis, type Instant } from '../core/time.ts'
import { openHttpClient } from '../http/client.ts'
import type { AlertMessage, Channel, WebhookChannel } from '../ports/alerts.ts'
import { openSendAlert } from './send.ts'

const now = fromMillis(Date.parse('2026-11-24T12:00:00.000Z')) as Instant
const clock = { now: () => now, sleep: async () => undefined }
const send = openSendAlert({
  openHttp: openHttpClient({ clock, log: silentLog }),
  clock,
  secrets: () => ['hunter2-of-odoo'],
  secretsOf: () => ['hunter2-of-hook'],
})
const message: AlertMessage = {
  id: 'abc123',
  subject: '[Acme] New: Totals differ (orders)',
  lines: ['New: Totals differ (orders)', '  What: <at user_id="all"> & 订单 hunter2-of-odoo', '', '1 open in all'],
  json: { installation: 'Acme', changes: [{ message: 'hunter2-of-odoo' }] },
}

describe('a webhook', () => {
  let hook: Webhook
  beforeAll(async () => {
    hook = await openWebhook()
  })
  beforeEach(() => {
    hook.posts.length = 0
    hook.answer(200, 'ok')
  })
  afterAll(() => hook.close())
  const to = (kind: WebhookChannel['kind'], path = '/hook', secret?: string) =>
    send('chat', { kind, url: `${hook.url}${path}`, secret }, message)
  const plain = '[Acme] New: Totals differ (orders)\n\nNew: Totals differ (orders)\n'

  test('of Slack is sent text in which no name mentions anybody', async () => {
    expect(await to('slack')).toBe('status 200, ok')
    expect(hook.posts).toEqual([
      {
        path: '/hook',
        body: { text: `${plain}  What: &lt;at user_id="all"&gt; &amp; 订单 [secret]\n\n1 open in all` },
      },
    ])
  })

  test('of Teams is sent a card whose text is no Markdown', async () => {
    hook.answer(202, '')
    expect(await to('teams')).toBe('status 202')
    expect(hook.posts[0]?.body).toMatchObject({
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          content: {
            type: 'AdaptiveCard',
            body: [
              { type: 'RichTextBlock', inlines: [{ type: 'TextRun', text: message.subject, weight: 'Bolder' }] },
              { inlines: [{ text: 'New: Totals differ (orders)' }] },
              { inlines: [{ text: '  What: <at user_id="all"> & 订单 [secret]' }] },
              { inlines: [{ text: '1 open in all' }] },
            ],
          },
        },
      ],
    })
  })

  test('of WeCom is sent at most 2048 bytes', async () => {
    hook.answer(200, '{"errcode":0,"errmsg":"ok"}')
    const long = { ...message, lines: Array.from({ length: 100 }, () => '订单等待处理，请查看') }
    await send('chat', { kind: 'wecom', url: `${hook.url}/cgi-bin/webhook/send?key=k` }, long)
    const { path, body } = hook.posts[0] ?? { path: '', body: {} }
    const { content } = body.text as { content: string }
    expect([path, body.msgtype]).toEqual(['/cgi-bin/webhook/send?key=k', 'text'])
    expect(Buffer.byteLength(content)).toBeLessThanOrEqual(2048)
    expect(content).toMatch(/^\[Acme\] New.*[\s\S]*… more: crosswalk problems$/)
  })

  test('of DingTalk is signed in the address, by time and secret', async () => {
    hook.answer(200, '{"errcode":0,"errmsg":"ok"}')
    await to('dingtalk', '/robot/send?access_token=t', 'SEC-of-dingtalk')
    const url = new URL(hook.posts[0]?.path ?? '', hook.url)
    const timestamp = String(Date.parse(now))
    const sign = createHmac('sha256', 'SEC-of-dingtalk').update(`${timestamp}\nSEC-of-dingtalk`).digest('base64')
    expect(Object.fromEntries(url.searchParams)).toEqual({ access_token: 't', timestamp, sign })
    expect(hook.posts[0]?.body).toMatchObject({ msgtype: 'text', text: { content: expect.stringContaining(plain) } })
    await to('dingtalk', '/robot/send?access_token=t')
    expect(hook.posts[1]?.path).toBe('/robot/send?access_token=t')
  })

  test('of Feishu is signed in the body, and no name mentions anybody', async () => {
    hook.answer(200, '{"code":0,"msg":"success","data":{}}')
    await to('feishu', '/open-apis/bot/v2/hook/x', 'sign-of-feishu')
    const timestamp = String(Date.parse(now) / 1000)
    const sign = createHmac('sha256', `${timestamp}\nsign-of-feishu`).update('').digest('base64')
    expect(hook.posts[0]?.body).toMatchObject({ msg_type: 'text', timestamp, sign })
    expect(JSON.stringify(hook.posts[0]?.body)).not.toContain('<at')
    await to('feishu')
    expect(Object.keys(hook.posts[1]?.body ?? {})).toEqual(['msg_type', 'content'])
  })

  test('of a program is sent all facts', async () => {
    await to('json')
    expect(hook.posts[0]?.body).toMatchObject({
      id: 'abc123',
      subject: message.subject,
      text: expect.stringContaining('1 open in all'),
      installation: 'Acme',
      changes: [{ message: '[secret]' }],
    })
  })

  test.each([
    ['slack', 404, 'no_service', 'configuration_invalid', /status 404, no_service/],
    ['slack', 403, 'invalid_token', 'auth_rejected', /invalid_token/],
    ['slack', 429, '', 'rate_limited', /status 429/],
    ['teams', 502, 'hunter2-of-hook', 'unavailable', /status 502, \[secret\]/],
    ['wecom', 200, '{"errcode":93000,"errmsg":"invalid webhook url"}', 'bad_reply', /93000 invalid webhook url/],
    ['dingtalk', 200, '{"errcode":310000,"errmsg":"sign not match"}', 'bad_reply', /310000 sign not match/],
    ['feishu', 200, '{"code":19021,"msg":"sign match fail"}', 'bad_reply', /19021 sign match fail/],
    ['feishu', 200, '<html>', 'bad_reply', /not JSON/],
  ] as const)('of %s that answers %d %s did not take it: %s', async (kind, status, body, problem, words) => {
    hook.answer(status, body)
    await expect(to(kind)).rejects.toMatchObject({ problem: { kind: problem }, message: expect.stringMatching(words) })
  })

  test('that is not there is told so', async () => {
    const gone = await openWebhook()
    await gone.close()
    const channel = { kind: 'json', url: `${gone.url}/x` } as const
    await expect(send('chat', channel, message)).rejects.toMatchObject({ problem: { kind: 'unavailable' } })
  })
})

describe('a mail', () => {
  const to = (port: number, change: Partial<Channel> = {}): Channel =>
    ({
      ...{ kind: 'email', host: '127.0.0.1', port, encryption: 'none' },
      ...{ from: 'crosswalk@acme.test', to: ['ida@acme.test'] },
      ...change,
    }) as Channel

  test('is text for all receivers, with an id that stays', async () => {
    const server = await openMailServer()
    expect(await send('office', to(server.port), message)).toBe('250 Kept as no. 1')
    await server.close()
    expect(server.mails).toEqual([
      {
        ...{ subject: message.subject, from: '"Crosswalk" <crosswalk@acme.test>', to: ['ida@acme.test'] },
        text: `New: Totals differ (orders)\n  What: <at user_id="all"> & 订单 [secret]\n\n1 open in all\n`,
        id: '<abc123@acme.test>',
      },
    ])
  })

  test('goes in the clear to no server that offers no encryption, and neither does the password', async () => {
    const asked: unknown[] = []
    const server = await openMailServer({
      onAuth(auth, _session, done) {
        asked.push(auth)
        done(null, { user: 'x' })
      },
    })
    const channel = to(server.port, { encryption: 'starttls', user: 'ida', password: 'mail-password' })
    await expect(send('office', channel, message)).rejects.toMatchObject({ problem: { kind: 'unavailable' } })
    await server.close()
    expect([server.mails, asked]).toEqual([[], []])
  })

  test.each(['starttls', 'tls'] as const)(
    'goes by %s to no server whose certificate nobody vouches for',
    async (encryption) => {
      const server = await openMailServer({ secure: encryption === 'tls', disabledCommands: [] })
      const failed = send('office', to(server.port, { encryption }), message)
      await expect(failed).rejects.toMatchObject({
        problem: { kind: 'unavailable' },
        message: expect.stringMatching(/certificate/),
      })
      await server.close()
      expect(server.mails).toEqual([])
    },
  )

  test('says that the login was refused, without the password', async () => {
    const server = await openMailServer({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: (auth, _session, done) => done(new Error(`no such user, hunter2-of-hook (${auth.username})`)),
    })
    const channel = to(server.port, { user: 'ida', password: 'hunter2-of-hook' })
    const error = await send('office', channel, message).catch((one: unknown) => one as Error & { fix: string })
    await server.close()
    expect(error).toMatchObject({ problem: { kind: 'auth_rejected' } })
    expect(JSON.stringify([String(error), (error as Error).stack])).not.toContain('hunter2')
  })

  test('says which receivers were refused', async () => {
    const server = await openMailServer({
      onRcptTo: ({ address }, _session, done) => done(address.startsWith('ole') ? new Error('nobody here') : undefined),
    })
    const answer = await send('office', to(server.port, { to: ['ida@acme.test', 'ole@acme.test'] }), message)
    expect(answer).toBe('250 Kept as no. 1 (refused: ole@acme.test)')
    const none = send('office', to(server.port, { to: ['ole@acme.test'] }), message)
    await expect(none).rejects.toMatchObject({ problem: { kind: 'configuration_invalid' } })
    await server.close()
  })
})
