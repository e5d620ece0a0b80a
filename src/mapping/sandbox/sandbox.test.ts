import { execFileSync } from 'node:child_process'
import { afterAll, describe, expect, test } from '@jest/globals'
import { openSandbox } from './sandbox.ts'

// Patient where nothing hangs, as a busy machine may let a thread wait.
const sandbox = openSandbox({ hangMs: 30_000 })
const brief = openSandbox({ hangMs: 1000 })
afterAll(async () => {
  await sandbox.close()
  await brief.close()
})

const value = async (source: string, input = {}) => {
  const [answer] = await sandbox.evaluate([{ source, input }])
  if (answer === undefined) throw new Error('no answer')
  return answer.ok ? answer.value : answer.why
}

describe('values', () => {
  test.each([
    ['a & "-" & b', { a: 'x', b: 'y' }, 'x-y'],
    ['nothing.here', {}, null],
    ['0.1 + 0.2', {}, 0.3],
    ['a * 0.3', { a: 10.05 }, 3.015],
    ['$round(1.005, 2)', {}, 1.01],
    ['$round(2.5)', {}, 3],
    ['$round(-2.5)', {}, -3],
    ['$round(1250, -2)', {}, 1300],
    ['$round(nothing, 2)', {}, null],
    ['$sum([0.1, 0.2, 0.3])', {}, 0.6],
    [
      '$sum(lines.(q * p))',
      {
        lines: [
          { q: 2, p: 1.5 },
          { q: 1, p: 0.1 },
        ],
      },
      3.1,
    ],
    ['$sum(nothing)', {}, null],
    ['$multiply("12345678901234567890.5", 2)', {}, '24691357802469135781'],
    ['$divide(1, 3)', {}, '0.33333333333333333333'],
    ['$add(0.1, $subtract(1, 0.2))', {}, 0.9],
    ['9007199254740991', {}, 9007199254740991],
    ['lines.q[]', { lines: [{ q: 1 }] }, [1]],
    ['[1..3]', {}, [1, 2, 3]],
    ['constructor', {}, null],
    ['__proto__', {}, null],
    ['{"constructor": 1}', {}, { constructor: 1 }],
  ])('%s', async (source, input, expected) => {
    expect(await value(source, input)).toEqual(expected)
  })

  test.each([
    ['$divide(1, 0)', 'division by zero'],
    ['$sum(["x"])', '"x" is not a number'],
    ['$error("no region")', 'no region'],
    ['1 +', 'Unexpected end'],
    ['"a" * 2', 'must evaluate to a number'],
  ])('%s is refused: %s', async (source, why) => {
    expect(await value(source)).toContain(why)
  })
})

describe('text that is a number is one, as it would be with a schema', () => {
  const plain = {
    a: '1000',
    b: '900',
    c: '0',
    d: 'x',
    big: '12345678901234567890',
    list: ['1000', '900'],
    zip: '01067',
  }
  const rows = Object.entries({ a: '9.5', b: '10', c: '-1.5', d: '-1.55', e: '1000' }).map(([k, n]) => ({ k, n }))
  const text = { ...plain, rows }
  const numeric = rows.map(({ k, n }) => ({ k, n: Number(n) }))
  const numbers = { ...plain, a: 1000, b: 900, c: 0, list: [1000, 900], rows: numeric }

  test.each<[string, unknown]>([
    ['a > b', true],
    ['a <= b', false],
    ['a >= 1000 and b < a', true],
    ['nothing > b', null],
    ['a + b', 1900],
    ['a - b * 2', -800],
    ['a / b > 1', true],
    ['a % b', 100],
    ['-a', -1000],
    ['$count([1..c])', 0],
    ['a = 1000', true],
    ['a = "1000"', true],
    ['a != 1000.0', false],
    ['a in [1, 1000]', true],
    ['b in ["900"]', true],
    ['[a, b] = [1000, 900]', true],
    ['{"n": a} = {"n": 1000}', true],
    ['{"n": a} = {"m": 1000}', false],
    ['c ? "some" : "none"', 'none'],
    ['c or nothing', false],
    ['$not(c)', true],
    ['$boolean(list)', true],
    ['$max(list)', 1000],
    ['list ~> $min', 900],
    ['list ~> $average()', 950],
    ['$floor(a)', 1000],
    ['$formatNumber(a, "#,##0.00")', '1,000.00'],
    ['a ~> $formatNumber("0.00")', '1000.00'],
    ['a ~> $power($count(list))', 1_000_000],
    ['a in ["x", "1000"]', true],
    ['a in ["x", d]', false],
    ['(a & "") + 1', 1001],
    ['$sort(list, function($x, $y) { $x > $y })[0] = 900', true],
    ['list[$ > 950] = 1000', true],
    ['$sort(list)[0] = 900', true],
    ['$sort(["b", zip])', ['01067', 'b']],
    ['$join(rows^(n).k)', 'dcabe'],
    ['$join(rows^(>n).k)', 'ebacd'],
    ['$join(rows^(k).k)', 'abcde'],
    ['($f := function($n) { $n > a ? $n : $f($n + b) }; $f(c))', 1800],
    // Text that is none, or that only looks like one where text is meant, stays what it is.
    ['zip = "01067"', true],
    ['zip = "1067"', false],
    ['zip & "!"', '01067!'],
    ['big > 5', true],
    ['d = "x" ? "yes" : "no"', 'yes'],
  ])('%s', async (source, expected) => {
    expect(await value(source, text)).toEqual(expected)
    expect(await value(source, numbers)).toEqual(expected)
  })

  test.each([
    ['{"a": 1} > 2', 'compares numbers and texts, not {"a":1}'],
    ['d > 2', 'cannot compare "x" with 2'],
    ['d * 2', 'must evaluate to a number'],
    ['$max(["x"])', 'must be an array of "numbers"'],
  ])('%s is refused: %s', async (source, why) => {
    expect(await value(source, text)).toContain(why)
  })
})

describe('what would run for ever', () => {
  test.each([
    ['recursion', '($f := function($n){ 1 + $f($n + 1) }; $f(0))'],
    ['an endless tail call', '($f := function($n){ $f($n + 1) }; $f(0))'],
    ['a huge range', '[1..10000000]'],
    ['a backtracking regex', '$match("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", /^(a+)+$/)'],
  ])('%s fails alone and the rest of its batch is answered', async (_, source) => {
    const answers = await brief.evaluate([
      { source: 'a', input: { a: 1 } },
      { source, input: {} },
      { source: 'a', input: { a: 2 } },
    ])
    expect(answers).toEqual([
      { ok: true, value: 1 },
      { ok: false, why: expect.any(String) },
      { ok: true, value: 2 },
    ])
  })

  test('an expression that hangs on many records is given up after a few', async () => {
    const hanging = { source: '$match(a, /^(a+)+$/)', input: { a: `${'a'.repeat(40)}!` } }
    const answers = await brief.evaluate([...Array.from({ length: 20 }, () => hanging), { source: '1', input: {} }])
    expect(answers.at(0)).toEqual({ ok: false, why: 'it did not end within 1000 ms' })
    expect(answers.at(19)).toEqual({ ok: false, why: expect.stringContaining('not tried') })
    expect(answers.at(20)).toEqual({ ok: true, value: 1 })
  })

  test('memory runs out in the thread, not in the process', async () => {
    const source = '$count($map([1..9999], function($n){ $pad("", 100000) & $n }))'
    expect(await sandbox.evaluate([{ source, input: {} }])).toEqual([{ ok: false, why: expect.any(String) }])
    expect(await value('1')).toBe(1)
  })
})

test('an expression cannot see the environment or the next record', async () => {
  expect(await value('($leak := 7; process.env)')).toBeNull()
  expect(await value('$leak')).toBeNull()
  expect(await value('$process')).toBeNull()
})

test('batches of two callers do not mix', async () => {
  const batch = (n: number) => sandbox.evaluate(Array.from({ length: 50 }, () => ({ source: 'n', input: { n } })))
  const [ones, twos] = await Promise.all([batch(1), batch(2)])
  expect(new Set(ones.map((answer) => JSON.stringify(answer)))).toEqual(new Set(['{"ok":true,"value":1}']))
  expect(new Set(twos.map((answer) => JSON.stringify(answer)))).toEqual(new Set(['{"ok":true,"value":2}']))
})

test('closing waits for the batch at hand', async () => {
  const answers = sandbox.evaluate([{ source: '1', input: {} }])
  await sandbox.close()
  expect(await answers).toEqual([{ ok: true, value: 1 }])
})

test('after closing, the next expression starts a new thread', async () => {
  await sandbox.close()
  expect(await value('2')).toBe(2)
})

test('the process ends by itself although the thread was never closed', () => {
  const script = `
    import { openSandbox } from '${new URL('./sandbox.ts', import.meta.url).href}'
    console.log(JSON.stringify(await openSandbox().evaluate([{ source: '1 + 1', input: {} }])))
  `
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 300_000 })
  expect(said.toString().trim()).toBe('[{"ok":true,"value":2}]')
})
