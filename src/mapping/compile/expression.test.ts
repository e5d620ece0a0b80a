import { describe, expect, test } from '@jest/globals'
import { emptySelection, expressionInput, select } from '../run/expression-input.ts'
import { readsOfExpression } from './expression.ts'
import { documentFields } from './shape.ts'

describe('what an expression reads is told from its text', () => {
  test.each([
    ['$round(deal.amount * 0.3, 2)', ['deal.amount']],
    ['deal.number & "-" & deal.name', ['deal.number', 'deal.name']],
    ['$sum(deal.lines.(quantity * unitPrice))', ['deal.lines.quantity', 'deal.lines.unitPrice']],
    ['deal.lines[sku = "x"].quantity', ['deal.lines.sku', 'deal.lines.quantity']],
    ['deal.lines[$.quantity > 2][-1].sku', ['deal.lines.quantity', 'deal.lines.sku']],
    ['$map(deal.lines, function($l){ $l.sku })', ['deal.lines.sku']],
    ['deal.lines ~> $map(function($l){ $l.sku }) ~> $join(",")', ['deal.lines.sku']],
    ['$filter(deal.lines, function($l){ $l.quantity > 1 }).sku', ['deal.lines.quantity', 'deal.lines.sku']],
    ['$reduce(deal.lines, function($a, $l){ $a + $l.quantity }, 0)', ['deal.lines.quantity']],
    ['($c := deal.customer; $c.name & $c.taxId)', ['deal.customer.name', 'deal.customer.taxId']],
    ['deal.lines.{"a": sku, "b": $uppercase(name)}', ['deal.lines.sku', 'deal.lines.name']],
    ['deal.lines^(>quantity).sku', ['deal.lines.quantity', 'deal.lines.sku']],
    ['deal.lines{sku: $sum(quantity)}', ['deal.lines.sku', 'deal.lines.quantity']],
    ['deal.lines@$l.{"n": $l.name}', ['deal.lines.name']],
    ['deal.won ? deal.name : deal.number', ['deal.won', 'deal.name', 'deal.number']],
    ['deal.poNumber ?? deal.number', ['deal.poNumber', 'deal.number']],
    ['$$.deal.number', ['deal.number']],
    ['deal."odd name"', ['deal.odd name']],
    ['deal.customer.*', ['deal.customer']],
    ['$count(deal.lines)', ['deal.lines']],
    ['$exists(deal.poNumber) and $not(deal.won)', ['deal.poNumber', 'deal.won']],
    ['($f := function($x){ $x * 2 }; $f(deal.amount))', ['deal.amount']],
    ['"constant"', []],
  ])('%s', (source, reads) => {
    const found = readsOfExpression(source)
    expect(found.ok && found.reads.map((names) => names.join('.')).sort()).toEqual([...reads].sort())
  })

  test.each([
    ['$string($)', 'underivable_reads'],
    ['*', 'underivable_reads'],
    ['deal.lines.%.number', 'underivable_reads'],
    ['deal ~> |lines|{"a": 1}|', 'underivable_reads'],
    ['$now()', 'bad_expression'],
    ['$random()', 'bad_expression'],
    ['$eval("deal")', 'bad_expression'],
    ['$sort(', 'bad_expression'],
    ['1'.repeat(6000), 'bad_expression'],
    ['('.repeat(4990), 'bad_expression'],
  ])('unless it cannot be used: %.30s', (source, kind) => {
    expect(readsOfExpression(source)).toMatchObject({ ok: false, kind })
  })
})

describe('what an expression is given', () => {
  const shape = { kind: 'object', fields: () => documentFields('deal') } as const
  const given = (value: Parameters<typeof expressionInput>[0], ...paths: string[]) => {
    const selection = emptySelection()
    for (const path of paths) select(selection, path.split('.'))
    return expressionInput(value, selection, shape)
  }

  test('is what it reads and nothing else, decimals as numbers, without nulls', () => {
    const deal = {
      number: '007',
      amount: '10.5',
      tax: null,
      secret: 'x',
      lines: [
        { sku: 'A', quantity: '2', name: 'a' },
        { sku: null, quantity: '0.1' },
      ],
    }
    expect(given(deal, 'number', 'amount', 'tax', 'lines.sku', 'lines.quantity')).toEqual({
      number: '007',
      amount: 10.5,
      lines: [{ sku: 'A', quantity: 2 }, { quantity: 0.1 }],
    })
  })

  test('keeps a decimal as text that a double would change', () => {
    expect(given({ amount: '1234567890123456.78' }, 'amount')).toEqual({ amount: '1234567890123456.78' })
  })

  test('is everything inside where a whole is read', () => {
    expect(given({ customer: { name: 'A', taxId: null } }, 'customer', 'customer.name')).toEqual({
      customer: { name: 'A' },
    })
  })
})
