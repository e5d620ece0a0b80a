import type {
  CrmDeal,
  CrmProduct,
  CrmWorld,
  NewLine,
  SimulatedCrm,
  SimulatedSystem,
} from '../../../src/simulator/world.ts'
import type { HubspotStore } from './people.ts'
import type { Values } from './store.ts'

/** The default pipeline's stages, by what they mean. */
const stages = { open: 'contractsent', won: 'closedwon', lost: 'closedlost' } as const

/** The account in the words that all simulated CRMs share. */
export function worldOf(store: HubspotStore, currency: string): CrmWorld {
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
  const productOf = ({ id, properties }: { readonly id: string; readonly properties: Values }): CrmProduct => ({
    id,
    sku: properties.hs_sku ?? '',
    name: properties.name ?? '',
    key: properties.erp_key || null,
    active: properties.erp_active !== 'false',
    prices: Object.fromEntries(
      Object.entries({ [`hs_price_${currency}`]: properties.price, ...properties }).flatMap(([name, value]) => {
        const code = /^hs_price_(\w{3})$/.exec(name)?.[1]
        return code === undefined || !value ? [] : [[code.toUpperCase(), value]]
      }),
    ),
    onHand: properties.erp_stock_on_hand || null,
    available: properties.erp_stock_available || null,
    asOf: properties.erp_stock_as_of || null,
  })
  return {
    amountIsFree: true,
    addCompany: ({ street, ...company }) =>
      store.addCompany({ ...company, ...(street === undefined ? {} : { address: street }) }),
    addContact: ({ firstName, lastName, ...contact }) =>
      store.addContact({ firstname: firstName, lastname: lastName, ...contact }),
    addOwner: (owner) => store.addOwner(owner),
    changeOwner: (id, { email, active }) =>
      store.updateOwner(id, {
        ...(email === undefined ? {} : { email }),
        ...(active === undefined ? {} : { archived: !active }),
      }),
    addDeal: ({ name, state = 'won', companyId, contactId, ownerId, currency, amount, lines = [], modifiedAt }) =>
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
        ...(ownerId === undefined ? {} : { ownerId }),
        ...(modifiedAt === undefined ? {} : { modifiedAt }),
      }),
    changeDeal: (id, { name, amount, state, ownerId, wonAt }) =>
      store.updateDeal(id, {
        ...(name === undefined ? {} : { dealname: name }),
        ...(amount === undefined ? {} : { amount }),
        ...(state === undefined ? {} : { dealstage: stages[state] }),
        ...(ownerId === undefined ? {} : { hubspot_owner_id: ownerId }),
        ...(wonAt === undefined ? {} : { closedate: wonAt }),
      }),
    addProduct: ({ sku, name }) => store.addProduct({ hs_sku: sku, name }),
    products: () => store.products().map(productOf),
    addLine: (dealId, line) => void store.addLine(dealId, lineOf(line)),
    deals: () => store.deals().map(dealOf),
    deal: (id) => {
      const found = store.deal(id)
      return found === null ? null : dealOf(found)
    },
  }
}

const lineOf = ({ sku, name, quantity, price, discountPercent, discountEach }: NewLine): Values => ({
  hs_sku: sku,
  name: name ?? sku,
  quantity,
  price,
  ...(discountPercent === undefined ? {} : { hs_discount_percentage: discountPercent }),
  ...(discountEach === undefined ? {} : { discount: discountEach }),
})

export const words: SimulatedCrm['words'] = { deal: 'deals', name: 'dealname', shown: 'properties.erp_order_no' }

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
