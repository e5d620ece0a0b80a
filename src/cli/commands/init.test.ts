import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { configSchema } from '../../app/project/config.ts'
import { cli, fakePrompts, text } from '../fake.ts'

let cwd = ''
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'crosswalk-init-'))
})
afterEach(() => rm(cwd, { recursive: true }))

const written = (file = 'config/crosswalk.yaml') => readFile(join(cwd, file), 'utf8')

test('writes a configuration that is valid, with the secrets left to the environment', async () => {
  const { code, out } = await cli('init --crm hubspot --erp odoo --yes', {}, { cwd })
  expect(code).toBe(0)
  const config = configSchema.parse(parse(await written()))
  expect(config.connections).toEqual({
    hubspot: { system: 'hubspot', settings: { accessToken: '${HUBSPOT_ACCESS_TOKEN}' } },
    odoo: {
      system: 'odoo',
      settings: { url: '${ODOO_URL}', database: '${ODOO_DATABASE}', password: '${ODOO_PASSWORD}' },
    },
  })
  expect(config.syncs).toMatchObject({
    deals: { document: 'deal', from: 'hubspot', to: 'odoo', mode: 'shadow' },
    fulfilment: { document: 'fulfilment', from: 'odoo', to: 'hubspot', of: 'deals', mode: 'shadow' },
  })
  expect(out).toBe(text`
    ✓ Wrote config/crosswalk.yaml

    Next:
      export HUBSPOT_ACCESS_TOKEN=…
      export ODOO_URL=…
      export ODOO_DATABASE=…
      export ODOO_PASSWORD=…
      crosswalk check                checks address, login and permissions
      crosswalk setup hubspot        creates the write-back fields on deals
      crosswalk lint                 checks the mappings against both accounts
      crosswalk preview deal <id>    shows what would be written for a deal
      crosswalk start                runs, with the API on http://127.0.0.1:8787

    It begins in shadow mode, a dry run that writes nothing. Once the timelines of some deals look
    right, set mode: live in config/crosswalk.yaml.
  `)
})

test('explains what it writes', async () => {
  await cli('init --crm hubspot --erp odoo --yes', {}, { cwd })
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

describe('asking', () => {
  test('for the systems, for addresses, never for a secret, nor for live mode', async () => {
    const prompts = fakePrompts('hubspot', 'odoo', 'https://acme.odoo.com', '')
    const { code, out } = await cli('init', {}, { cwd, prompts })
    expect(code).toBe(0)
    expect(prompts.asked).toEqual([
      'Which CRM?',
      'Which ERP?',
      'Odoo: Address of the server',
      'Odoo: Name of the database',
    ])
    const config = configSchema.parse(parse(await written()))
    expect(config.connections.odoo?.settings).toMatchObject({
      url: 'https://acme.odoo.com',
      database: '${ODOO_DATABASE}',
    })
    expect(config.syncs.deals?.mode).toBe('shadow')
    expect(out).not.toContain('ODOO_URL')
    expect(out).toContain('shadow mode')
  })

  test.each([
    ['at the first question', [null]],
    ['at a value', ['hubspot', 'odoo', null]],
  ])('and giving up %s writes nothing', async (_when, answers) => {
    const ended = await cli('init', {}, { cwd, prompts: fakePrompts(...answers) })
    expect(ended).toMatchObject({ code: 1, out: '', err: 'Nothing was written.\n' })
    await expect(written()).rejects.toThrow('ENOENT')
  })

  test('needs somebody there', async () => {
    const { code, err } = await cli('init', {}, { cwd })
    expect(code).toBe(2)
    expect(err).toBe('Error: Which CRM?\nWhat to do: Name it: --crm hubspot.\n')
  })
})

test('never overwrites without --force', async () => {
  await cli('init --crm hubspot --erp odoo --yes --mode live', {}, { cwd })
  const before = await written()
  const again = await cli('init --crm hubspot --erp odoo --yes', {}, { cwd })
  expect(again).toMatchObject({
    code: 2,
    err: 'Error: config/crosswalk.yaml is there already\nWhat to do: Name another file with --config, or overwrite it with --force.\n',
  })
  expect(await written()).toBe(before)
  expect((await cli('init --crm hubspot --erp odoo --yes --force', {}, { cwd })).code).toBe(0)
  expect(await written()).not.toBe(before)
})

test('--json names the file and what the environment must hold', async () => {
  const { out } = await cli('init --crm hubspot --erp odoo --json --config mine.yaml', {}, { cwd })
  expect(JSON.parse(out)).toEqual({
    file: 'mine.yaml',
    environment: ['HUBSPOT_ACCESS_TOKEN', 'ODOO_URL', 'ODOO_DATABASE', 'ODOO_PASSWORD'],
  })
  expect(configSchema.safeParse(parse(await written('mine.yaml'))).success).toBe(true)
})
