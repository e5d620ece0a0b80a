import type { Json, JsonObject } from '../../../src/core/json.ts'
import { parseInstant } from '../../../src/core/time.ts'
import type { CrmDeal, CrmProduct, CrmWorld, SimulatedCrm, SimulatedSystem } from '../../../src/simulator/world.ts'
import { decimalOf, type SalesforceStore } from './people.ts'

/** The default stages, by what they mean. */
const stages = { open: 'Negotiation/Review', won: 'Closed Won', lost: 'Closed Lost' } as const

/** The org in the words that all simulated CRMs share. @param multiCurrency  whether records have a currency of their own */
export function worldOf(store: SalesforceStore, currency: string, multiCurrency: boolean): CrmWorld {
  const textOf = (value: Json | undefined): string | null =>
    value === undefined || value === null || value === '' ? null : String(value)
  const dealOf = (fields: JsonObject): CrmDeal => ({
    id: String(fields.Id),
    name: String(fields.Name),
    won: fields.IsWon === true,
    amount: decimalOf(fields.Amount),
    shown: {
      orderNumber: textOf(fields.ERP_Order_Number__c),
      status: textOf(fields.ERP_Status__c),
      problem: textOf(fields.ERP_Sync_Problem__c),
      trackingNumber: textOf(fields.ERP_Tracking_Number__c),
      outstanding: decimalOf(fields.ERP_Amount_Outstanding__c),
    },
  })
  const productOf = (fields: JsonObject, prices: CrmProduct['prices']): CrmProduct => ({
    id: String(fields.Id),
    sku: String(fields.ProductCode ?? ''),
    name: String(fields.Name),
    key: textOf(fields.ERP_Key__c),
    active: fields.IsActive === true,
    prices,
    onHand: decimalOf(fields.ERP_Stock_On_Hand__c),
    available: decimalOf(fields.ERP_Stock_Available__c),
    asOf: parseInstant(fields.ERP_Stock_As_Of__c ?? null),
  })
  function products(): readonly CrmProduct[] {
    const standard = store.records('Pricebook2').find((book) => book.IsStandard === true)
    const prices = new Map<string, Record<string, string>>()
    for (const { Product2Id, Pricebook2Id, IsActive, UnitPrice, CurrencyIsoCode } of store.records('PricebookEntry')) {
      if (Pricebook2Id !== standard?.Id || IsActive !== true) continue
      const known = prices.get(String(Product2Id)) ?? {}
      prices.set(String(Product2Id), { ...known, [String(CurrencyIsoCode ?? currency)]: decimalOf(UnitPrice) ?? '' })
    }
    return store.records('Product2').map((fields) => productOf(fields, prices.get(String(fields.Id)) ?? {}))
  }
  const currencyOf = (asked: string | undefined): JsonObject => {
    if (multiCurrency) return { CurrencyIsoCode: asked ?? currency }
    if (asked === undefined || asked === currency) return {}
    throw new Error(`the simulated org has ${currency} only; start it with currencies: ['${asked}']`)
  }
  return {
    amountIsFree: false,
    addCompany: ({ name, domain, street, city, zip, country }) =>
      store.addAccount({
        Name: name,
        ...given('Website', domain),
        ...given('BillingStreet', street),
        ...given('BillingCity', city),
        ...given('BillingPostalCode', zip),
        ...given('BillingCountry', country),
      }),
    addContact: ({ firstName, lastName, email, city }) =>
      store.addContact({
        FirstName: firstName,
        LastName: lastName,
        ...given('Email', email),
        ...given('MailingCity', city),
      }),
    addOwner: ({ firstName, lastName, email }) => {
      const [somebody = {}] = store.records('User')
      const { ProfileId = null, TimeZoneSidKey = null, LocaleSidKey = null, LanguageLocaleKey = null } = somebody
      const own = { FirstName: firstName, LastName: lastName, Username: email, Email: email, IsActive: true }
      return store.create('User', { ...own, ProfileId, TimeZoneSidKey, LocaleSidKey, LanguageLocaleKey })
    },
    changeOwner: (id, { email, active }) =>
      store.update('User', id, { ...given('Email', email), ...(active === undefined ? {} : { IsActive: active }) }),
    addDeal: ({
      name,
      state = 'won',
      companyId,
      contactId,
      ownerId,
      currency: asked,
      amount,
      lines = [],
      modifiedAt,
    }) =>
      store.addOpportunity({
        name,
        stage: stages[state],
        lines,
        fields: { ...currencyOf(asked), ...given('Amount', amount), ...given('OwnerId', ownerId) },
        ...(companyId === undefined ? {} : { accountId: companyId }),
        ...(contactId === undefined ? {} : { contactIds: [contactId] }),
        ...(modifiedAt === undefined ? {} : { modifiedAt }),
      }),
    changeDeal: (id, { name, amount, state, ownerId, wonAt }) =>
      store.update('Opportunity', id, {
        ...given('Name', name),
        ...given('Amount', amount),
        ...given('OwnerId', ownerId),
        ...given('StageName', state === undefined ? undefined : stages[state]),
        ...given('CloseDate', wonAt?.slice(0, 10)),
        ...given('LastStageChangeDate', wonAt),
      }),
    addLine: (dealId, line) => void store.addLine(dealId, line),
    deals: () => store.records('Opportunity').map(dealOf),
    deal: (id) => {
      const found = store.record('Opportunity', id)
      return found === null ? null : dealOf(found)
    },
    products,
    addProduct: ({ sku, name }) =>
      store.create('Product2', { Name: name, ProductCode: sku, StockKeepingUnit: sku, IsActive: true }),
  }
}

const given = (name: string, value: string | undefined): JsonObject => (value === undefined ? {} : { [name]: value })

export const words: SimulatedCrm['words'] = { deal: 'Opportunity', name: 'Name', shown: 'ERP_Order_Number__c' }

export const requests: SimulatedCrm['requests'] = {
  changes: { method: 'GET', path: '/query', query: 'SystemModstamp >' },
  read: { method: 'GET', path: '/query', query: ' IN (' },
  report: { method: 'PATCH', path: '/composite/sobjects' },
}

export const trouble: SimulatedSystem['trouble'] = {
  rateLimited: {
    kind: 'status',
    status: 403,
    body: [{ message: 'TotalRequests Limit exceeded.', errorCode: 'REQUEST_LIMIT_EXCEEDED' }],
  },
  loginExpired: {
    kind: 'status',
    status: 401,
    body: [{ message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' }],
  },
  busy: {
    kind: 'status',
    status: 400,
    body: [
      {
        message: 'unable to obtain exclusive access to this record',
        errorCode: 'UNABLE_TO_LOCK_ROW',
        fields: [],
      },
    ],
  },
}
