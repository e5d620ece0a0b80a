import type { CrmDeal, CrmWorld, NewLine, SimulatedCrm, SimulatedSystem } from '../../../src/simulator/world.ts'
import type { HubspotStore } from './people.ts'
import type { Values } from './store.ts'

/** The default pipeline's stages, by what they mean. */
const stages = { open: 'contractsent', won: 'closedwon', lost: 'closedlost' } as const

/** The account in the words that all simulated CRMs share. */
export function worldOf(store: HubspotStore): CrmWorld {
  const shownOf = (properties: Values): CrmDeal['shown'] => ({
    orderNumber: properties.erp_order_no || null,
    status: properties.erp_status || null,
    problem: properties.erp_sync_problem || null,
    trackingNumber: properties.erp_tracking_number || null,
    outstanding: properties.erp_amount_outstanding || null,
  })
  const dealOf = ({ id, properties }: { readonly id: string; readonly properties: Values }): CrmDeal => ({
    id,
    name: properties.dealname ?? '',
    won: properties.hs_is_closed_won === 'true',
    amount: properties.amount || null,
    shown: shownOf(properties),
  })
  return {
    amountIsFree: true,
    addCompany: ({ street, ...company }) =>
      store.addCompany({ ...company, ...(street === undefined ? {} : { address: street }) }),
    addContact: ({ firstName, lastName, ...contact }) =>
      store.addContact({ firstname: firstName, lastname: lastName, ...contact }),
    addDeal: ({ name, state = 'won', companyId, contactId, currency, amount, lines = [], modifiedAt }) =>
      store.addDeal({
        name,
        stage: stages[state],
        lines: lines.map(lineOf),
        properties: {
          ...(currency === undefined ? {} : { deal_currency_code: currency }),
          ...(amount === undefined ? {} : { amount }),
        },
        ...(companyId === undefined ? {} : { companyId }),
        ...(contactId === undefined ? {} : { contactId }),
        ...(modifiedAt === undefined ? {} : { modifiedAt }),
      }),
    changeDeal: (id, { name, amount, state, wonAt }) =>
      store.updateDeal(id, {
        ...(name === undefined ? {} : { dealname: name }),
        ...(amount === undefined ? {} : { amount }),
        ...(state === undefined ? {} : { dealstage: stages[state] }),
        ...(wonAt === undefined ? {} : { closedate: wonAt }),
      }),
    addLine: (dealId, line) => void store.addLine(dealId, lineOf(line)),
    deals: () => store.deals().map(dealOf),
    deal: (id) => {
      const found = store.deal(id)
      return found === null ? null : dealOf(found)
    },
    products: () => notSimulated('products'),
    addProduct: () => notSimulated('products'),
  }
}

function notSimulated(what: string): never {
  throw new Error(`not simulated: ${what}`)
}

const lineOf = ({ sku, name, quantity, price, discountPercent, discountEach }: NewLine): Values => ({
  hs_sku: sku,
  name: name ?? sku,
  quantity,
  price,
  ...(discountPercent === undefined ? {} : { hs_discount_percentage: discountPercent }),
  ...(discountEach === undefined ? {} : { discount: discountEach }),
})

export const requests: SimulatedCrm['requests'] = {
  changes: { path: '/search' },
  read: { path: '/batch/read' },
  report: { path: '/batch/update' },
}

export const trouble: SimulatedSystem['trouble'] = {
  rateLimited: {
    kind: 'status',
    status: 429,
    headers: { 'retry-after': '1' },
    body: {
      status: 'error',
      policyName: 'TEN_SECONDLY_ROLLING',
      message: 'You have reached your ten_secondly_rolling limit.',
    },
  },
  loginExpired: {
    kind: 'status',
    status: 401,
    body: { status: 'error', category: 'EXPIRED_AUTHENTICATION', message: 'The access token is expired.' },
  },
  busy: { kind: 'status', status: 423, body: { status: 'error', category: 'LOCKED', message: 'locked' } },
}
