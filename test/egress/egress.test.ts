import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, expect, test } from '@jest/globals'
import { flawless, prove, settle, stock, until } from '../faults/proof.ts'
import { openWebhook, type Webhook } from '../receivers.ts'
import { openRig, type Rig } from '../rig.ts'

/*
 * A whole server, with workers, API, alerts, expressions and its own PostgreSQL, talks to the systems and channels of its
 * configuration, and to nobody else. What it connects to is recorded beneath its code.
 */

const recorder = pathToFileURL(join(import.meta.dirname, 'recorder.ts')).href
let rig: Rig | null = null
let hook: Webhook | null = null
afterEach(async () => {
  await hook?.close()
  await rig?.close()
  rig = null
  hook = null
})

/** Starts a server, lets it work through deals and tell people, and stops it. @returns what it connected to */
async function record(added: string | null): Promise<readonly string[]> {
  hook = await openWebhook()
  const every = () => ({ cron: '* * * * * *', time_zone: 'UTC' })
  const chat = { kind: 'slack', url: `${hook.url}/services/secret-word-42` }
  rig = await openRig({
    simulators: { hubspot: { indexDelayMs: 0 } },
    crm: { indexDelaySeconds: 0, lineItemsMinutes: 0 },
    orders: { schedule: every() },
    fulfilment: { schedule: every() },
    alerts: { channels: { chat }, group_seconds: 0 },
  })
  const shop = stock(rig)
  const project = await rig.open()
  await project.crosswalk.setup('hubspot')
  await project.close()
  const file = join(dirname(rig.home), 'record')
  const more: string[] = []
  if (added !== null) {
    const path = join(dirname(rig.home), 'added.mjs')
    await writeFile(path, added)
    more.push('--import', pathToFileURL(path).href)
  }
  const { DATABASE_URL: _database, REDIS_URL: _redis, ...environment } = process.env
  const args = ['--import', recorder, ...more, 'bin/crosswalk.js', '--config', rig.config, '--home', rig.home, 'start']
  const child = spawn(process.execPath, args, {
    cwd: join(import.meta.dirname, '../..'),
    env: { ...environment, NODE_OPTIONS: '', NODE_NO_WARNINGS: '1', CROSSWALK_RECORD: file },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = once(child, 'close')
  let printed = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    printed += chunk
  })
  try {
    await until(
      () => printed.includes('"started"'),
      'a server',
      () => printed,
    )
    const url = /"url":"([^"]+)"/.exec(printed)?.[1] ?? ''
    const done = shop.win(5)
    shop.winUnknown()
    const shown = (id: string) => rig?.hubspot.store.deal(id)?.properties.erp_status ?? ''
    await until(
      () => done.every((id) => shown(id) !== ''),
      'five orders',
      () => printed,
    )
    await until(
      () => (hook?.posts.length ?? 0) > 0,
      'an alert',
      () => printed,
    )
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
  } finally {
    child.kill('SIGTERM')
    await ended
  }
  const opened = await rig.open()
  await settle(opened)
  expect(await prove(rig, opened)).toMatchObject({ ...flawless, won: 6, orders: 5 })
  await opened.close()
  return (await readFile(file, 'utf8')).trim().split('\n')
}

/** Whom it may talk to: the systems and channels by their addresses, and its own PostgreSQL. */
function strangers(lines: readonly string[]): readonly string[] {
  const configured = [rig?.hubspot.url, rig?.odoo.url, hook?.url].map((url) => new URL(url ?? '').port)
  const own = [
    ...configured.map((port) => `tcp 127.0.0.1 ${port}`),
    ...configured.map((port) => `tcp ::ffff:127.0.0.1 ${port}`),
  ]
  const database = /^pipe \S*\/(postgres\/data|crosswalk-[0-9a-f]{16})\/\.s\.PGSQL\.5432$/
  const said = lines.filter((line) => !/^(begins|starts) /.test(line))
  return [...new Set(said.filter((line) => !own.includes(line) && !database.test(line)))]
}

test('a server talks to nobody but the systems and channels of its configuration', async () => {
  const lines = await record(null)
  expect(strangers(lines)).toEqual([])
  // All of it was looked at: both systems, the channel, PostgreSQL, and the process of the expressions.
  for (const url of [rig?.hubspot.url, rig?.odoo.url, hook?.url])
    expect(lines).toContain(`tcp 127.0.0.1 ${new URL(url ?? '').port}`)
  expect(lines.filter((line) => line.startsWith('pipe ')).length).toBeGreaterThan(0)
  expect(lines.filter((line) => line.startsWith('begins '))).toEqual([
    expect.stringMatching(/bin\/crosswalk\.js$/),
    expect.stringMatching(/sandbox\/process\.ts$/),
  ])
  const programs = lines.flatMap((line) => /^starts (\S+)/.exec(line)?.[1] ?? [])
  expect(new Set(programs)).toEqual(
    new Set([process.execPath, 'sh', '/bin/sh'].filter((one) => programs.includes(one))),
  )
})

test('what phones home is seen, in whatever way and from whichever process it does', async () => {
  const home = createServer((_request, response) => void response.end('thanks'))
  await once(home.listen(0, '127.0.0.1'), 'listening')
  const { port } = home.address() as AddressInfo
  const added = `
    import { fork } from 'node:child_process'
    import { createSocket } from 'node:dgram'
    import { lookup, resolveTxt } from 'node:dns'
    import { request } from 'node:http'
    const nothing = () => undefined
    if (process.argv.includes('start')) {
      fetch('http://127.0.0.1:${port}/by-fetch').then((reply) => reply.text(), nothing)
      lookup('telemetry.invalid', nothing)
      resolveTxt('updates.invalid', nothing)
      const socket = createSocket('udp4')
      socket.send('x', 9, '127.0.0.1', () => socket.close())
      fork(import.meta.filename, ['child'])
    } else if (process.argv[2] === 'child') request('http://localhost:${port}/by-child').on('error', nothing).end()`
  try {
    const found = strangers(await record(added))
    expect(found).toEqual(
      expect.arrayContaining([
        `tcp 127.0.0.1 ${port}`,
        'lookup telemetry.invalid',
        'lookup updates.invalid',
        'udp 9 127.0.0.1',
        'lookup localhost',
      ]),
    )
  } finally {
    home.closeAllConnections()
    home.close()
  }
})
