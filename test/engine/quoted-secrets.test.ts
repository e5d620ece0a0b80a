import { afterEach, expect, test } from '@jest/globals'
import { connectorOf } from '../../connectors/registry.ts'
import { simulatedCrms, simulatedErps } from '../../connectors/simulators.ts'
import { secretNames } from '../../src/core/secrets.ts'
import type { Fault } from '../../src/simulator/server.ts'
import { settle } from '../faults/proof.ts'
import { openPair } from '../rig.ts'

/*
 * A system that quotes the call it refuses, with the password in it: nobody who reads a problem, a timeline, a preview or the
 * deal in the CRM gets to see it.
 */

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** As each of them refuses one order among others. */
const refusals: Readonly<Record<string, (words: string) => Omit<Fault, 'match'>>> = {
  odoo: (words) => ({
    kind: 'status',
    status: 200,
    body: { jsonrpc: '2.0', id: 1, result: { ids: false, messages: [{ type: 'error', message: words, record: 0 }] } },
  }),
  netsuite: (words) => ({
    kind: 'status',
    status: 400,
    headers: { 'content-type': 'application/vnd.oracle.resource+json; type=error' },
    body: { title: 'Bad Request', status: 400, 'o:errorDetails': [{ detail: words, 'o:errorCode': 'USER_ERROR' }] },
  }),
}

test.each(Object.keys(simulatedErps))('what %s quotes of a refused call holds no secret', async (system) => {
  const crm = await simulatedCrms.hubspot?.({ currency: 'EUR' })
  const erp = await simulatedErps[system]?.({ currency: 'EUR' })
  const refusal = refusals[system]
  if (crm === undefined || erp === undefined || refusal === undefined) throw new Error(`how does ${system} refuse?`)
  const pair = await openPair({ system: 'hubspot', simulator: crm }, { system, simulator: erp })
  closing.push(pair.close)
  const opened = await pair.open()
  closing.push(opened.close)
  await opened.crosswalk.setup('hubspot')
  const settings: Readonly<Record<string, unknown>> = erp.settings
  const planted = secretNames(connectorOf(system)?.settings ?? crash())
    .flatMap((name) => (typeof settings[name] === 'string' ? [settings[name]] : []))
    .map((secret) => `«${secret}»`)
  expect(planted).not.toEqual([])
  erp.erp.addProduct({ sku: 'A-1', name: 'A', price: '10' })
  erp.fault({ match: erp.requests.create, ...refusal(`Invalid value, args were ${planted.join(', ')}`), times: 100 })
  const companyId = crm.crm.addCompany({ name: 'Nordlicht GmbH', domain: 'nordlicht.example' })
  const deal = crm.crm.addDeal({
    name: 'One',
    companyId,
    lines: [{ sku: 'A-1', name: 'A', quantity: '1', price: '10' }],
  })
  await settle(opened)
  const [problem] = await opened.crosswalk.problems({ max: 10 })
  expect(problem?.message).toMatch(/args were «\[secret\]\s*»/)
  const shown = crm.crm.deals().find(({ id }) => id === deal)?.shown.problem
  expect(shown).toMatch(/«\[secret\]\s*»/)
  const everything = JSON.stringify([
    problem,
    await opened.crosswalk.timeline({ id: deal }),
    await opened.crosswalk.status(),
    shown,
  ])
  for (const secret of planted) expect(everything).not.toContain(secret)
})

const crash = (): never => {
  throw new Error('no such connector')
}
