import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codeOf } from '../../src/ledger/error-code.ts'
import { dealOf, stock, until } from '../faults/proof.ts'
import { openRig, type Rig } from '../rig.ts'

/*
 * A disk of its own for the home, which is filled up while the server works: a file system in memory that only the server sees.
 */
const enter = process.getuid?.() === 0 ? ['-m'] : ['-rm']
const missing = spawnSync('unshare', [...enter, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status !== 0
if (missing)
  process.stderr.write(
    '\nA full disk is NOT tested: this process may not mount one (as root, or with user namespaces).\n\n',
  )
const run = missing ? test.skip : test

let rig: Rig
let disk = ''
let server: ChildProcess
let url = ''

beforeAll(async () => {
  if (missing) return
  rig = await openRig({ crm: { indexDelaySeconds: 0, lineItemsMinutes: 0 } })
  disk = await mkdtemp(join(tmpdir(), 'crosswalk-disk-'))
  const setup = rig.cli('setup', 'hubspot')
  expect((await setup.done).code).toBe(0)
  const mount = `mount -t tmpfs -o size=200m,mode=755 tmpfs "${disk}" && exec "$@" 2>>"${disk}/log"`
  const command = [process.execPath, 'bin/crosswalk.js', '--config', rig.config, '--home', join(disk, 'home'), 'start']
  server = spawn('unshare', [...enter, 'sh', '-c', mount, 'sh', ...command], {
    cwd: join(import.meta.dirname, '../..'),
    env: { ...process.env, NODE_OPTIONS: '', NODE_NO_WARNINGS: '1' },
    stdio: 'ignore',
  })
  await until(() => printed().includes('"started"'), 'a server', lastLines)
  url = /"url":"([^"]+)"/.exec(printed())?.[1] ?? ''
}, 120_000)
afterAll(async () => {
  if (missing) return
  const exit = once(server, 'exit')
  server.kill('SIGTERM')
  await exit
  await rig.close()
  await rm(disk, { recursive: true, force: true })
})

/** Its log lies on that disk, too. */
const printed = () => (existsSync(inside('log')) ? readFileSync(inside('log'), 'utf8') : '')
const lastLines = () => printed().split('\n').slice(-25).join('\n')
/** As the server sees it. */
const inside = (path: string) => `/proc/${server.pid}/root${join(disk, path)}`
const ready = async () => (await fetch(`${url}/readyz`)).status
async function look(): Promise<void> {
  const token = readFileSync(inside('home/api-token'), 'utf8').trim()
  await fetch(`${url}/api/v1/syncs/orders/run`, { method: 'POST', headers: { authorization: `Bearer ${token}` } })
}
function fill(): void {
  const file = openSync(inside('filler'), 'a')
  const page = Buffer.alloc(4096)
  try {
    for (;;) writeSync(file, page)
  } catch (error) {
    if (codeOf(error) !== 'ENOSPC') throw error
  } finally {
    // One that is open keeps its room when it is removed.
    closeSync(file)
  }
}
const won = () => rig.crm.crm.deals().filter((deal) => deal.won)
const orders = () => rig.erp.erp.orders()
const isDone = () => won().every(({ shown }) => shown.orderNumber !== null && shown.status !== null)

describe('a disk that is full while the server works', () => {
  run(
    'is told, ends nothing, loses nothing, and all goes on by itself when there is room',
    async () => {
      const shop = stock(rig)
      shop.win(5)
      await look()
      await until(isDone, 'five orders', lastLines)
      expect(await ready()).toBe(200)

      fill()
      shop.win(40)
      await until(
        async () => {
          await look()
          fill()
          return (await ready()) === 503
        },
        'a server that is not ready',
        lastLines,
      )
      expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' })
      expect(statSync(inside('filler')).size).toBeGreaterThan(10_000_000)

      rmSync(inside('filler'))
      await until(async () => (await ready()) === 200, 'a server that is ready again', lastLines)
      await until(
        async () => {
          await look()
          return isDone()
        },
        'all orders',
        lastLines,
      )
      expect(server.exitCode).toBeNull()
      expect(printed()).toContain('Its disk is full: make room there.')
      const deals = orders().map(({ key }) => dealOf(key))
      expect(deals).toHaveLength(45)
      expect(new Set(deals).size).toBe(45)
    },
    60_000,
  )
})
