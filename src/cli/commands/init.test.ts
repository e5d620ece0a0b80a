import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import type { Crosswalk } from '../../app/crosswalk.ts'
import type { Preview } from '../../app/engine/preview.ts'
import { configSchema } from '../../app/project/config.ts'
import type { Tried } from '../../app/project/workshop.ts'
import type { Json } from '../../core/json.ts'
import type { AccountChoice } from '../../ports/connector.ts'
import type { CliDeps } from '../deps.ts'
import { cli, fakePrompts, systems, text } from '../fake.ts'

let cwd = ''
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'crosswalk-init-'))
})
afterEach(() => rm(cwd, { recursive: true }))

const written = (file = 'config/crosswalk.yaml') => readFile(join(cwd, file), 'utf8')
/** What is beneath the folder. */
const files = async () => (await readdir(cwd, { recursive: true })).sort()

const account = { id: '4711', name: 'Acme', timeZone: 'Europe/Berlin', currency: 'EUR', apiVersion: '1' }
const works = (name: string, system: string, choices: readonly AccountChoice[] = []): Tried => ({
  check: {
    connection: name,
    system,
    failure: null,
    report: { account, findings: [{ level: 'ok', subject: 'login', message: 'accepted' }] },
  },
  choices,
  sets: system === 'hubspot',
})
const refused = (name: string, system: string): Tried => ({
  check: {
    connection: name,
    system,
    report: null,
    failure: { problem: { kind: 'auth_rejected' }, message: 'The login was refused.', fix: 'Make a new key.' },
  },
  choices: [],
  sets: false,
})

const pipelines: AccountChoice = {
  subject: 'Pipelines',
  options: [
    { value: 'default', label: 'Sales', hint: 'won: Closed won' },
    { value: '7', label: 'Partners' },
  ],
  decides: { where: 'properties.pipeline' },
  otherwise: 'all get orders',
}
const warehouses: AccountChoice = {
  subject: 'Warehouses',
  options: [
    { value: 1, label: 'South' },
    { value: 2, label: 'North' },
  ],
  decides: { setting: 'warehouseId', several: false },
  otherwise: 'the default',
}
const lists: AccountChoice = { ...warehouses, subject: 'Lists', decides: { setting: 'priceLists', several: true } }
const currencies: AccountChoice = {
  subject: 'Currencies',
  options: [{ value: 'EUR', label: 'EUR' }],
  decides: null,
  otherwise: '',
}

const preview: Preview = {
  sync: 'deals',
  recordId: '901',
  action: 'create',
  label: '20 pumps',
  order: null,
  fields: [],
  lines: [],
  gone: [],
  differences: [],
  customer: null,
  below: [],
  totals: null,
  failures: [],
}
const asked: unknown[] = []
const answers: Partial<Crosswalk> = {
  setup: async (connection) => {
    asked.push(['setup', connection])
    return [{ subject: 'erp_order_no', outcome: 'created', message: 'made' }]
  },
  lint: async () => [],
  newestWon: async () => ({ connection: 'hubspot', object: 'deals', id: '901' }),
  async preview(id, how) {
    asked.push(['preview', id, how])
    return preview
  },
}
beforeEach(() => void asked.splice(0))

/** A terminal with this environment, before systems that answer so. */
const deps = (
  environment: Readonly<Record<string, string>> = {},
  tries: (system: string, settings: Readonly<Record<string, Json>>) => Tried = (system) => works(system, system),
): Partial<CliDeps> => ({
  cwd,
  environment: async () => {
    const file = await readFile(join(cwd, '.env'), 'utf8').catch(() => '')
    return { ...parseEnv(file), ...environment }
  },
  tryConnection: async (_name, system, settings) => {
    asked.push([system, settings])
    return tries(system, settings)
  },
})
const all = {
  HUBSPOT_ACCESS_TOKEN: 'token',
  ODOO_URL: 'https://acme.odoo.com',
  ODOO_DATABASE: 'acme',
  ODOO_PASSWORD: 'hush',
}
// The address of the API stays as is usual.
const typed = ['hubspot', 'odoo', '', 'token', 'https://acme.odoo.com', 'acme', 'hush']

describe('the guide', () => {
  test('asks for one system after the other, tries each, and ends with the newest won deal', async () => {
    const prompts = fakePrompts(...typed, true)
    const { code, out, err } = await cli('init', answers, { ...deps(), prompts })
    expect(prompts.asked).toEqual([
      'Which CRM?',
      'Which ERP?',
      'HubSpot: Address of the API',
      'HubSpot: Service key (not shown; empty: HUBSPOT_ACCESS_TOKEN is set later)',
      'Odoo: Address of the server',
      'Odoo: Name of the database',
      'Odoo: API key of the user (not shown; empty: ODOO_PASSWORD is set later)',
      'Create the fields in HubSpot that show order, progress and problems on a deal? (y; later: crosswalk setup hubspot)',
    ])
    expect(asked).toEqual([
      ['hubspot', { accessToken: 'token' }],
      ['odoo', { url: 'https://acme.odoo.com', database: 'acme', password: 'hush' }],
      ['setup', 'hubspot'],
      ['preview', '901', { record: 'deal', backfill: true }],
    ])
    expect(code).toBe(0)
    const config = configSchema.parse(parse(await written()))
    expect(config.connections).toEqual({
      hubspot: { system: 'hubspot', settings: { accessToken: '${HUBSPOT_ACCESS_TOKEN}' }, reserve: '10%' },
      odoo: {
        reserve: '10%',
        system: 'odoo',
        settings: { url: 'https://acme.odoo.com', database: 'acme', password: '${ODOO_PASSWORD}' },
      },
    })
    expect(config.syncs).toMatchObject({
      deals: { document: 'deal', from: 'hubspot', to: 'odoo', mode: 'shadow' },
      fulfilment: { document: 'fulfilment', from: 'odoo', to: 'hubspot', of: 'deals', mode: 'shadow' },
    })
    expect(err).toContain('✓ hubspot  hubspot\n  Acme (4711) · Europe/Berlin · EUR · API 1\n')
    expect(out).toBe(text`
      ✓ hubspot has the write-back fields; 1 were created
      ✓ The mappings fit both accounts

      The deal that was won last, as a dry run:

      Deal 901  20 pumps  sync deals
      + An order would be created

      Next:
        crosswalk preview deal <id> --backfill  what would be written for any deal
        crosswalk start                         runs until it is stopped
        crosswalk init --mode live              once the plans look right: orders are made
        crosswalk backfill deals --deal 901     queues the deal above, an older one
        crosswalk run                           delivers what is due, and ends

      It is in shadow mode, a dry run that writes nothing.
    `)
  })

  test('keeps secrets out of the configuration and out of what is printed, in a file for the owner alone', async () => {
    await writeFile(join(cwd, '.env'), '# mine\nDATABASE_URL=postgres://x\n', { mode: 0o644 })
    const prompts = fakePrompts('hubspot', 'odoo', '', 'mum"ble', 'https://acme.odoo.com', 'acme', "hu'sh #1", false)
    const { code, out, err } = await cli('init', answers, { ...deps(), prompts })
    expect(code).toBe(0)
    expect(parseEnv(await written('.env'))).toEqual({
      DATABASE_URL: 'postgres://x',
      HUBSPOT_ACCESS_TOKEN: 'mum"ble',
      ODOO_PASSWORD: "hu'sh #1",
    })
    expect(await written('.env')).toContain('# mine\n')
    expect((await stat(join(cwd, '.env'))).mode & 0o777).toBe(0o600)
    for (const shown of [out, err, await written()]) {
      expect(shown).not.toContain('mum"')
      expect(shown).not.toContain("hu'sh")
    }
  })

  test('shows why a system refuses, with the remedy, and asks again', async () => {
    const prompts = fakePrompts(...typed, 'enter', '', '', 'right', 'again', false)
    let tries = 0
    const { code, err } = await cli('init', answers, {
      ...deps({}, (system, { password }) => {
        tries += 1
        return system === 'hubspot' || (password === 'right' && tries > 3)
          ? works(system, system)
          : refused(system, system)
      }),
      prompts,
    })
    expect(code).toBe(0)
    expect(err).toContain('✗ odoo  odoo\n  ✗ The login was refused.\n    What to do: Make a new key.\n')
    // What was right is kept by an empty answer.
    expect(asked).toContainEqual(['odoo', { url: 'https://acme.odoo.com', database: 'acme', password: 'right' }])
    expect(parseEnv(await written('.env')).ODOO_PASSWORD).toBe('right')
  })

  test('offers what there are several of, and tells of the rest', async () => {
    const choices = (system: string) => (system === 'hubspot' ? [pipelines, currencies] : [warehouses, lists])
    const tries = (system: string) => works(system, system, choices(system))
    const prompts = fakePrompts(...typed.slice(0, 4), ['0'], ...typed.slice(4), '1', ['0', '1'], false)
    const { code, err } = await cli('init', answers, { ...deps({}, tries), prompts })
    expect(code).toBe(0)
    expect(prompts.asked).toEqual(
      expect.arrayContaining([
        'HubSpot: Pipelines (none: all get orders)',
        'Odoo: Warehouses',
        'Odoo: Lists (none: the default)',
      ]),
    )
    expect(err).toContain('  Currencies: EUR\n')
    const { connections, syncs } = parse(await written())
    expect(connections.odoo.settings).toMatchObject({ warehouseId: 2, priceLists: [1, 2] })
    expect(syncs.deals.where).toEqual({ 'properties.pipeline': ['default'] })
  })

  test('chooses nothing where nothing is chosen', async () => {
    const tries = (system: string) => works(system, system, system === 'hubspot' ? [pipelines] : [warehouses, lists])
    const prompts = fakePrompts(...typed.slice(0, 4), [], ...typed.slice(4), '', [], false)
    expect((await cli('init', answers, { ...deps({}, tries), prompts })).code).toBe(0)
    const { connections, syncs } = parse(await written())
    expect(Object.keys(connections.odoo.settings)).toEqual(['url', 'database', 'password'])
    expect(syncs.deals.where).toBeUndefined()
  })

  test('takes what the environment has without asking, and writes the variable down', async () => {
    const prompts = fakePrompts('hubspot', 'odoo', '', false)
    const { code } = await cli('init', answers, { ...deps(all), prompts })
    expect(code).toBe(0)
    expect(parse(await written()).connections.odoo.settings).toEqual({
      url: '${ODOO_URL}',
      database: '${ODOO_DATABASE}',
      password: '${ODOO_PASSWORD}',
    })
    expect(await files()).toEqual(['config', 'config/crosswalk.yaml'])
  })

  test('never switches to live by an answer', async () => {
    const prompts = fakePrompts(...typed, true)
    await cli('init', answers, { ...deps(), prompts })
    expect(prompts.asked.join()).not.toContain('live')
    for (const { mode } of Object.values(configSchema.parse(parse(await written())).syncs)) expect(mode).toBe('shadow')
  })

  test('says so where no deal is won yet, and where mappings do not fit', async () => {
    const finding = {
      file: 'a.yaml',
      line: 1,
      column: 2,
      kind: 'unknown_field',
      level: 'error',
      message: 'no field "x"',
    } as const
    const { code, out } = await cli(
      'init',
      { ...answers, newestWon: async () => null, lint: async () => [finding] },
      { ...deps(), prompts: fakePrompts(...typed, false) },
    )
    expect(code).toBe(1)
    expect(out).toContain('! 1 finding in the mappings:\na.yaml:1:2 unknown_field: no field "x"\n')
    expect(out).toContain('No deal is won yet.')
    expect(out).toContain('crosswalk setup hubspot')
  })
})

describe('Ctrl-C', () => {
  const steps = [...typed.map((_one, index) => [typed.slice(0, index)] as const)]
  test.each(steps)('after %j leaves nothing', async (given) => {
    const ended = await cli('init', answers, { ...deps(), prompts: fakePrompts(...given, null) })
    expect(ended).toMatchObject({ code: 1, out: '' })
    expect(ended.err).toMatch(/Nothing was written\.\n$/)
    expect(await files()).toEqual([])
  })

  test('at the question after a refusal leaves nothing', async () => {
    const prompts = fakePrompts(...typed.slice(0, 4), null)
    const { code } = await cli('init', answers, { ...deps({}, (system) => refused(system, system)), prompts })
    expect(code).toBe(1)
    expect(await files()).toEqual([])
  })

  test('while a system is tried leaves nothing', async () => {
    let interrupt = () => {}
    const { code } = await cli('init', answers, {
      ...deps({}, (system) => {
        interrupt()
        return works(system, system)
      }),
      prompts: fakePrompts(...typed, false),
      onInterrupt(listener) {
        interrupt = listener
        return () => {}
      },
    })
    expect(code).toBe(1)
    expect(await files()).toEqual([])
  })

  test('at the last question leaves a valid configuration', async () => {
    const { code } = await cli('init', answers, { ...deps(), prompts: fakePrompts(...typed, null) })
    expect(code).toBe(0)
    expect(configSchema.safeParse(parse(await written())).success).toBe(true)
  })
})

describe('once more', () => {
  const begin = () => cli('init --yes --crm hubspot --erp odoo', answers, deps())

  test('keeps the configuration and asks for what is missing alone', async () => {
    await begin()
    const before = await written()
    const prompts = fakePrompts('token', 'https://acme.odoo.com', 'acme', 'hush', false)
    const { code, err } = await cli('init', answers, { ...deps(), prompts })
    expect(code).toBe(0)
    expect(prompts.asked.slice(0, -1)).toEqual([
      expect.stringContaining('HubSpot: Service key'),
      'Odoo: Address of the server',
      'Odoo: Name of the database',
      expect.stringContaining('Odoo: API key'),
    ])
    expect(await written()).toBe(before)
    expect(parseEnv(await written('.env'))).toEqual(all)
    expect(err).toContain('config/crosswalk.yaml is there already: it is kept')
    // Nothing is missing any more.
    expect((await cli('init --yes', answers, deps())).code).toBe(0)
    expect(await written()).toBe(before)
  })

  test('tries again what stands in the configuration, and changes it there', async () => {
    await cli('init', answers, { ...deps(), prompts: fakePrompts(...typed, false) })
    const before = await written()
    const prompts = fakePrompts('enter', 'https://new.odoo.com', '', '', false)
    const tries = (system: string, { url }: Readonly<Record<string, Json>>) =>
      system === 'hubspot' || url === 'https://new.odoo.com' ? works(system, system) : refused(system, system)
    expect((await cli('init', answers, { ...deps({}, tries), prompts })).code).toBe(0)
    expect(await written()).toBe(before.replace('https://acme.odoo.com', 'https://new.odoo.com'))
  })

  test('goes live when that is asked for by name, and back', async () => {
    await begin()
    const before = await written()
    const live = await cli('init --mode live --yes', answers, deps(all))
    expect(live.code).toBe(0)
    expect(live.out).not.toContain('shadow')
    expect(parse(await written()).syncs).toMatchObject({ deals: { mode: 'live' }, fulfilment: { mode: 'live' } })
    // Comments and all else stay as they are.
    expect(await written()).toBe(
      before.replaceAll('    mode: shadow', '    mode: live').replaceAll('#   mode: live', '#   mode: shadow'),
    )
    await cli('init --mode shadow --yes', answers, deps(all))
    expect(await written()).toBe(before)
  })

  test('does not go live while a system refuses', async () => {
    await begin()
    const before = await written()
    const { code } = await cli(
      'init --mode live --yes',
      answers,
      deps(all, (system) => refused(system, system)),
    )
    expect(code).toBe(1)
    expect(await written()).toBe(before)
  })

  test('takes over an address that the environment has since', async () => {
    await begin()
    await cli('init --yes', answers, deps({ ...all, HUBSPOT_BASE_URL: 'http://127.0.0.1:1' }))
    expect(parse(await written()).connections.hubspot.settings).toEqual({
      accessToken: '${HUBSPOT_ACCESS_TOKEN}',
      baseUrl: '${HUBSPOT_BASE_URL}',
    })
  })

  test('refuses another pair, and a file that it cannot go on with', async () => {
    await begin()
    const other = { name: 'sap', title: 'SAP', role: 'erp' } as const
    const more = systems.flatMap((one) => [one, { ...one, ...other }])
    const refusal = await cli('init --erp sap --yes', answers, { ...deps(), systems: more })
    expect(refusal.code).toBe(2)
    expect(refusal.err).toContain('does not connect sap')
    await writeFile(join(cwd, 'config/crosswalk.yaml'), 'connections: [')
    expect((await cli('init --yes', answers, deps())).code).toBe(2)
  })

  test('begins anew with --force', async () => {
    await mkdir(join(cwd, 'config'))
    await writeFile(join(cwd, 'config/crosswalk.yaml'), 'connections: [')
    expect((await cli('init --crm hubspot --erp odoo --yes --force', answers, deps())).code).toBe(0)
    expect(configSchema.safeParse(parse(await written())).success).toBe(true)
  })

  test('says which variable of the shell hides what was typed', async () => {
    await begin()
    const prompts = fakePrompts('enter', 'right', false)
    const tries = (system: string, { accessToken }: Readonly<Record<string, Json>>) =>
      system === 'odoo' || accessToken === 'right' ? works(system, system) : refused(system, system)
    const { err } = await cli('init', answers, { ...deps(all, tries), prompts })
    expect(err).toContain('HUBSPOT_ACCESS_TOKEN is set to something else in this shell')
  })
})

describe('without a terminal', () => {
  test('needs the systems by name', async () => {
    const { code, err } = await cli('init', {}, deps())
    expect(code).toBe(2)
    expect(err).toBe('Error: Which CRM?\nWhat to do: Name it: --crm hubspot.\n')
  })

  test('writes what can be written, and says what is missing', async () => {
    const { code, out } = await cli('init --crm hubspot --erp odoo --yes', answers, deps())
    expect(code).toBe(0)
    expect(configSchema.parse(parse(await written())).connections.odoo?.settings).toEqual({
      url: '${ODOO_URL}',
      database: '${ODOO_DATABASE}',
      password: '${ODOO_PASSWORD}',
    })
    expect(out).toBe(text`
      Next:
        HUBSPOT_ACCESS_TOKEN=…  a line of .env, or a variable of the environment
        ODOO_URL=…              a line of .env, or a variable of the environment
        ODOO_DATABASE=…         a line of .env, or a variable of the environment
        ODOO_PASSWORD=…         a line of .env, or a variable of the environment
        crosswalk init          goes on once these are set

      It is in shadow mode, a dry run that writes nothing.
    `)
    expect(asked).toEqual([])
  })

  test('tries, checks and previews with what the environment has', async () => {
    const { code, out } = await cli('init --crm hubspot --erp odoo --setup', answers, deps(all))
    expect(code).toBe(0)
    expect(asked.map((one) => (one as unknown[])[0])).toEqual(['hubspot', 'odoo', 'setup', 'preview'])
    expect(out).toContain('Deal 901')
  })

  test('writes nothing when a system refuses, unless nothing is to be tried', async () => {
    const tries = (system: string) => refused(system, system)
    const { code, err } = await cli('init --crm hubspot --erp odoo', answers, deps(all, tries))
    expect(code).toBe(1)
    expect(err).toContain('The login was refused.')
    expect(await files()).toEqual([])
    expect((await cli('init --crm hubspot --erp odoo --offline', answers, deps(all, tries))).code).toBe(0)
    expect(await files()).toEqual(['config', 'config/crosswalk.yaml'])
  })

  test('--json names the file, what is missing, and what came of it', async () => {
    const bare = await cli('init --crm hubspot --erp odoo --json --config mine.yaml', {}, deps())
    expect(JSON.parse(bare.out)).toEqual({
      file: 'mine.yaml',
      environment: ['HUBSPOT_ACCESS_TOKEN', 'ODOO_URL', 'ODOO_DATABASE', 'ODOO_PASSWORD'],
      written: true,
      mode: 'shadow',
      checks: [],
    })
    const { out } = await cli('init --crm hubspot --erp odoo --json', answers, deps(all))
    expect(JSON.parse(out)).toMatchObject({
      environment: [],
      checks: [{ connection: 'hubspot' }, { connection: 'odoo' }],
      findings: [],
      setup: null,
      preview: { recordId: '901' },
    })
  })
})

test('explains what it writes', async () => {
  await cli('init --crm hubspot --erp odoo --yes', {}, deps())
  const yaml = await written()
  expect(yaml).toContain(
    text`
      hubspot:
        system: hubspot
        settings:
          # Service key
          accessToken: \${HUBSPOT_ACCESS_TOKEN}
          # Address of the API
          # baseUrl: "https://api.hubapi.com"
  `
      .replaceAll(/^/gm, '  ')
      .trimEnd(),
  )
})
