import { z } from 'zod'
import { type Failure, failureOf, type SyncError } from '../../src/core/problem.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Write, WriteOutcome } from '../../src/ports/connector.ts'
import { chunks } from '../kit/chunks.ts'
import { inHalves } from '../kit/halves.ts'
import { type Client, type Domain, read, sideBySide } from './client.ts'
import { isSyncError } from './errors.ts'
import { nameOfKey } from './external-id.ts'
import { notSent, openLoading, openLosses, type RecordWrite } from './load.ts'
import type { Recent } from './recent.ts'
import { idOf } from './reference.ts'
import type { Models } from './schema.ts'
import type { Settings } from './settings.ts'
import { openLineUnits, type Units } from './units.ts'

type Removal = { readonly index: number; readonly write: RecordWrite }
type Outcomes = WriteOutcome[]

const readMax = 500

/** What an action does to orders of each state. What is not listed is refused, naming the state. */
const actions = {
  confirm: { method: 'action_confirm', from: ['draft', 'sent'], done: ['sale', 'done'], word: 'confirmed' },
  cancel: { method: 'action_cancel', from: ['draft', 'sent', 'sale'], done: ['cancel'], word: 'cancelled' },
} as const
type Action = keyof typeof actions

/** Writes records, then confirms and cancels orders. */
export function openWriting(
  client: Client,
  models: Models,
  units: Units,
  recent: Recent,
  settings: Settings,
  clock: Clock,
) {
  const load = openLoading(client, models, openLineUnits(client, models, units, recent, settings), settings, clock)

  async function writeRecords(writes: readonly (readonly [number, RecordWrite])[], outcomes: Outcomes): Promise<void> {
    const loaded = await load(writes.map(([, write]) => write))
    const removals: Removal[] = []
    for (const [place, [index, write]] of writes.entries()) {
      const outcome = loaded[place]
      if (outcome === undefined) continue
      outcomes[index] = outcome.ok ? { ok: true, id: String(outcome.value) } : outcome
      if (outcome.ok && (write.lines?.remove.length ?? 0) > 0) removals.push({ index, write })
    }
    await redirect(writes, outcomes)
    for (const [object, group] of Map.groupBy(removals, ({ write }) => write.object)) {
      for (const [field, same] of Map.groupBy(group, ({ write }) => write.lines?.field ?? '')) {
        await removeLines(object, field, same, outcomes)
      }
    }
  }

  /**
   * Takes lines away: those of a draft order are deleted, those of a confirmed one are set to quantity 0, which Odoo
   * asks for, and records that can be archived are archived.
   */
  async function removeLines(
    object: string,
    field: string,
    removals: readonly Removal[],
    outcomes: Outcomes,
  ): Promise<void> {
    const model = (await models.fields(object))?.[field]?.relation ?? ''
    const archives = Object.hasOwn((await models.fields(model)) ?? {}, 'active')
    try {
      const lineIds = await idsOfKeys(
        model,
        removals.flatMap(({ write }) => write.lines?.remove ?? []),
      )
      const linesOf = ({ write }: Removal) => (write.lines?.remove ?? []).flatMap((key) => lineIds.get(key) ?? [])
      // What carries no External ID any more was deleted in Odoo already.
      const pending = removals.filter((removal) => linesOf(removal).length > 0)
      const orderOf = ({ index }: Removal) => {
        const outcome = outcomes[index]
        return outcome?.ok === true ? Number(outcome.id) : 0
      }
      const states = object === 'sale.order' ? await statesOf(pending.map(orderOf)) : new Map<number, string>()
      const isDraft = (removal: Removal) => ['draft', 'sent'].includes(states.get(orderOf(removal)) ?? 'draft')
      for (const [draft, same] of Map.groupBy(pending, isDraft)) {
        await withHalves(
          same,
          async (part) => {
            const ids = part.flatMap(linesOf)
            if (archives) await change(model, ids, { active: false })
            else if (draft) await client.call({ model, method: 'unlink', ids, effect: 'write' })
            else await change(model, ids, { product_uom_qty: 0 })
          },
          (removal, failure) => {
            outcomes[removal.index] = { ok: false, failure }
          },
        )
      }
    } catch (error) {
      if (!isSyncError(error)) throw error
      for (const { index } of removals) outcomes[index] = { ok: false, failure: failureOf(error) }
    }
  }

  /**
   * Open deliveries follow the delivery address of their order. Odoo leaves theirs as it was, and asks a person to change it:
   * `write` of `sale.order` in sale_stock.
   */
  async function redirect(writes: readonly (readonly [number, RecordWrite])[], outcomes: Outcomes): Promise<void> {
    const moved = new Map(
      writes.flatMap(([index, write]): [number, { index: number; address: number }][] => {
        const address = write.do === 'update' ? Number(write.fields.partner_shipping_id ?? 0) : 0
        const wanted = write.do === 'update' && write.object === 'sale.order' && address > 0
        return wanted && outcomes[index]?.ok === true ? [[Number(write.id), { index, address }]] : []
      }),
    )
    if (moved.size === 0 || !(await models.readable('stock.picking'))) return
    try {
      const parts = chunks([...moved.keys()], readMax).map((part) =>
        client.searchRead('stock.picking', {
          domain: [
            ['sale_id', 'in', part],
            ['state', 'not in', ['done', 'cancel']],
            // What comes back comes from where it went.
            ['picking_type_code', '!=', 'incoming'],
          ],
          fields: ['sale_id', 'partner_id'],
        }),
      )
      const pickings = (await Promise.all(parts)).flat().flatMap(({ id, sale_id, partner_id }) => {
        const address = moved.get(idOf(sale_id) ?? 0)?.address
        return address === undefined || idOf(partner_id) === address ? [] : [{ id, address }]
      })
      for (const [address, same] of Map.groupBy(pickings, (one) => one.address)) {
        const ids = same.map(({ id }) => id)
        await change('stock.picking', ids, { partner_id: address })
      }
    } catch (error) {
      if (!isSyncError(error)) throw error
      for (const { index } of moved.values()) outcomes[index] = { ok: false, failure: failureOf(error) }
    }
  }

  const change = (model: string, ids: readonly number[], vals: { [name: string]: boolean | number }) =>
    client.call({ model, method: 'write', ids, args: { vals }, effect: 'write' })

  async function idsOfKeys(model: string, keys: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const names = new Map(keys.map((key) => [nameOfKey(key), key]))
    const found = new Map<string, number>()
    for (const part of chunks([...names.keys()], readMax)) {
      const rows = await client.searchRead('ir.model.data', {
        domain: [
          ['module', '=', settings.module],
          ['model', '=', model],
          ['name', 'in', part],
        ],
        fields: ['name', 'res_id'],
      })
      for (const row of rows) found.set(names.get(String(row.name)) ?? '', Number(row.res_id))
    }
    return found
  }

  async function statesOf(ids: readonly number[]): Promise<Map<number, string>> {
    const parts = chunks(ids, readMax).map((part) =>
      client.searchRead('sale.order', { domain: [['id', 'in', part]], fields: ['state'] }),
    )
    return new Map((await Promise.all(parts)).flat().map((row) => [row.id, String(row.state)]))
  }

  /**
   * Orders of which something was delivered or invoiced. Odoo 16 and newer cancel them without a word; older ones cancel
   * what is still to be delivered before they ask a person.
   */
  async function begunOf(ids: readonly number[]): Promise<ReadonlySet<number>> {
    const transfers =
      Object.hasOwn((await models.fields('sale.order')) ?? {}, 'picking_ids') &&
      (await models.readable('stock.picking'))
    const signs: Domain = [
      ['order_line.qty_delivered', '>', 0],
      ['order_line.qty_invoiced', '>', 0],
      // What came back is not delivered any more, yet it was.
      ...(transfers ? [['picking_ids.state', '=', 'done'] as const] : []),
    ]
    const parts = chunks(ids, readMax).map((part) =>
      client.searchRead('sale.order', {
        domain: [['id', 'in', part], ...signs.slice(1).map(() => '|'), ...signs],
        fields: ['id'],
      }),
    )
    return new Set((await Promise.all(parts)).flat().map((row) => row.id))
  }

  /**
   * Confirms or cancels orders. States are known first: what is done already is a success, and newer versions refuse to
   * confirm twice. One order that Odoo refuses is told from its neighbours by halves.
   * @param known  states that were read just now
   */
  async function act(
    action: Action,
    writes: readonly (readonly [number, number])[],
    outcomes: Outcomes,
    known: ReadonlyMap<number, string>,
  ): Promise<void> {
    const { from, done, word } = actions[action]
    const asked = writes.map(([, id]) => id).filter((id) => !known.has(id))
    const [found, begun] = await Promise.all([
      statesOf(asked),
      action === 'cancel' ? begunOf(writes.map(([, id]) => id)) : new Set<number>(),
    ])
    const states = new Map([...known, ...found])
    const { major } = await client.version()
    // From Odoo 16 on a confirmed order is not cancelled but a window offered, unless the window is declined.
    const context: { [name: string]: boolean } =
      action === 'cancel' && major >= 16 ? { disable_cancel_warning: true } : {}
    const pending: (readonly [number, number])[] = []
    for (const [index, id] of writes) {
      const state = states.get(id)
      if (state === undefined) outcomes[index] = { ok: false, failure: gone(id) }
      else if (done.some((one) => one === state)) outcomes[index] = { ok: true, id: String(id) }
      else if (begun.has(id)) outcomes[index] = { ok: false, failure: notCancelled(id) }
      else if (from.some((one) => one === state)) pending.push([index, id])
      else outcomes[index] = { ok: false, failure: wrongState(id, state, word) }
    }
    const parts = [...chunks(pending, settings.confirmOrders)]
    let stopped = false
    const lost = openLosses()
    async function takeParts(): Promise<void> {
      for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
        if (stopped) continue
        try {
          await actOn(action, part, context, outcomes)
          lost.none()
        } catch (error) {
          if (!isSyncError(error)) throw error
          // A part of these may have gone through before; asking again is harmless, as states are read first. What was
          // not sent keeps its outcome, which says so.
          for (const [index] of part) outcomes[index] = { ok: false, failure: failureOf(error) }
          if (!isSyncError(error, 'outcome_unknown', 'bad_reply') || lost.another()) stopped = true
        }
      }
    }
    await Promise.all(Array.from({ length: sideBySide }, takeParts))
    // A person may have been faster since the state was read.
    const refused = pending.filter(([index, id]) => known.has(id) && isRefusal(outcomes[index]))
    if (refused.length > 0) await act(action, refused, outcomes, new Map())
  }

  async function actOn(
    action: Action,
    part: readonly (readonly [number, number])[],
    context: { [name: string]: boolean },
    outcomes: Outcomes,
  ): Promise<void> {
    const { method, word } = actions[action]
    await withHalves(
      part,
      async (orders) => {
        const ids = orders.map(([, id]) => id)
        const value = await client.call({ model: 'sale.order', method, ids, context, effect: 'write' })
        if (z.literal(true).safeParse(value).success) {
          for (const [index, id] of orders) outcomes[index] = { ok: true, id: String(id) }
        } else if (orders.length > 1) {
          for (const one of orders) await act(action, [one], outcomes, new Map())
        } else {
          read(z.looseObject({ type: z.string() }), value, `the outcome of ${method}`)
          for (const [index, id] of orders) outcomes[index] = { ok: false, failure: asksPerson(id, word) }
        }
      },
      ([index], failure) => {
        outcomes[index] = { ok: false, failure }
      },
    )
  }

  return async function write(writes: readonly Write[]): Promise<readonly WriteOutcome[]> {
    const outcomes: Outcomes = writes.map(() => ({ ok: false, failure: notSent }))
    const records: [number, RecordWrite][] = []
    const acted: Record<Action, [number, number][]> = { confirm: [], cancel: [] }
    for (const [index, one] of writes.entries()) {
      if (one.do === 'create' || one.do === 'update') records.push([index, one])
      else acted[one.do].push([index, Number(one.id)])
    }
    const orders = writes.filter((one) => one.object === 'sale.order' && one.do !== 'create')
    const ids = orders.map((one) => (one.do === 'create' ? 0 : Number(one.id)))
    // What a record's update does to the state of its order is not known.
    const states = records.length > 0 ? new Map<number, string>() : recent.states(ids)
    const steps = [
      { of: records.map(([index]) => index), run: () => writeRecords(records, outcomes) },
      { of: acted.confirm.map(([index]) => index), run: () => act('confirm', acted.confirm, outcomes, states) },
      { of: acted.cancel.map(([index]) => index), run: () => act('cancel', acted.cancel, outcomes, states) },
    ].filter((step) => step.of.length > 0)
    recent.writing(ids)
    try {
      for (const [place, step] of steps.entries()) {
        try {
          await step.run()
        } catch (error) {
          if (!isSyncError(error) || place === 0) throw error
          for (const index of step.of) outcomes[index] = { ok: false, failure: failureOf(error) }
          return outcomes
        }
      }
      return outcomes
    } finally {
      // A creation may have met an order that was there.
      const written = writes.flatMap((one, index) => {
        const outcome = outcomes[index]
        return one.object === 'sale.order' && outcome?.ok === true ? [Number(outcome.id)] : []
      })
      recent.writing([...ids, ...written])
    }
  }
}

/** Odoo answered, and said no to this order alone; a window that it offered is an answer of its own. */
const isRefusal = (outcome: WriteOutcome | undefined): boolean =>
  outcome?.ok === false &&
  outcome.failure.problem.kind === 'record_rejected' &&
  outcome.failure.problem.remoteCode !== 'wizard'

/** Does something with all, or with halves where Odoo refuses all, down to the one that it refuses. */
function withHalves<T>(
  all: readonly T[],
  send: (part: readonly T[]) => Promise<void>,
  refused: (one: T, failure: Failure) => void,
): Promise<void> {
  // An exception of Python may come from a module that trips over one record.
  const isOfOne = (error: unknown) =>
    isSyncError(error, 'record_rejected', 'record_gone', 'permission_missing', 'configuration_invalid')
  return inHalves(all, {
    send,
    isOfOne,
    failed(part, error) {
      if (!isOfOne(error)) throw error
      for (const one of part) refused(one, refusalOf(error))
    },
  })
}

/** A fault that struck one record alone is that record's, and no reason to hold the others. */
const refusalOf = (error: SyncError): Failure =>
  error.problem.kind === 'configuration_invalid'
    ? { ...failureOf(error), problem: { kind: 'record_rejected', field: null, remoteCode: 'exception' } }
    : failureOf(error)

const gone = (id: number): Failure => ({
  problem: { kind: 'record_gone', object: 'sale.order', id: String(id) },
  message: `Order ${id} is not in Odoo any more`,
  fix: 'Decide in Odoo whether it is made anew.',
})
const wrongState = (id: number, state: string, word: string): Failure => ({
  problem: { kind: 'record_rejected', field: 'state', remoteCode: state },
  message: `Order ${id} is in state "${state}" in Odoo and cannot be ${word}`,
  fix: 'Set the order back to a quotation in Odoo, or settle it there by hand.',
})
const notCancelled = (id: number): Failure => ({
  problem: { kind: 'record_rejected', field: 'state', remoteCode: 'delivered_or_invoiced' },
  message: `Order ${id} was delivered or invoiced in Odoo, at least in part, and is not cancelled`,
  fix: 'Decide in Odoo: take back what was delivered and credit what was invoiced, or win the deal again.',
})
const asksPerson = (id: number, word: string): Failure => ({
  problem: { kind: 'record_rejected', field: 'state', remoteCode: 'wizard' },
  message: `Odoo wants a person to confirm that order ${id} is ${word}: something was shipped, or an invoice is in draft`,
  fix: 'Open the order in Odoo and decide there.',
})
