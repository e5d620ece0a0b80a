import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { readPidFile } from '../../src/ledger/embedded/pid-file.ts'
import { flawless, prove, settle, stock, until } from '../faults/proof.ts'
import { openRig, type Rig } from '../rig.ts'

let rig: Rig | null = null
afterAll(() => rig?.close())

test('servers start the embedded database again when it has ended, and go on', async () => {
  const often = () => ({ schedule: { cron: '* * * * * *' } })
  rig = await openRig({ crm: { indexDelaySeconds: 0 }, orders: often(), fulfilment: often() })
  const { crm, erp, home } = rig
  const shop = stock(rig)
  const project = await rig.open()
  await project.crosswalk.setup('hubspot')
  await project.close()
  const servers = [rig.cli('start'), rig.cli('start', '--role', 'worker')]
  const printed = () => servers.map((one) => one.printed()).join('')
  await until(() => servers.every((one) => one.printed().includes('"started"')), 'two servers', printed)
  const running = await readPidFile(join(home, 'postgres/data'))
  process.kill(running?.pid ?? 0, 'SIGQUIT')
  await until(() => printed().includes('database started again'), 'another database', printed)
  const [id = ''] = shop.win(1)
  await until(() => crm.crm.deal(id)?.shown.status === 'ready', 'the order of a deal', printed)
  for (const one of servers) one.kill('SIGTERM')
  expect((await Promise.all(servers.map((one) => one.done))).map(({ code }) => code)).toEqual([0, 0])
  const opened = await rig.open()
  await settle(opened)
  expect(await prove(rig, opened)).toMatchObject({ ...flawless, orders: 1 })
  expect(erp.erp.orders()).toHaveLength(1)
  await opened.close()
})
