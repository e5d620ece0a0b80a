import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { SyncError } from '../core/problem.ts'
import { loadConfig, parseConfig } from './config.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crosswalk-config-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function load(text: string, environment = {}) {
  const file = join(folder, 'crosswalk.yaml')
  await writeFile(file, text)
  return loadConfig(file, environment)
}

/** Every mistake, without the folder. */
async function mistakes(text: string): Promise<string> {
  const error = await load(text).then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof SyncError)) throw new Error(`expected a SyncError, got ${String(error)}`)
  expect(error.problem.kind).toBe('configuration_invalid')
  return error.message.replaceAll(`${folder}/`, '')
}

const good = `
connections:
  crm: { system: hubspot, settings: { accessToken: "\${TOKEN}" } }
  erp: { system: odoo }
syncs:
  deals: { document: deal, from: crm, to: erp }
`.trimStart()

test('reads a configuration, with what comes from the environment', async () => {
  const { config, secrets } = await load(good, { TOKEN: 'hush' })
  expect(config.connections.crm?.settings).toEqual({ accessToken: 'hush' })
  expect(config.syncs.deals?.batch).toBe(1000)
  expect(secrets).toEqual(['hush'])
})

test('names the variables that are missing and where to set them, unless the configuration is wrong as well', async () => {
  const fixOf = async (text: string) => {
    const error: unknown = await load(text).catch((thrown: unknown) => thrown)
    return error instanceof SyncError ? error.fix : null
  }
  expect(await fixOf(good)).toMatch(/^Set TOKEN in the environment .*export TOKEN=/)
  expect(await fixOf(`${good}\nlog: *nowhere\n`)).toMatch(/^Correct the configuration/)
})

describe('a channel of alerts', () => {
  const channel = (lines: string) =>
    mistakes(`${good.replace('${TOKEN}', 'x')}alerts: { channels: { ops: { ${lines} } } }\n`)
  const mail = 'kind: email, from: a@acme.test, to: [b@acme.test]'

  test.each([
    [
      'kind: slack, url: "http://hooks.example.com/x"',
      /ops\.url: not an https address; http is for an address of this machine/,
    ],
    ['kind: teams, url: nowhere', /ops\.url: /],
    [`${mail}, host: smtp.example.com, encryption: none`, /ops\.encryption: mail and password would go in the clear/],
    [`${mail}, host: smtp.example.com, user: ida`, /ops\.user: a login has both/],
    [`${mail}, host: smtp.example.com, owners: true`, /ops\.owner_domains: with `owners: true` it names the domains/],
    [
      `${mail}, host: smtp.example.com, owners: true, owner_domains: ["*.acme.test"]`,
      /ops\.owner_domains\.0: not a domain/,
    ],
    ['kind: slack, url: "https://x.test", owners: true', /ops\.owners: there is no such key/],
    ['kind: email, from: ida, to: [], host: smtp.example.com', /ops\.from: [\s\S]*ops\.to: /],
    ['kind: pager, url: "https://x.test"', /ops\.kind: /],
    ['kind: slack, url: "https://x.test", colour: red', /ops\.colour: there is no such key/],
  ])('is refused that is %s', async (lines, expected) => {
    expect(await channel(lines)).toMatch(expected)
  })

  test.each([
    `${mail}, host: smtp.example.com`,
    `${mail}, host: smtp.example.com, owners: true, owner_domains: [acme.test, sales.acme.test]`,
    `${mail}, host: localhost, port: 25, encryption: none`,
    'kind: json, url: "http://127.0.0.1:9000/x"',
    'kind: dingtalk, url: "https://oapi.dingtalk.com/robot/send?access_token=t", secret: s, severities: [urgent]',
  ])('is taken that is %s', async (lines) => {
    const text = `${good.replace('${TOKEN}', 'x')}alerts: { channels: { ops: { ${lines} } } }\n`
    expect((await load(text)).config.alerts.channels.ops).toBeDefined()
  })
})

test('tells what a process keeps until its end: server, log, connections and whatever else names the environment', () => {
  const text = `${good}    where: { properties.pipeline: "\${PIPELINE}" }\nserver: { public_url: "\${URL}" }\n`
  const written = text.replace(
    'deals: { document: deal, from: crm, to: erp }',
    'deals:\n    document: deal\n    from: crm\n    to: erp',
  )
  const environment = { TOKEN: 'hush', PIPELINE: 'default', URL: 'https://hooks.example' }
  const { config, fixed } = parseConfig(written, environment)
  expect(config?.server.public_url).toBe('https://hooks.example')
  expect(fixed).toEqual({
    'connections.crm': '{"settings":{"accessToken":"${TOKEN}"},"system":"hubspot"}',
    server: '{"public_url":"${URL}"}',
    log: 'null',
    'syncs.deals.where.properties.pipeline': '${PIPELINE}',
  })
})

describe('a configuration that cannot be', () => {
  test.each([
    ['of broken YAML', 'connections: {\nsyncs: {}', 'crosswalk.yaml:2:1 '],
    ['with a key twice', 'connections: {}\nconnections: {}\nsyncs: {}', 'crosswalk.yaml:2:1 Map keys must be unique'],
    [
      'with an alias',
      'connections: &a {}\nsyncs: *a',
      'crosswalk.yaml:2:8 anchors (&) and aliases (*) are not used here',
    ],
    ['with an anchor', 'connections: &a {}\nsyncs: {}', 'crosswalk.yaml:1:17 anchors (&) and aliases (*) are not used'],
    [
      'with a tag',
      'connections: !!binary {}\nsyncs: {}',
      'crosswalk.yaml:1:23 tags (tag:yaml.org,2002:binary) are not used',
    ],
    ['nested in brackets', '['.repeat(90_000), 'crosswalk.yaml:1:1 the file is nested deeper than 100 levels'],
    ['nested in dashes', '- '.repeat(45_000), 'crosswalk.yaml:1:1 the file is nested deeper than 100 levels'],
    ['nested in maps', `a: ${'{a: '.repeat(20_000)}`, 'crosswalk.yaml:1:1 the file is nested deeper than 100 levels'],
    ['that wants a variable that is not set', good, 'crosswalk.yaml:2:52 the environment has no TOKEN'],
    [
      'with an unknown key',
      'connections: {}\nsyncs: {}\nserver:\n  prot: 1',
      'crosswalk.yaml:4:3 server.prot: there is no such key',
    ],
    [
      'with a name that is none',
      'connections:\n  "My CRM": { system: hubspot }\nsyncs: {}',
      'crosswalk.yaml:2:3 connections.My CRM: a name has small letters, digits, "_" and "-"',
    ],
    ['without its syncs', 'connections: {}', 'crosswalk.yaml:1:1 syncs: '],
    [
      'with a value of the wrong type',
      'connections: {}\nsyncs:\n  deals:\n    document: deal\n    from: crm\n    to: erp\n    batch: many',
      'crosswalk.yaml:7:5 syncs.deals.batch: ',
    ],
    [
      'with a schedule that is none',
      'connections: {}\nsyncs:\n  deals: { document: deal, from: crm, to: erp, schedule: { cron: often } }',
      'crosswalk.yaml:3:60 syncs.deals.schedule.cron: not a cron expression',
    ],
    [
      'between connections that are not there',
      'connections:\n  crm: { system: hubspot }\nsyncs:\n  deals: { document: deal, from: crm, to: constructor }',
      'crosswalk.yaml:4:39 syncs.deals.to: there is no connection "constructor"; known: crm',
    ],
    [
      'that reports on a sync that is not there',
      'connections:\n  a: { system: odoo }\nsyncs:\n  back: { document: fulfilment, from: a, to: a, of: deals }',
      'crosswalk.yaml:4:49 syncs.back.of: "deals" is not a sync of deals',
    ],
    ['that is empty', '', 'crosswalk.yaml:1:1 '],
    [
      'that is longer than any',
      `a: [${'&a 1, '.repeat(20_000)}]`,
      'crosswalk.yaml:1:1 the file has 120005 characters; at most 100000 are read',
    ],
    ['that is too large', `#${' '.repeat(1_000_000)}`, 'crosswalk.yaml has 1000001 bytes; at most 1000000 are read'],
  ])('%s is refused with its place', async (_what, text, says) => {
    expect(await mistakes(text)).toContain(says)
  })

  test('is refused with all its mistakes at once', async () => {
    const text = 'connections: {}\nsyncs: {}\nlog: { level: loud }\nserver: { port: -1 }'
    expect((await mistakes(text)).split('\n')).toHaveLength(2)
  })

  test('is refused with a hundred of its mistakes, where there are thousands', async () => {
    for (const text of ['"'.repeat(90_000), '*a '.repeat(30_000), '- ${NONE}\n'.repeat(9_000), keys(5_000)])
      expect((await mistakes(text)).split('\n').length).toBeLessThanOrEqual(101)
  })

  test('because it is not there is said with what to do', async () => {
    await expect(loadConfig(join(folder, 'none.yaml'), {})).rejects.toMatchObject({
      fix: 'Create it with `crosswalk init`, or name another file with --config.',
    })
  })
})

const keys = (count: number) => Array.from({ length: count }, (_, at) => `key${at}: 1`).join('\n')

describe('sign-in by OpenID Connect', () => {
  const withOidc = (oidc: string, server = 'public_url: https://acme.test') =>
    `connections: {}\nsyncs: {}\nserver:\n  ${server}\n  oidc: { client_id: us, ${oidc} }\n`
  const rest = 'client_secret: hush-hush, roles: { viewer: [staff] }'

  test('has defaults, and its secret from the environment', async () => {
    const text = withOidc('issuer: "https://login.acme.test", client_secret: "${SECRET}", roles: { admin: [it] }')
    const { config, secrets } = await load(text, { SECRET: 'hush-hush' })
    expect(config.server.oidc).toEqual({
      ...{ issuer: 'https://login.acme.test', client_id: 'us', client_secret: 'hush-hush', name: 'Single sign-on' },
      ...{ roles: { admin: ['it'] }, groups_claim: 'groups', scopes: ['openid', 'profile', 'email'] },
    })
    expect(secrets).toEqual(['hush-hush'])
  })

  test('may be asked for in the clear on this machine alone', async () => {
    const { config } = await load(withOidc(`issuer: "http://localhost:8080/realms/acme", ${rest}`))
    expect(config.server.oidc?.issuer).toBe('http://localhost:8080/realms/acme')
    expect(await mistakes(withOidc(`issuer: "http://login.acme.test", ${rest}`))).toContain(
      'server.oidc.issuer: not an https address',
    )
  })

  test.each([
    [withOidc(`issuer: "https://a.test", ${rest}`, 'port: 1'), 'server.oidc: needs `server.public_url`'],
    [withOidc('issuer: "https://a.test", client_secret: x, roles: {}'), 'server.oidc.roles: names no group'],
    [withOidc('issuer: "https://a.test", client_secret: x, roles: { boss: [x] }'), 'roles.boss: there is no such key'],
    [withOidc(`issuer: "https://a.test", ${rest}, scopes: [profile]`), 'server.oidc.scopes: needs `openid`'],
    [withOidc('issuer: "https://a.test", roles: { viewer: [x] }'), 'server.oidc.client_secret:'],
  ])('is refused as %j', async (text, message) => {
    expect(await mistakes(text)).toContain(message)
  })
})
