import { describe, expect, test } from '@jest/globals'
import type { RunOptions, RunReport } from '../../app/engine/run.ts'
import { shift } from '../../core/time.ts'
import { cli, now } from '../fake.ts'

const clean: RunReport = {
  syncs: [{ sync: 'deals', found: 3, counts: { found: 3, delivered: 2, unchanged: 1 }, stopped: null }],
  problems: 0,
  waits: [],
  waiting: 0,
  elsewhere: 0,
}

test('shows what became of what was found', async () => {
  const { code, out } = await cli('run', { run: async () => clean })
  expect(code).toBe(0)
  expect(out).toBe('   SYNC   FOUND  OUTCOME\n✓  deals      3  2 delivered, 1 unchanged\n')
})

test('names what stopped, what waits for a person and what waits for later', async () => {
  const stopped = {
    problem: { kind: 'guard_tripped', allowed: 100, wanted: 240 },
    message: 'This run would make 240 orders; 100 an hour are allowed.',
    fix: 'Look at them first.',
  } as const
  const { code, out } = await cli('run', {
    run: async () => ({
      syncs: [
        { sync: 'deals', found: 240, counts: {}, stopped },
        { sync: 'fulfilment', found: 4, counts: { problems: 1, reported: 3 }, stopped: null },
      ],
      problems: 1,
      waits: [],
      waiting: 2,
      elsewhere: 0,
    }),
  })
  expect(code).toBe(1)
  expect(out).toBe(
    [
      '   SYNC        FOUND  OUTCOME',
      '✗  deals         240  –',
      '✓  fulfilment      4  3 reported, 1 problem',
      '',
      'deals stopped early',
      '✗ This run would make 240 orders; 100 an hour are allowed.',
      '  What to do: Look at them first.',
      '  To resume it: crosswalk resume deals --allow <n>',
      '',
      '1 problem waits for a person: crosswalk problems',
      '2 records wait for later: crosswalk status',
      '',
    ].join('\n'),
  )
})

test('says who waits for a quota, until when, and that it goes on by itself', async () => {
  const wait = { sync: 'deals', connection: 'hubspot', until: shift(now, 1_500_000) } as const
  const { code, out } = await cli('run', {
    run: async () => ({
      ...clean,
      waiting: 120,
      waits: [
        { ...wait, lane: 'backfill', records: 120 },
        { ...wait, sync: 'fulfilment', lane: 'live', records: 0 },
      ],
    }),
  })
  expect(code).toBe(1)
  expect(out.replace(/\s+/g, ' ')).toContain(
    '… 120 records of deals wait for the quota of hubspot, until 2026-11-24 10:55:00 (in 25 min). What is more urgent goes on meanwhile. A server goes on by itself then; without one, the next `crosswalk run` does. … fulfilment waits for',
  )
})

test.each([
  ['a problem', { problems: 1 }],
  ['a record that waits', { waiting: 1 }],
])('%s is no success', async (_what, left) => {
  expect((await cli('run', { run: async () => ({ ...clean, ...left }) })).code).toBe(1)
})

test('what another run works on, or was working on when it broke off, is no failure', async () => {
  const { code, out } = await cli('run', { run: async () => ({ ...clean, elsewhere: 3 }) })
  expect(code).toBe(0)
  expect(out).toContain('3 records are left to another run.')
})

test('passes on the syncs, the allowance and the signal', async () => {
  const asked: [readonly string[], RunOptions][] = []
  const { opened } = await cli('run deals fulfilment --allow 7', {
    async run(...given) {
      asked.push(given)
      return clean
    },
  })
  expect(asked).toMatchObject([[['deals', 'fulfilment'], { kind: 'manual', allow: 7 }]])
  expect(asked[0]?.[1].signal).toBe(opened[0]?.signal)
})

test('that was stopped by Ctrl-C is no success, and what it did is shown', async () => {
  let interrupt = () => {}
  const { code, out, err } = await cli(
    'run',
    {
      async run() {
        interrupt()
        return clean
      },
    },
    {
      onInterrupt(listener) {
        interrupt = listener
        return () => {}
      },
    },
  )
  expect(code).toBe(1)
  expect(out).toContain('2 delivered')
  expect(err).toContain('Stopped on request; what is left waits for the next run.')
})

describe('progress', () => {
  const working = async (_syncs: readonly string[], { progress }: RunOptions) => {
    progress?.({ sync: 'deals', phase: 'detect', done: 300, due: 0 })
    progress?.({ sync: 'deals', phase: 'deliver', done: 100, due: 200 })
    progress?.({ sync: 'deals', phase: 'deliver', done: 300, due: 0 })
    return clean
  }

  test('is one line, drawn anew, on a terminal, and gone at the end', async () => {
    const { err } = await cli('run', { run: working }, { errColumns: 80 })
    expect(err.split('\r\u001b[2K')).toEqual([
      '',
      'deals: looking for changes, 300 records so far',
      'deals  ████████░░░░░░░░░░░░░░░░  33%  100 of 300 records',
      'deals  ████████████████████████  100%  300 of 300 records',
      '',
    ])
  })

  test('is never wider than the terminal', async () => {
    const { err } = await cli('run', { run: working }, { errColumns: 20 })
    for (const line of err.split('\r\u001b[2K')) expect(line.length).toBeLessThan(20)
  })

  test('is a line at the beginning of each phase elsewhere, and now and then', async () => {
    let time = now
    const { err } = await cli(
      'run',
      {
        async run(_syncs, { progress }) {
          progress?.({ sync: 'deals', phase: 'deliver', done: 100, due: 200 })
          progress?.({ sync: 'deals', phase: 'deliver', done: 150, due: 150 })
          time = shift(time, 11_000)
          progress?.({ sync: 'deals', phase: 'deliver', done: 200, due: 100 })
          return clean
        },
      },
      { clock: { now: () => time, sleep: () => Promise.resolve() } },
    )
    expect(err).toBe('deals: delivering, 100 of 300 records\ndeals: delivering, 200 of 300 records\n')
  })

  test.each(['--quiet', '--json'])('is silent with %s', async (flag) => {
    expect((await cli(`run ${flag}`, { run: working }, { errColumns: 80 })).err).toBe('')
  })

  test('is wiped away when the run fails', async () => {
    const { err } = await cli(
      'run',
      {
        async run(syncs, options) {
          await working(syncs, options)
          throw new Error('lost')
        },
      },
      { errColumns: 80 },
    )
    expect(err).toContain('\r\u001b[2KError: lost')
  })
})

test('--json gives the report', async () => {
  const { code, out } = await cli('run --json', { run: async () => clean })
  expect({ code, report: JSON.parse(out) }).toEqual({ code: 0, report: clean })
})
