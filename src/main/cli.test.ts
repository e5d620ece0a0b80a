import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { haltStop, serverWhen } from '../../test/ledger/halted-stop.ts'

// Both systems are out of reach: the commands tested here ask the ledger alone.
const configuration = `
connections:
  hubspot: { system: hubspot, settings: { accessToken: none } }
  odoo: { system: odoo, settings: { url: 'http://127.0.0.1:9', database: none, username: none, password: none } }
syncs:
  orders: { document: deal, from: hubspot, to: odoo, since: '2026-01-01T00:00:00Z' }
`

let root = ''
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'crosswalk-cli-'))
  await writeFile(join(root, 'crosswalk.yaml'), configuration)
})
afterAll(() => rm(root, { recursive: true, maxRetries: 5 }))

test('a command answers and ends well, however long its PostgreSQL takes to stop', async () => {
  const home = join(root, 'home')
  const args = ['src/main/cli.ts', '--config', join(root, 'crosswalk.yaml'), '--home', home, 'status', '--json']
  const child = spawn(process.execPath, args, {
    cwd: join(import.meta.dirname, '../..'),
    env: { ...process.env, DATABASE_URL: '', NODE_OPTIONS: '', NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exit = once(child, 'exit').then(([code]): unknown => code)
  const printed = Promise.all([text(child.stdout), text(child.stderr)])
  let goOn = () => {}
  try {
    // The command is held from the time its server begins to start, so that it cannot be done before the test is ready.
    await serverWhen(home, 'starting', 'ready')
    child.kill('SIGSTOP')
    goOn = await haltStop(await serverWhen(home, 'ready'))
    child.kill('SIGCONT')
    await serverWhen(home, 'stopping')
    await Promise.race([exit, delay(1000)])
    goOn()
    const [out, err] = await printed
    expect({ code: await exit, err }).toEqual({ code: 0, err: '' })
    expect(JSON.parse(out)).toMatchObject({ connections: [{ connection: 'hubspot' }, { connection: 'odoo' }] })
  } finally {
    goOn()
    child.kill('SIGKILL')
  }
})

test('a simulated system tells what a connection to it needs', async () => {
  const child = spawn(process.execPath, ['src/main/cli.ts', 'simulate', 'hubspot', '--port', '0'], {
    cwd: join(import.meta.dirname, '../..'),
    env: { ...process.env, NODE_OPTIONS: '', NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = once(child, 'exit')
  let out = ''
  try {
    for await (const chunk of child.stdout.setEncoding('utf8')) {
      out += chunk
      if (out.includes('webhookSecret')) break
    }
  } finally {
    child.kill('SIGINT')
  }
  await exit
  const [url = '', , , , ...yaml] = out.split('\n')
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  expect(parse(yaml.join('\n'))).toMatchObject({
    connections: { hubspot: { system: 'hubspot', settings: { baseUrl: url, accessToken: expect.any(String) } } },
  })
})
