import type { HubspotStore, NewDeal, WebhookTarget } from './people.ts'
import type { Values } from './store.ts'

interface Seed {
  readonly companies?: readonly Values[]
  readonly contacts?: readonly Values[]
  readonly owners?: readonly { firstName: string; lastName: string; email: string }[]
  readonly deals?: readonly (NewDeal & {
    readonly company?: number
    readonly contact?: number
    readonly owner?: number
  })[]
}
const idAt = (ids: readonly string[], place: number | undefined, name: string): Record<string, string> => {
  const id = place === undefined ? undefined : ids[place]
  return id === undefined ? {} : { [name]: id }
}

/** The helpers of the store for another process: `POST /_simulator/<name>`. */
export function controlsOf(store: HubspotStore) {
  return {
    /** `{ companies, contacts, owners, deals }`; a deal may name company and contact by their place in these lists. */
    seed: (body: Seed) => {
      const companies = (body.companies ?? []).map(store.addCompany)
      const contacts = (body.contacts ?? []).map(store.addContact)
      const owners = (body.owners ?? []).map(store.addOwner)
      const deals = (body.deals ?? []).map(({ company, contact, owner, ...deal }) =>
        store.addDeal({
          ...deal,
          ...idAt(companies, company, 'companyId'),
          ...idAt(contacts, contact, 'contactId'),
          ...idAt(owners, owner, 'ownerId'),
        }),
      )
      return { companies, contacts, owners, deals }
    },
    deals: () => store.deals().map(({ id, properties }) => ({ id, properties })),
    deal: ({ id }: { id: string }) => store.deal(id),
    add_deal: (deal: NewDeal) => ({ id: store.addDeal(deal) }),
    add_line: ({ dealId, properties }: { dealId: string; properties: Values }) => ({
      id: store.addLine(dealId, properties),
    }),
    add_product: (properties: Values) => ({ id: store.addProduct(properties) }),
    products: () => store.products().map(({ id, properties }) => ({ id, properties })),
    update: ({ object, id, properties }: { object: string; id: string; properties: Values }) => {
      store.updateRecord(object, id, properties)
      return {}
    },
    archive: ({ object, id }: { object: string; id: string }) => {
      store.archive(object, id)
      return {}
    },
    restore: ({ object, id }: { object: string; id: string }) => {
      store.restore(object, id)
      return {}
    },
    merge: ({ object, winnerId, loserId }: { object: string; winnerId: string; loserId: string }) => {
      store.merge(object, winnerId, loserId)
      return {}
    },
    scopes: (scopes: readonly string[]) => {
      store.setScopes(scopes)
      return {}
    },
    index_delay: ({ ms }: { ms: number }) => {
      store.setIndexDelay(ms)
      return {}
    },
    expire_tokens: () => {
      store.expireTokens()
      return {}
    },
    webhook_target: (target: WebhookTarget) => {
      store.sendWebhooks(target)
      return {}
    },
    flush_webhooks: async () => ({ statuses: await store.flushWebhooks() }),
    redeliver_webhooks: async () => ({ statuses: await store.redeliverWebhooks() }),
  }
}
