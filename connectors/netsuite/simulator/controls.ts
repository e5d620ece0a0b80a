import type { Json, JsonObject } from '../../../src/core/json.ts'
import type { ItemChange, NewItem } from './items.ts'
import type { NetsuiteStore } from './people.ts'

interface Step {
  readonly id: string
  readonly part?: boolean
  readonly amount?: string
  readonly line?: number
  readonly record?: 'transaction' | 'customer'
  readonly body?: JsonObject
}

/** What people do, over HTTP, for a simulator that runs as a process of its own. */
export function controlsOf(people: NetsuiteStore): Readonly<Record<string, (body: never) => Json>> {
  const steps: Readonly<Record<string, (step: Step) => unknown>> = {
    approve: ({ id }) => people.approve(id),
    start_work: ({ id }) => people.startWork(id),
    build: ({ id }) => people.build(id),
    receive: ({ id }) => people.receive(id),
    pick: ({ id }) => people.pick(id),
    ship: ({ id, part = false }) => people.ship(id, { part }),
    invoice: ({ id }) => people.invoice(id),
    pay: ({ id, amount = 'all' }) => people.pay(id, amount),
    take_back: ({ id }) => people.takeBack(id),
    credit: ({ id }) => people.credit(id),
    pays_cash: ({ id }) => people.paysCash(id),
    close: ({ id, line }) => people.close(id, line),
    cancel: ({ id }) => people.cancel(id),
    delete: ({ id }) => people.remove(id),
    edit: ({ id, body = {} }) => people.editOrder(id, body),
    lock: ({ id, record = 'transaction' }) => people.lock(record, id),
    unlock: ({ id, record = 'transaction' }) => people.unlock(record, id),
  }
  return {
    seed(body: { products?: readonly NewItem[]; customers?: readonly JsonObject[]; tax?: string }) {
      if (body.tax !== undefined) people.setTax(body.tax)
      return {
        products: (body.products ?? []).map((item) => people.addItem(item)),
        customers: (body.customers ?? []).map((customer) => people.addCustomer(customer)),
      }
    },
    tick: (body: { orders?: readonly string[]; steps?: number }) => ({ moved: people.tick(body) }),
    orders: () => people.orders(),
    customers: () => people.customers(),
    items: () => people.items(),
    change_item({ id, ...change }: ItemChange & { id: string }) {
      people.changeItem(id, change)
      return {}
    },
    documents: ({ id }: { id: string }) => people.documents(id),
    step: ({ name, ...step }: Step & { name: string }) => ({ done: steps[name]?.(step) !== false }),
    race({ times }: { times: number }) {
      people.race(times)
      return {}
    },
    crash({ times }: { times: number }) {
      people.crash(times)
      return {}
    },
    occupy({ requests }: { requests: number }) {
      people.occupy(requests)
      return {}
    },
    denied(body: readonly string[]) {
      people.setDenied(body)
      return {}
    },
    expire_tokens() {
      people.expireTokens()
      return {}
    },
  }
}
