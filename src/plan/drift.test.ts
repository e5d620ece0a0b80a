import { describe, expect, test } from '@jest/globals'
import type { JsonObject } from '../core/json.ts'
import { type Decisions, undecided } from './decisions.ts'
import type { Written } from './difference.ts'
import { agreedLines, drifted, type HeldLine, judgeDrift, toldFields } from './drift.ts'

const fields = { product: 'product_id', quantity: 'qty', price: 'price', discount: 'discount' }
const own = (change: JsonObject = {}): JsonObject => ({
  ...{ product_id: '7', qty: '4', price: '10.5', discount: '0' },
  ...change,
})
const held = (change: { readonly [Name in keyof HeldLine]?: string | null } = {}): HeldLine => {
  const quantity = change.quantity ?? '4'
  const line = { key: '31', sku: 'CHAIR', product: '7', quantity, ordered: quantity, price: '10.5', discount: '0' }
  return { ...line, amount: null, ...change } as HeldLine
}
const written = (lines: Written['lines']): Written => ({ fields: {}, lines, confirmed: true })

interface Given {
  readonly lines?: Written['lines']
  readonly wanted?: Written['lines']
  readonly held?: readonly HeldLine[]
  readonly decisions?: Partial<Decisions>
  readonly currency?: string
}
function judge(given: Given) {
  const before = written(given.lines ?? { l1: own() })
  const wanted = Object.entries(given.wanted ?? before.lines).map(([key, values]) => ({ key, fields: values }))
  const order = { lines: given.held ?? [held()], currency: given.currency ?? 'EUR' }
  const words = { lines: { l1: 'Chair', l2: 'Desk' } }
  return judgeDrift(before, { lines: wanted, words }, order, fields, { ...undecided, ...given.decisions })
}
const told = (given: Given) => judge(given).found.map(({ text }) => text)

describe('judgeDrift tells', () => {
  test.each<[string, Given, string[]]>([
    ['nothing of an order as it was written', {}, []],
    ['another quantity', { held: [held({ quantity: '3' })] }, ['Chair 4 → 3']],
    ['another price', { held: [held({ price: '11' })] }, ['Chair price 10.5 → 11']],
    ['another discount', { held: [held({ discount: '5' })] }, ['Chair discount 0 → 5']],
    ['a line that is gone', { held: [] }, ['Chair removed']],
    ['a line more', { held: [held(), held({ key: '32', sku: 'DESK', product: '8' })] }, ['DESK added (4)']],
    ['another product', { held: [held({ product: '8', sku: 'DESK' })] }, ['Chair removed', 'DESK added (4)']],
    ['nothing of a line that orders nothing', { held: [held(), held({ key: '32', quantity: '0' })] }, []],
    ['nothing of what the ERP does not tell', { held: [held({ price: null, discount: null })] }, []],
    ['nothing of a discount of none', { lines: { l1: own({ discount: null }) } }, []],
    [
      'nothing of a price that was never said',
      { lines: { l1: own({ price: null }) }, held: [held({ price: '99' })] },
      [],
    ],
    [
      'nothing of what is written once only',
      { wanted: { l1: { product_id: '7', qty: '4' } }, held: [held({ price: '9' })] },
      [],
    ],
    [
      'nothing where the deal says the same by now',
      { wanted: { l1: own({ qty: '7' }) }, held: [held({ quantity: '7' })] },
      [],
    ],
    [
      'nothing of lines more or fewer, where one does not say what it sells',
      {
        lines: { l1: own(), l2: own({ product_id: '9' }) },
        held: [held({ quantity: '3' }), held({ key: '8', product: null })],
      },
      ['Chair 4 → 3'],
    ],
    [
      'nothing of a line that the deal has since and the order holds just so: our own amendment, which nobody noted',
      { wanted: { l1: own(), l2: own({ product_id: '8' }) }, held: [held(), held({ key: '32', product: '8' })] },
      [],
    ],
    [
      'nothing of such a line that has our key, whatever the deal says of it by now',
      {
        wanted: { l1: own(), l2: own({ product_id: '8', qty: '9' }) },
        held: [held(), held({ key: 'l2', product: '8' })],
      },
      [],
    ],
    [
      'a line more that is not what the deal has since',
      {
        wanted: { l1: own(), l2: own({ product_id: '8', qty: '9' }) },
        held: [held(), held({ key: '32', sku: 'DESK', product: '8' })],
      },
      ['DESK added (4)'],
    ],
    ['nothing of an order that was never written', { lines: {} }, []],
    [
      'nothing of a line that the deal has lost, too, with nothing ordered',
      { wanted: {}, held: [held({ quantity: '0' })] },
      [],
    ],
    ['nothing of a line that the deal has lost, too', { wanted: {}, held: [] }, []],
  ])('%s', (_name, given, texts) => {
    expect(told(given)).toEqual(texts)
  })

  test.each<[string, string, string, string, string[]]>([
    ['a double', '33.3', '33.300000000000004', 'EUR', []],
    ['two digits', '10.125', '10.13', 'EUR', []],
    ['two digits, rounded down', '10.125', '10.12', 'EUR', []],
    ['no digits, where the currency has none', '10.5', '11', 'JPY', []],
    ['one cent more than rounding', '10.125', '10.14', 'EUR', ['Chair price 10.125 → 10.14']],
    ['a whole number in place of a price', '10.125', '10', 'EUR', ['Chair price 10.125 → 10']],
  ])('what an ERP makes of a number is no edit: %s', (_name, price, actual, currency, texts) => {
    expect(told({ lines: { l1: own({ price }) }, held: [held({ price: actual })], currency })).toEqual(texts)
  })

  test('of two lines of one product which is which: by key, else the one that holds what was written', () => {
    const lines = { l1: own(), l2: own({ qty: '1' }) }
    const swapped = [held({ key: '31', quantity: '1' }), held({ key: '32', quantity: '5' })]
    expect(told({ lines, held: swapped })).toEqual(['Chair 4 → 5'])
    const keyed = [held({ key: 'l2', quantity: '4' }), held({ key: 'l1', quantity: '1' })]
    expect(told({ lines, held: keyed })).toEqual(['Chair 4 → 1', 'Desk 1 → 4'])
    // One that was taken off stays behind with nothing ordered.
    expect(told({ held: [held({ key: '30', quantity: '0' }), held({ quantity: '5' })] })).toEqual(['Chair 4 → 5'])
  })
})

describe('what a person decided', () => {
  const accepted = { 'l1 qty': { expected: '4', actual: '3' }, 'l1 quantity': { expected: '4', actual: '3' } }
  test('is as if it had been written and wanted, in just these values', () => {
    const judged = judge({ held: [held({ quantity: '3' })], decisions: { accepted } })
    expect([judged.found, judged.before.lines.l1?.qty, judged.lines[0]?.fields.qty]).toEqual([[], '3', '3'])
    expect(told({ held: [held({ quantity: '2' })], decisions: { accepted } })).toEqual(['Chair 4 → 2'])
  })
  test('goes on while nothing changes, without a look', () => {
    const before = written({ l1: own({ qty: '3' }) })
    const decisions = { ...undecided, accepted }
    expect(agreedLines(before, [{ key: 'l1', fields: own() }], fields, decisions)).toEqual([
      { key: 'l1', fields: own({ qty: '3' }) },
    ])
    expect(agreedLines(before, [{ key: 'l1', fields: own({ qty: '6' }) }], fields, decisions)[0]?.fields.qty).toBe('6')
  })
  test('is void once the deal says something else', () => {
    const given = {
      lines: { l1: own({ qty: '3' }) },
      wanted: { l1: own({ qty: '6' }) },
      held: [held({ quantity: '3' })],
    }
    const judged = judge({ ...given, decisions: { accepted } })
    expect([judged.found, judged.outdated, judged.lines[0]?.fields.qty]).toEqual([[], ['l1 quantity'], '6'])
  })
  test('of a line that is gone: it is not written again', () => {
    const gone = { l1: { expected: '7 4 10.5', actual: null } }
    const judged = judge({ held: [], decisions: { accepted: gone } })
    expect([judged.found, judged.before.lines, judged.lines]).toEqual([[], {}, []])
    const decisions = { ...undecided, accepted: gone }
    expect(agreedLines(judged.before, [{ key: 'l1', fields: own() }], fields, decisions)).toEqual([])
  })
  test('of a line more: told again when somebody changes it', () => {
    const extra = { '+32': { expected: null, actual: '8 2 × 10.5' } }
    const lines = (quantity: string) => [held(), held({ key: '32', sku: 'DESK', product: '8', quantity })]
    expect(told({ held: lines('2'), decisions: { accepted: extra } })).toEqual([])
    expect(told({ held: lines('3'), decisions: { accepted: extra } })).toEqual(['DESK added (3)'])
  })
  test('not to watch a value: of that alone nothing is told', () => {
    const ignored = { 'l1 price': true } as const
    expect(told({ held: [held({ price: '1', quantity: '3' })], decisions: { ignored } })).toEqual(['Chair 4 → 3'])
  })
})

test('what was changed by hand is known as the ERP has it, to be overwritten', () => {
  const judged = judge({ lines: { l1: own(), l2: own() }, held: [held({ quantity: '3' })] })
  expect(judged.held.lines).toEqual({ l1: own({ qty: '3' }) })
  expect(judged.before.lines).toEqual({ l1: own(), l2: own() })
})

test('nothing is compared by a document that cannot tell lines apart', () => {
  expect(toldFields(fields, (path) => path === 'lines.quantity')).toEqual({})
  expect(toldFields(undefined, () => true)).toEqual({})
  expect(toldFields(fields, (path) => path !== 'lines.price')).toEqual({
    ...{ product: 'product_id', quantity: 'qty', discount: 'discount' },
  })
})

test('the problem names every change once, and what can be done about it', () => {
  const net = { place: 'net', text: 'net 42 EUR → 31.5 EUR', expected: '42 EUR', actual: '31.5 EUR' }
  const quantity = { place: 'quantity chair', text: 'CHAIR 4 → 3', expected: '4', actual: '3' }
  const { found } = judge({ held: [held({ quantity: '3' })] })
  const failure = drifted('901', 'S1', found, [net, quantity])
  expect(failure.message).toBe('Order S1 was changed in the ERP by hand: Chair 4 → 3; net 42 EUR → 31.5 EUR.')
  expect(failure.fix).toContain('crosswalk overwrite 901')
  expect(failure.problem).toMatchObject({ differences: [{ place: 'l1 quantity' }, { place: 'net' }, quantity] })
})

test('a line of our own amendment that nobody noted counts as written, as the order holds it', () => {
  const wanted = { l1: own(), l2: own({ product_id: '8', qty: '9', note: 'x' }) }
  const { before, held: known } = judge({ wanted, held: [held(), held({ key: 'l2', product: '8' })] })
  expect(before.lines).toEqual({ l1: own(), l2: own({ product_id: '8', qty: '4', note: 'x' }) })
  expect(known.lines).toEqual(before.lines)
})
