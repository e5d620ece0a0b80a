import { describe, expect, test } from '@jest/globals'
import { type Deal, dealSchema, type Fulfilment } from '../core/documents.ts'
import { completeDeal } from '../core/money.ts'
import type { Instant } from '../core/time.ts'
import type { Written } from './difference.ts'
import { belongs, conditionOf, planAmendment, planUnwinning, proveTotals, type WantedOrder } from './plan.ts'
import { orderPoliciesSchema } from './policy.ts'

const policies = orderPoliciesSchema.parse({})
const since = '2026-11-01T00:00:00.000Z' as Instant

describe('belongs', () => {
  test.each([
    ['yes', { wonAt: '2026-11-02T00:00:00.000Z' }],
    ['undated', { wonAt: null }],
    ['won_before', { wonAt: '2026-10-31T23:59:59.999Z' }],
    ['won_before', { wonAt: '2024-05-02T10:00:00.000Z', closeDate: '2026-11-20' }],
    ['not_won', { won: false, wonAt: '2026-11-02T00:00:00.000Z' }],
    // A close date that someone typed does not count against the history ...
    ['yes', { wonAt: '2026-11-02T00:00:00.000Z', closeDate: '2026-10-20' }],
    // ... but for a deal entered as won there is no other.
    ['undated', { wonAt: '2026-11-02T00:00:00.000Z', madeWon: true, closeDate: '2026-10-20' }],
    ['yes', { wonAt: '2026-11-02T00:00:00.000Z', madeWon: true, closeDate: '2026-10-31' }],
    ['yes', { wonAt: '2026-11-02T00:00:00.000Z', madeWon: true }],
  ])('%s: %j', (answer, given) => {
    const deal = dealSchema.parse({ id: '1', number: '1', currency: 'EUR', won: true, ...given })
    expect(belongs(deal, since)).toBe(answer)
  })
})

describe('conditionOf', () => {
  test.each([
    ['draft', 'draft', false],
    ['confirmed', 'in_production', false],
    ['on_its_way', 'in_production', true],
    ['on_its_way', 'partly_shipped', false],
    ['on_its_way', 'invoiced', true],
    ['over', 'paid', true],
    ['over', 'cancelled', false],
  ] as const)('%s when %s (invoiced: %s)', (condition, stage, invoiced) => {
    const invoices = invoiced
      ? [
          {
            number: 'I',
            kind: 'invoice' as const,
            date: null,
            due: null,
            total: '1' as never,
            outstanding: '1' as never,
            state: 'posted' as const,
          },
        ]
      : []
    expect(conditionOf(stage, { invoices })).toBe(condition)
  })
})

const before: Written = { fields: { partner_id: '4', ref: 'A' }, lines: { l1: { qty: '1' } }, confirmed: true }
const wanted = (fields: Record<string, string>, qty = '1'): WantedOrder => ({
  fields: { partner_id: '4', ref: 'A', ...fields },
  lines: [{ key: 'l1', fields: { qty } }],
  references: ['partner_id'],
  addresses: ['ship', 'bill'],
  source: null,
  words: { linesField: 'lines', quantity: 'qty', lines: { l1: 'Chair' } },
})
const order = (condition: 'draft' | 'confirmed' | 'on_its_way' | 'over') => ({
  condition,
  stage: 'shipped',
  number: 'S1',
})

describe('planAmendment', () => {
  test('does nothing when the deal gives what was written', () => {
    expect(planAmendment(before, wanted({}), order('over'), policies)).toEqual({ do: 'nothing' })
  })
  test.each([
    ['draft', { ref: 'B' }, 'write'],
    ['draft', { partner_id: '5' }, 'write'],
    ['confirmed', { ref: 'B' }, 'write'],
    ['confirmed', { partner_id: '5' }, 'refuse'],
    ['on_its_way', { ref: 'B' }, 'refuse'],
    ['over', { ref: 'B' }, 'refuse'],
  ] as const)('%s order, %j changed: %s', (condition, fields, expected) => {
    expect(planAmendment(before, wanted(fields), order(condition), policies).do).toBe(expected)
  })
  test.each([
    ['draft', undefined, 'write'],
    ['draft', 'x', 'write'],
    // No rule gave it an address when it was written.
    ['confirmed', undefined, 'nothing'],
    ['confirmed', null, 'write'],
    ['confirmed', 'x', 'write'],
    ['on_its_way', undefined, 'nothing'],
    ['on_its_way', null, 'nothing'],
    ['on_its_way', 'x', 'refuse'],
    ['over', 'x', 'refuse'],
  ] as const)('an address of a %s order, before %j: %s', (condition, ship, expected) => {
    const fields = ship === undefined ? before.fields : { ...before.fields, ship }
    expect(planAmendment({ ...before, fields }, wanted({ ship: 'y' }), order(condition), policies).do).toBe(expected)
  })
  test('says what changed and what to do', () => {
    const plan = planAmendment(before, wanted({ ref: 'B' }, '2'), order('on_its_way'), policies)
    expect(plan).toMatchObject({
      failure: {
        problem: { kind: 'amendment_refused', orderState: 'shipped' },
        message: 'The deal changed (ref A → B; Chair 1 → 2) after order S1 was made; it is already shipped.',
      },
    })
  })
  const source = (ref: string) => ({
    said: { fields: { number: ref }, lines: { l1: { 'lines.quantity': '1' } } },
    paths: { ref: ['number'], partner_id: ['owner'], 'lines.qty': ['lines.quantity'] },
  })
  const kept: Written = { ...before, said: source('1').said }
  const by = (fields: Record<string, string>, ref = '1', qty = '1') => ({ ...wanted(fields, qty), source: source(ref) })

  test.each([
    ['what the mapping alone changed is left', { ref: 'B' }, '1', {}, 'leave'],
    ['a reference that the mapping alone changed, too', { partner_id: '5' }, '1', {}, 'leave'],
    ['what the deal changed is written', { ref: 'B' }, '2', {}, 'write'],
    ['a policy has it written', { ref: 'B' }, '1', { ref: 'write' }, 'write'],
    ['a policy has a reference written', { partner_id: '5' }, '1', { partner_id: 'write' }, 'write'],
    ['a policy asks', { ref: 'B' }, '2', { ref: 'ask' }, 'refuse'],
    ['a policy leaves what the deal changed', { ref: 'B' }, '2', { ref: 'ignore' }, 'leave'],
  ] as const)('of a confirmed order %s', (_name, fields, ref, choices, expected) => {
    const own = orderPoliciesSchema.parse({ amended: { fields: choices } })
    expect(planAmendment(kept, by(fields, ref), order('confirmed'), own).do).toBe(expected)
  })
  test('what the mapping alone changed is left of an order that is shipped, and written to a draft', () => {
    expect(planAmendment(kept, by({ ref: 'B' }), order('on_its_way'), policies).do).toBe('leave')
    expect(planAmendment(kept, by({ ref: 'B' }), order('draft'), policies).do).toBe('write')
  })
  test('what is left is not decided again until it changes, while the rest is written', () => {
    const plan = planAmendment(kept, by({ ref: 'B' }, '1', '2'), order('confirmed'), policies)
    // The quantity changed by the mapping, too: nothing of the deal.
    if (plan.do !== 'leave') throw new Error(plan.do)
    const after = { ...kept, ...(plan.left === null ? {} : { left: plan.left }) }
    expect(planAmendment(after, by({ ref: 'B' }, '1', '2'), order('confirmed'), policies).do).toBe('nothing')
    expect(planAmendment(after, by({ ref: 'C' }, '1', '2'), order('confirmed'), policies).do).toBe('leave')
    const next = planAmendment(after, by({ ref: 'C' }, '3', '2'), order('confirmed'), policies)
    expect(next).toMatchObject({ do: 'write', difference: { fields: { ref: 'C' }, upsert: [] }, left: { fields: {} } })
  })
  test('what is left of a line goes along as the order has it', () => {
    const line = { ...before, lines: { l1: { qty: '1', price: '9' } } }
    const deal = { ...wanted({}), lines: [{ key: 'l1', fields: { qty: '2', price: '8' } }] }
    const own = orderPoliciesSchema.parse({ amended: { fields: { 'lines.price': 'ignore' } } })
    const plan = planAmendment(line, deal, order('confirmed'), own)
    expect(plan).toMatchObject({
      difference: { upsert: [{ key: 'l1', fields: { qty: '2' }, unchanged: { price: '9' } }] },
      left: { lines: { l1: { price: '8' } } },
    })
  })
  test('obeys a policy that leaves orders alone', () => {
    const strict = orderPoliciesSchema.parse({ amended: { draft: 'problem', confirmed: 'problem' } })
    expect(planAmendment(before, wanted({ ref: 'B' }), order('draft'), strict).do).toBe('refuse')
    expect(planAmendment(before, wanted({ ref: 'B' }), order('confirmed'), strict).do).toBe('refuse')
  })
})

describe('planUnwinning', () => {
  test.each([
    ['draft', 'cancel'],
    ['confirmed', 'refuse'],
    ['on_its_way', 'refuse'],
    ['over', 'nothing'],
  ] as const)('%s order: %s', (condition, expected) => {
    expect(planUnwinning(order(condition), policies).do).toBe(expected)
  })
  test('cancels confirmed orders only when the policy says so', () => {
    const bold = orderPoliciesSchema.parse({ unwon: { confirmed: 'cancel' } })
    expect(planUnwinning(order('confirmed'), bold).do).toBe('cancel')
    expect(planUnwinning(order('on_its_way'), bold).do).toBe('refuse')
  })
})

describe('proveTotals', () => {
  const deal = (change: Record<string, unknown>): Deal =>
    completeDeal(
      dealSchema.parse({
        id: '1',
        number: '1',
        won: true,
        currency: 'EUR',
        lines: [{ id: 'a', quantity: '2', unitPrice: '10' }],
        ...change,
      }),
    )
  const totals = (net: string, change: Record<string, unknown> = {}, state: Fulfilment['state'] = 'draft') => ({
    number: 'S1',
    state,
    totals: { net, tax: '3.8', total: '23.8', currency: 'EUR', ...change } as Fulfilment['totals'],
  })
  test.each([
    ['equal to the lines', {}, totals('20'), null],
    ['equal to the amount', { amount: '20' }, totals('20'), null],
    ['the amount differs from the order', { amount: '21' }, totals('20'), 'net'],
    ['another currency', {}, totals('20', { currency: 'USD' }), 'currency'],
    ['the tax differs', { tax: '4' }, totals('20'), 'tax'],
    ['the total differs', { total: '24' }, totals('20'), 'total'],
    ['what the order does not know is not compared', { tax: '4' }, totals('20', { tax: null }), null],
  ])('%s', (_name, change, actual, field) => {
    const failure = proveTotals(deal(change), actual, policies.totals)
    expect(failure?.field ?? null).toBe(field)
  })
  test.each([
    ['draft', 'the order was left as a draft', 'lines of the order in the ERP'],
    ['confirmed', 'the order is confirmed already', 'Change the order in the ERP by hand'],
  ] as const)('a %s order: %s', (state, told, fix) => {
    const failure = proveTotals(deal({ amount: '26' }), totals('20', {}, state), policies.totals)
    expect(failure).toMatchObject({ message: expect.stringContaining(told), fix: expect.stringContaining(fix) })
  })
  test.each([
    ['a tax included in the price', {}, totals('16.81', { tax: '3.19', total: '20' }), '19 % tax, which the ERP'],
    ['an amount that includes the tax', { amount: '23.8' }, totals('20'), '19 % tax: the amount of the deal'],
    [
      'unit prices that are rounded',
      { lines: [{ id: 'a', quantity: '10', unitPrice: '1.333' }] },
      totals('13.3'),
      'unit prices rounded',
    ],
  ])('the likely reason: %s', (_name, change, actual, because) => {
    expect(proveTotals(deal(change), actual, policies.totals)?.message).toContain(because)
  })
  test.each([
    ['more than rounding', { lines: [{ id: 'a', quantity: '10', unitPrice: '1.333' }] }, totals('13.2')],
    ['prices that need no rounding', { amount: '20.01' }, totals('20')],
    ['a tax that does not fit', { amount: '23' }, totals('20')],
  ])('no reason is guessed: %s', (_name, change, actual) => {
    expect(proveTotals(deal(change), actual, policies.totals)?.message).not.toContain('(')
  })
  test('allows the tolerance and no more', () => {
    const tolerant = orderPoliciesSchema.parse({ totals: { tolerance: '0.01' } }).totals
    expect(proveTotals(deal({ amount: '20.01' }), totals('20'), tolerant)).toBeNull()
    expect(proveTotals(deal({ amount: '20.02' }), totals('20'), tolerant)).not.toBeNull()
  })
})
