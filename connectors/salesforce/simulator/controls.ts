import type { Json, JsonObject } from '../../../src/core/json.ts'
import type { CrmDeal, CrmWorld } from '../../../src/simulator/world.ts'
import type { OutboundTarget } from './outbound.ts'
import type { SalesforceLine, SalesforceOpportunity, SalesforceStore } from './people.ts'
import type { CustomField } from './schema.ts'

type WorldDeal = Parameters<CrmWorld['addDeal']>[0]
interface Seed {
  readonly companies?: readonly Parameters<CrmWorld['addCompany']>[0][]
  readonly contacts?: readonly Parameters<CrmWorld['addContact']>[0][]
  /** A deal may name company and contact by their place in these lists. */
  readonly deals?: readonly (WorldDeal & { readonly company?: number; readonly contact?: number })[]
}
interface Named {
  readonly object: string
  readonly id: string
}

/** What people do, for another process: `POST /_simulator/<name>`. */
export function controlsOf(
  store: SalesforceStore,
  crm: CrmWorld,
): Readonly<Record<string, (body: never) => Promise<Json> | Json>> {
  return {
    seed(body: Seed) {
      const companies = (body.companies ?? []).map(crm.addCompany)
      const contacts = (body.contacts ?? []).map(crm.addContact)
      const deals = (body.deals ?? []).map(({ company, contact, ...deal }) =>
        crm.addDeal({ ...deal, ...idAt(companies, company, 'companyId'), ...idAt(contacts, contact, 'contactId') }),
      )
      return { companies, contacts, deals }
    },
    deals: () => crm.deals().map(dealOf),
    deal: ({ id }: { id: string }) => {
      const deal = crm.deal(id)
      return deal === null ? null : dealOf(deal)
    },
    add_deal: (deal: WorldDeal) => ({ id: crm.addDeal(deal) }),
    change_deal: act(({ id, ...change }: { id: string } & Parameters<CrmWorld['changeDeal']>[1]) =>
      crm.changeDeal(id, change),
    ),
    products: () => crm.products().map(({ prices, ...product }) => ({ ...product, prices: { ...prices } })),
    add_product: (product: Parameters<CrmWorld['addProduct']>[0]) => ({ id: crm.addProduct(product) }),
    add_line: ({ dealId, ...line }: { dealId: string } & SalesforceLine) => ({ id: store.addLine(dealId, line) }),
    add_opportunity: (opportunity: SalesforceOpportunity) => ({ id: store.addOpportunity(opportunity) }),
    create: ({ object, fields }: { object: string; fields: JsonObject }) => ({ id: store.create(object, fields) }),
    update: act(({ object, id, fields }: Named & { fields: JsonObject }) => store.update(object, id, fields)),
    delete: act(({ object, id }: Named) => store.delete(object, id)),
    undelete: act(({ object, id }: Named) => store.undelete(object, id)),
    merge: act(({ object, winnerId, loserId }: { object: string; winnerId: string; loserId: string }) =>
      store.merge(object, winnerId, loserId),
    ),
    record: ({ object, id }: Named) => store.record(object, id),
    add_field: act(({ object, field }: { object: string; field: CustomField }) => store.addField(object, field)),
    hidden: act((names: readonly string[]) => store.setHidden(names)),
    read_only: act((names: readonly string[]) => store.setReadOnly(names)),
    lock: act((ids: readonly string[]) => store.lock(...ids)),
    unlock: act(() => store.unlock()),
    expire_tokens: act(() => store.expireTokens()),
    expire_cursors: act(() => store.expireCursors()),
    calls_used: act(({ calls }: { calls: number }) => store.setCallsUsed(calls)),
    refuse_concurrent: act(({ times }: { times: number }) => store.refuseConcurrent(times)),
    publish: ({ channel, payload }: { channel: string; payload: JsonObject }) => ({
      replayId: store.publish(channel, payload),
    }),
    drop_streams: act(() => store.dropStreams()),
    forget_events: act(() => store.forgetEvents()),
    webhook_target: act((target: OutboundTarget) => store.sendWebhooks(target)),
    flush_webhooks: async () => ({ statuses: await store.flushWebhooks() }),
    redeliver_webhooks: async () => ({ statuses: await store.redeliverWebhooks() }),
  }
}

const act =
  <Body>(run: (body: Body) => void) =>
  (body: Body): JsonObject => {
    run(body)
    return {}
  }
const dealOf = ({ shown, ...deal }: CrmDeal): JsonObject => ({ ...deal, shown: { ...shown } })
const idAt = (ids: readonly string[], place: number | undefined, name: string): Record<string, string> => {
  const id = place === undefined ? undefined : ids[place]
  return id === undefined ? {} : { [name]: id }
}
