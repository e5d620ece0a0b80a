import { describe, expect, jest, test } from '@jest/globals'
import { z } from 'zod'
import { SyncError } from '../core/problem.ts'
import { StoreAway } from '../core/store-away.ts'
import { shift } from '../core/time.ts'
import { cli, now, text } from './fake.ts'

const commands =
  'init demo start status deals timeline problems runs run retry backfill reconcile hold resume check setup describe lint test preview simulate'.split(
    ' ',
  )

const unwrapped = (printed: string) => printed.replaceAll('\n  ', ' ')

describe('help', () => {
  test.each(commands)('%s --help says what it does and names the global options', async (command) => {
    const { code, out, err, opened } = await cli(`${command} --help`)
    expect({ code, err, opened }).toEqual({ code: 0, err: '', opened: [] })
    expect(out).toMatch(new RegExp(`^Usage: crosswalk ${command} `))
    expect(out).toContain('--json')
    expect(out).not.toContain('default: false')
  })

  test('is printed when nothing is asked for', async () => {
    const { code, out } = await cli('')
    expect(code).toBe(0)
    for (const command of commands) expect(out).toMatch(new RegExp(`^  ${command}\\b`, 'm'))
  })

  test('--version prints the version', async () => {
    expect(await cli('--version')).toMatchObject({ code: 0, out: '1.2.3\n' })
  })
})

describe('a wrong command line', () => {
  test.each([
    ['statu', "Error: Unknown command 'statu'\nWhat to do: Did you mean status?\n"],
    ['status --jsno', "Error: Unknown option '--jsno'\nWhat to do: Did you mean --json?\n"],
    ['describe', "Error: Missing required argument 'connection'\nWhat to do: See `crosswalk describe --help`.\n"],
    ['retry --sync deals', "Error: Missing required argument 'ids'\nWhat to do: See `crosswalk retry --help`.\n"],
    ['status more', 'Error: Too many arguments'],
    ['run --allow many', "Error: Option '--allow <n>' argument 'many' is invalid. It takes a whole number.\n"],
    ['start --port 70000', 'A port is at most 65535.'],
    ['start --role king', 'Allowed choices are all, api, worker.'],
    ['timeline order 1', 'Allowed choices are deal, product.'],
    ['problems --kind bad', 'Allowed choices are unavailable,'],
    ['simulate sap', 'Allowed choices are hubspot, odoo.'],
    ['--quiet', 'Error: Which command?\nWhat to do: See `crosswalk --help`.\n'],
  ])('%s', async (line, message) => {
    const { code, out, err, opened } = await cli(line)
    expect({ code, out, opened }).toEqual({ code: 2, out: '', opened: [] })
    expect(unwrapped(err)).toContain(message)
  })

  test('is one JSON document with --json', async () => {
    const { code, out, err } = await cli('statu --json')
    expect({ code, err }).toEqual({ code: 2, err: '' })
    expect(JSON.parse(out)).toEqual({
      error: { kind: 'usage', message: "Unknown command 'statu'", fix: 'Did you mean status?' },
    })
  })
})

describe('a failure', () => {
  const refused = new SyncError('Odoo refused the login', {
    problem: { kind: 'auth_rejected' },
    fix: 'Make a new API key.',
    record: { system: 'odoo', object: 'sale.order', id: '7' },
    cause: new Error('401'),
  })
  const fails = (error: unknown) => ({
    status: async () => {
      throw error
    },
  })

  test('says what happened and what to do', async () => {
    expect(await cli('status', fails(refused))).toMatchObject({
      code: 1,
      out: '',
      err: 'Error: Odoo refused the login\nWhat to do: Make a new API key.\n',
      closed: 1,
    })
  })

  test('is one JSON document with --json', async () => {
    const { code, out, err } = await cli('status --json', fails(refused))
    expect({ code, err }).toEqual({ code: 1, err: '' })
    expect(JSON.parse(out)).toEqual({
      error: {
        kind: 'auth_rejected',
        message: 'Odoo refused the login',
        fix: 'Make a new API key.',
        problem: { kind: 'auth_rejected' },
        record: { system: 'odoo', object: 'sale.order', id: '7' },
      },
    })
  })

  test('of the configuration lists every mistake and ends with 2', async () => {
    const invalid = new SyncError('config.yaml:1:1 first\nconfig.yaml:2:1 second', {
      problem: { kind: 'configuration_invalid', path: 'config.yaml' },
      fix: 'Correct it.',
    })
    const { code, err } = await cli('status', {}, { open: () => Promise.reject(invalid) })
    expect(code).toBe(2)
    expect(err).toBe(text`
      Error: config.yaml:1:1 first
        config.yaml:2:1 second
      What to do: Correct it.
    `)
  })

  test('of settings names each of them and ends with 2', async () => {
    const error = z.strictObject({ url: z.url() }).safeParse({ url: 'x', more: 1 }).error
    const { code, err } = await cli('status', fails(error))
    expect(code).toBe(2)
    expect(err).toContain('Error: url: Invalid URL\n  settings: Unrecognized key: "more"\n')
  })

  test.each([
    [Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })],
    [
      new Error(
        'initdb said: FATAL: could not extend file: wrote only 4096 of 8192 bytes HINT: Check free disk space.',
      ),
    ],
    [new Error('database or disk is full')],
    [new Error('The database failed', { cause: Object.assign(new Error('could not extend file'), { code: '53100' }) })],
    [
      new Error(
        'PostgreSQL of /data did not start (exit 1). Its log ends: FATAL: could not write: No space left on device',
      ),
    ],
  ])('of a full disk says so, and that nothing is lost: %s', async (error) => {
    const { code, err } = await cli('status', fails(error))
    expect(code).toBe(1)
    expect(err).toMatch(/^Error: A disk is full: /)
    expect(unwrapped(err)).toContain(error.message)
    expect(err).toContain('Nothing that was stored is lost')
    expect(err).not.toContain('fault of Crosswalk')
  })

  test('of a database that is away says what to do, and blames nobody', async () => {
    const { code, err } = await cli('status', fails(new StoreAway('The database failed: refused. Start PostgreSQL.')))
    expect(code).toBe(1)
    expect(err).toBe(text`
      Error: The database failed: refused. Start PostgreSQL.
      What to do: Run the command again once it answers. Nothing that was stored is lost.
    `)
  })

  test('that nobody foresaw is one line, and a stack with --verbose', async () => {
    const short = await cli('status', fails(new TypeError('x is not a function')))
    expect(short.code).toBe(1)
    expect(short.err).toBe(text`
      Error: TypeError: x is not a function
      What to do: This is a fault of Crosswalk. Run the command again with --verbose and report what it
        prints.
    `)
    const long = await cli('status --verbose', fails(refused))
    expect(long.err).toMatch(/\n {4}at /)
    expect(long.err).toContain('Caused by Error: 401')
  })

  test('that nobody foresaw shows no secret', async () => {
    const error = new Error('no login for hunter22', { cause: new Error('sent hunter22') })
    for (const line of ['status', 'status --verbose', 'status --json']) {
      const { out, err } = await cli(line, fails(error))
      expect(out + err).toContain('no login for [secret]')
      expect(out + err).not.toContain('hunter22')
    }
  })

  test('cannot paint the terminal', async () => {
    const { err } = await cli('status', fails(new Error('\u001b[2Jgone\u0007')))
    expect(err).toContain('Error: gone\n')
  })
})

test('global options stand before or behind the command', async () => {
  const holds = { hold: async () => {} }
  for (const line of [
    '--config a.yaml --home b --verbose hold deals',
    'hold deals --config a.yaml --home b --verbose',
  ]) {
    const { opened } = await cli(line, holds)
    expect(opened).toMatchObject([{ config: 'a.yaml', home: 'b', verbose: true }])
  }
  const { opened } = await cli('hold deals', holds)
  expect(opened).toMatchObject([{ config: 'config/crosswalk.yaml', home: '.crosswalk', verbose: false }])
})

test('colours only where the terminal has them and --no-color does not take them away', async () => {
  const answers = { problems: async () => [] }
  expect((await cli('problems', answers, { color: true })).out).toContain('\u001b[32m')
  expect((await cli('problems --no-color', answers, { color: true })).out).not.toContain('\u001b')
})

describe('Ctrl-C', () => {
  test('asks the work to end, then ends the process; two at once are one', async () => {
    let interrupt = () => {}
    let time = now
    const exit = jest.fn<(code: number) => void>()
    const release = jest.fn()
    const { code, err, opened } = await cli(
      'hold deals',
      {
        async hold() {
          interrupt()
          time = shift(now, 100)
          interrupt()
          expect(exit).not.toHaveBeenCalled()
          time = shift(now, 2_000)
          interrupt()
        },
      },
      {
        exit,
        clock: { now: () => time, sleep: () => Promise.resolve() },
        onInterrupt(listener) {
          interrupt = listener
          return release
        },
      },
    )
    expect(opened[0]?.signal.aborted).toBe(true)
    expect(exit.mock.calls).toEqual([[130]])
    expect(release).toHaveBeenCalledTimes(1)
    expect(err).toBe('Stopping once the work in progress is done. Ctrl-C again stops at once.\n')
    expect(code).toBe(0)
  })
})
