import { expect, test } from '@jest/globals'
import type { ChannelReport } from '../../app/alerts/alerts.ts'
import type { Failure } from '../../core/problem.ts'
import { shift } from '../../core/time.ts'
import { cli, now, text } from '../fake.ts'

const failure: Failure = {
  problem: { kind: 'auth_rejected' },
  message: 'smtp.example.com:587 did not take the mail: 535 no',
  fix: 'Correct the login.',
}
const healthy = { waitingSince: null, failures: 0, failingSince: null, nextTryAt: null, failure: null, certified: '0' }
const channels: readonly ChannelReport[] = [
  { ...healthy, channel: 'chat', kind: 'slack', toldAt: shift(now, -7_200_000) },
  { ...healthy, channel: 'robot', kind: 'wecom', toldAt: null },
  {
    channel: 'office',
    kind: 'email',
    waitingSince: now,
    toldAt: null,
    failures: 3,
    failingSince: shift(now, -600_000),
    nextTryAt: shift(now, 120_000),
    failure,
    certified: '0',
  },
]
const status = async () => ({ connections: [], waits: [], syncs: [], orders: [], alerts: channels })

const shown = text`
  chat    slack  ✓ ok     last message 2 h ago
  robot   wecom  ✓ ok     nothing told yet
  office  email  ✗ fails  since 10 min ago, next try in 2 min
  ✗ smtp.example.com:587 did not take the mail: 535 no
    What to do: Correct the login.
`
const indented = shown.replace(/^(?=.)/gm, '  ')

test('shows how it goes with each channel, alone and in the status', async () => {
  expect(await cli('alert', { status })).toMatchObject({ code: 0, out: indented })
  expect((await cli('status', { status })).out).toContain(`Alerts\n${indented}`)
})

test('says that nobody is told where there is no channel', async () => {
  const none = { status: async () => ({ ...(await status()), alerts: [] }), testAlerts: async () => [] }
  expect((await cli('alert', none)).out).toContain('nobody is told')
  expect(await cli('alert --test', none)).toMatchObject({ code: 1, out: expect.stringContaining('nobody is told') })
  expect((await cli('status', none)).out).not.toContain('Alerts')
})

test('tests all channels, or one, and shows what they answered', async () => {
  const asked: (readonly string[])[] = []
  const rows = [
    { channel: 'chat', kind: 'slack', answer: 'status 200, ok', failure: null },
    { channel: 'office', kind: 'email', answer: null, failure },
  ] as const
  const testAlerts = async (names: readonly string[]) => {
    asked.push(names)
    return names.length === 0 ? rows : rows.slice(0, 1)
  }
  const all = await cli('alert --test', { testAlerts })
  expect(all).toMatchObject({
    code: 1,
    out: text`
      ✓ chat (slack) took the message: status 200, ok
      ✗ office (email)
        ✗ smtp.example.com:587 did not take the mail: 535 no
          What to do: Correct the login.
    `,
  })
  expect((await cli('alert --test chat --json', { testAlerts })).out).toBe(`${JSON.stringify([rows[0]], null, 2)}\n`)
  expect(asked).toEqual([[], ['chat']])
})
