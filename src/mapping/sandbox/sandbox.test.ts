import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from '@jest/globals'
import type { Json } from '../../core/json.ts'
import { openSandbox } from './sandbox.ts'

// Patient where nothing hangs, as a busy machine may let a thread wait.
const sandbox = openSandbox({ hangMs: 30_000 })
const brief = openSandbox({ hangMs: 1000 })
afterAll(async () => {
  await sandbox.close()
  await brief.close()
})

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20))
}
/** Hundredths of a second of the processor. */
const cpuOf = (pid: string): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12])
}

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

  test('an endless loop that JSONata stops by itself is given up after a few, too', async () => {
    const endless = { source: '($f := function($n){ $f($n + 1) }; $f(0))', input: {} }
    const answers = await sandbox.evaluate([...Array.from({ length: 20 }, () => endless), { source: '1', input: {} }])
    expect(answers.at(2)).toEqual({ ok: false, why: expect.stringContaining('timeout') })
    expect(answers.at(3)).toEqual({ ok: false, why: expect.stringContaining('not tried') })
    expect(answers.at(20)).toEqual({ ok: true, value: 1 })
  })
})

describe('what uses up the memory', () => {
  test.each([
    ['many texts', '$count($map([1..9999], function($n){ $pad("", 100000) & $n }))'],
    ['one long text', '$pad("x", 300000000)'],
    ['a long text in capitals', '$uppercase($pad("x", 400000000))'],
    [
      'a text that doubles',
      '($f := function($t, $n){ $n = 0 ? $t : $f($t & $t, $n - 1) }; $count($split($f("x,", 27), ",")))',
    ],
    ['replacing', '$uppercase($replace($pad("x", 3000000), "x", $pad("y", 130)))'],
    ['joining', '($long := $pad("x", 30000000); $length($join([1..40].$long)))'],
  ])('%s fails alone, and the rest of its batch is answered', async (_, source) => {
    const answers = await sandbox.evaluate([
      { source: 'a', input: { a: 1 } },
      { source, input: {} },
      { source: 'a', input: { a: 2 } },
    ])
    expect([answers[0], answers[2]]).toEqual([
      { ok: true, value: 1 },
      { ok: true, value: 2 },
    ])
    expect(answers[1]).toMatchObject({ ok: false })
  })

  test('an expression that does so on many records is given up after a few', async () => {
    const greedy = { source: '$uppercase($pad("x", 400000000))', input: {} }
    const answers = await sandbox.evaluate([...Array.from({ length: 10 }, () => greedy), { source: '1', input: {} }])
    expect(answers.at(0)).toEqual({ ok: false, why: expect.stringContaining('memory') })
    expect(answers.at(9)).toEqual({ ok: false, why: expect.stringContaining('not tried') })
    expect(answers.at(10)).toEqual({ ok: true, value: 1 })
  })
})

test.each(['$error($pad("x", 9000000))', '$sum([$pad("x", 9000000)])', '$pad("x", 9000000) < true'])(
  'the message of %s is short',
  async (source) => {
    expect(String(await value(source)).length).toBeLessThanOrEqual(1_000)
  },
)

test('a record that is nested deeper than anything can be written fails alone', async () => {
  let deep: Json = 1
  for (let level = 0; level < 100_000; level += 1) deep = { deep }
  const answers = await sandbox.evaluate([
    { source: 'a', input: { a: 1 } },
    { source: '1', input: deep },
  ])
  expect(answers).toEqual([
    { ok: true, value: 1 },
    { ok: false, why: 'what it is given is nested too deeply' },
  ])
})

test('the process of an expression that hangs ends with the one that asked, even when that is killed', async () => {
  const script = `
    import { openSandbox } from '${new URL('./sandbox.ts', import.meta.url).href}'
    openSandbox({ hangMs: 600_000 }).evaluate([{ source: '$match("${'a'.repeat(60)}!", /^(a+)+$/)', input: {} }])
  `
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' })
  const childOf = () =>
    readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8').trim().split(' ')[0] ?? ''
  await until(() => childOf() !== '' && cpuOf(childOf()) > 50)
  const child = childOf()
  parent.kill('SIGKILL')
  await until(() => !existsSync(`/proc/${child}`))
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

test('after closing, the next expression starts a new process', async () => {
  await sandbox.close()
  expect(await value('2')).toBe(2)
})

test.each(['evaluate([{ source: "1 + 1", input: {} }])', 'prepare()'])(
  'the process ends by itself although the sandbox was never closed: %s',
  (call) => {
    const script = `
    import { openSandbox } from '${new URL('./sandbox.ts', import.meta.url).href}'
    await openSandbox().${call}
    console.log('done')
  `
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 300_000 })
    expect(said.toString().trim()).toBe('done')
  },
)

/** Processes that this one started and that still run. */
const children = () =>
  readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ').filter(Boolean)

test('what is prepared is what evaluates', async () => {
  const own = openSandbox()
  const before = children()
  own.prepare()
  const prepared = children().filter((pid) => !before.includes(pid))
  expect(prepared).toHaveLength(1)
  expect(await own.evaluate([{ source: '1 + 1', input: {} }])).toEqual([{ ok: true, value: 2 }])
  own.prepare()
  expect(children().filter((pid) => !before.includes(pid))).toEqual(prepared)
  await own.close()
})

test('a process that ended between two batches is no fault of the next expression', async () => {
  const own = openSandbox()
  const before = children()
  own.prepare()
  const [pid = ''] = children().filter((one) => !before.includes(one))
  process.kill(Number(pid), 'SIGKILL')
  await until(() => !existsSync(`/proc/${pid}`))
  expect(await own.evaluate([{ source: '1 + 1', input: {} }])).toEqual([{ ok: true, value: 2 }])
  await own.close()
})
