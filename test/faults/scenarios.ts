import type { Fault } from '../../src/simulator/server.ts'
import type { SimulatedCrm, SimulatedErp, Trouble } from '../../src/simulator/world.ts'

interface Scenario {
  readonly name: string
  readonly crm?: readonly Fault[]
  readonly erp?: readonly Fault[]
}

const unavailable = (status: number): Trouble => ({ kind: 'status', status, body: { message: 'try again later' } })
const page: Trouble = { kind: 'status', status: 200, body: '<html>a proxy</html>' }

/** What can go wrong between any two systems. Each strikes a run of good deals and a bad one. */
export function scenariosOf(
  crm: Pick<SimulatedCrm, 'requests' | 'trouble'>,
  erp: Pick<SimulatedErp, 'requests' | 'trouble'>,
): readonly Scenario[] {
  const { changes, report } = crm.requests
  const { create, confirm, read } = erp.requests
  const everything = {}
  return [
    { name: 'the answer to a new order is lost after the commit', erp: [strike(create, { kind: 'lose_answer' }, 2)] },
    { name: 'the answer to a new order is cut off', erp: [strike(create, { kind: 'cut' }, 2)] },
    { name: 'a new order is refused before it is made', erp: [strike(create, { kind: 'refuse' }, 2)] },
    { name: 'the answer to a confirmation is lost', erp: [strike(confirm, { kind: 'lose_answer' }, 2)] },
    { name: 'the answer to a confirmation is cut off', erp: [strike(confirm, { kind: 'cut' })] },
    { name: 'only the second answer is lost', erp: [{ ...strike(create, { kind: 'lose_answer' }), skip: 1 }] },
    { name: 'the ERP answers 502 to writes', erp: [strike(create, unavailable(502), 2)] },
    { name: 'the ERP answers 503 to everything for a while', erp: [strike(everything, unavailable(503), 12)] },
    { name: 'the ERP has reached its limit', erp: [strike(everything, erp.trouble.rateLimited, 3)] },
    ...(erp.trouble.busy === null
      ? []
      : [{ name: 'the ERP loses a race', erp: [strike(create, erp.trouble.busy, 2)] }]),
    { name: 'reads of the ERP are cut off', erp: [strike(read, { kind: 'cut' }, 3)] },
    { name: 'a proxy answers in place of the ERP', erp: [strike(create, page, 2)] },
    { name: 'the answer to a write-back is lost', crm: [strike(report, { kind: 'lose_answer' }, 2)] },
    { name: 'a write-back is cut off', crm: [strike(report, { kind: 'cut' }, 2)] },
    { name: 'the CRM answers 502 to a write-back', crm: [strike(report, unavailable(502), 2)] },
    { name: 'the CRM has reached its limit', crm: [strike(everything, crm.trouble.rateLimited, 4)] },
    ...(crm.trouble.busy === null
      ? []
      : [{ name: 'the CRM has locked the deals', crm: [strike(report, crm.trouble.busy, 2)] }]),
    { name: 'the CRM answers 503 for a while', crm: [strike(everything, unavailable(503), 12)] },
    { name: 'looking for changes breaks off between pages', crm: [strike(changes, { kind: 'cut' }, 3)] },
    {
      name: 'everything at once',
      crm: [{ ...strike(everything, { kind: 'refuse' }, 3), skip: 3 }, strike(report, { kind: 'lose_answer' })],
      erp: [
        strike(create, { kind: 'lose_answer' }),
        strike(confirm, { kind: 'cut' }),
        { ...strike(everything, unavailable(502), 2), skip: 9 },
      ],
    },
  ]
}

const strike = (match: Fault['match'], trouble: Trouble, times = 1): Fault => ({ match, ...trouble, times })
