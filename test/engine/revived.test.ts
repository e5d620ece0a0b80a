import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { startServer } from '../../src/main/server.ts'
import { flawless, prove, settle, stock, until } from '../faults/proof.ts'
import { openRig } from '../rig.ts'

test('an embedded database that crashed is started again, and work goes on', async () => {
  const rig = await openRig({ crm: { indexDelaySeconds: 0, lineItemsMinutes: 0 } })
  const project = await rig.open()
  const shop = stock(rig)
  await project.crosswalk.setup('hubspot')
  await project.close()
  const log: string[] = []
  const { config, home } = rig
  const server = await startServer({ config, home, environment: {}, role: 'all', log: (line) => void log.push(line) })
  const pidFile = () => readFile(join(home, 'postgres/data/postmaster.pid'), 'utf8')
  const [pid = ''] = (await pidFile()).split('\n')
  process.kill(Number(pid), 'SIGKILL')
  await until(
    () => log.some((line) => line.includes('database started again')),
    'a database',
    () => log.slice(-10).join(''),
  )
  expect((await pidFile()).split('\n')[0]).not.toBe(pid)
  const ready = async () => (await fetch(`${server.url}/readyz`)).status
  await until(async () => (await ready()) === 200, 'a server that is ready')
  await server.close()
  const again = await rig.open()
  shop.win(3)
  await settle(again)
  expect(await prove(rig, again)).toMatchObject({ ...flawless, orders: 3 })
  await again.close()
  await rig.close()
}, 120_000)
