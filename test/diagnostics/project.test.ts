import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import type { Endpoint } from '../../src/app/bench/endpoint.ts'
import { configSchema } from '../../src/app/project/config.ts'
import { openProject, type ProjectFiles } from '../../src/app/project/project.ts'
import { SyncError } from '../../src/core/problem.ts'
import { projectFiles } from '../../src/main/project-files.ts'
import { formatFinding } from '../../src/mapping/compile/finding.ts'
import { openCrm, openErp } from '../contract/subjects.ts'

/* What lint says of the mappings of a project, before systems as they are. */

const root = join(import.meta.dirname, '../..')
const open = new Map<string, ReturnType<typeof openCrm> | ReturnType<typeof openErp>>()
afterAll(async () => {
  for (const subject of open.values()) await (await subject).close()
})

/** As far as lint needs it. */
async function endpointOf(system: string, start: typeof openCrm | typeof openErp): Promise<Endpoint> {
  const subject = open.get(system) ?? start(system)
  open.set(system, subject)
  const { connection } = await subject
  const endpoint: Endpoint = {
    name: system,
    system,
    connection,
    refresh: () => Promise.resolve(),
    account: async () => (await connection.check()).account,
    paused: () => Promise.resolve(null),
    use: (work) => work(connection),
    ask: (work) => work(connection),
    limited: () => Promise.resolve(),
    changes: (watch, since) => connection.changes(watch, since),
    describe: (object) => connection.describe(object),
    within: () => endpoint,
  }
  return endpoint
}

async function projectOf(crm: string, erp: string, files: ProjectFiles) {
  const config = configSchema.parse({
    connections: { [crm]: { system: crm }, [erp]: { system: erp } },
    syncs: {
      orders: { document: 'deal', from: crm, to: erp },
      fulfilment: { document: 'fulfilment', from: erp, to: crm, of: 'orders' },
    },
  })
  const endpoints = [await endpointOf(crm, openCrm), await endpointOf(erp, openErp)]
  return openProject(config, new Map(endpoints.map((one) => [one.name, one])), files, async () => undefined)
}

const shipped = projectFiles(new Map(), { root, shipped: root })

/** The shipped files, some of them replaced. */
function filesWith(texts: Readonly<Record<string, string>>): ProjectFiles {
  return {
    ...shipped,
    async mapping(file) {
      const text = texts[file]
      return text === undefined ? shipped.mapping(file) : { file, text }
    },
  }
}

test.each([
  // Addresses and contacts of their own below a customer are Odoo's.
  ['hubspot', 'odoo', 7],
  ['salesforce', 'netsuite', 5],
])('the shipped mappings of %s and %s have no findings', async (crm, erp, count) => {
  const project = await projectOf(crm, erp, shipped)
  const linted = await project.lint({ offline: false })
  expect(linted.flatMap((one) => one.findings).map(formatFinding)).toEqual([])
  expect(linted).toHaveLength(count)
})

describe('a file that a mapping uses', () => {
  const deal = `from: deals
to: deal
fields:
  number: id
  won: properties.hs_is_closed_won
  currency: { value: EUR }
  customer: { use: customer, from: company }
  lines: { each: line_items, as: item, fields: { id: item.id, quantity: { value: 1 }, unitPrice: item.properties.price } }
`
  const customer = 'from: companies\nto: customer\nfields: { id: key, name: properties.name }\n'
  const paths = { deal: 'mappings/hubspot/deal.yaml', customer: 'mappings/hubspot/customer.yaml' }
  const lint = async (texts: Readonly<Record<string, string>>) => {
    const project = await projectOf('hubspot', 'odoo', filesWith(texts))
    return project.lint({ offline: false })
  }

  test('is read from beside it, and is a mapping with tests of its own', async () => {
    const linted = await lint({ [paths.deal]: deal, [paths.customer]: customer })
    expect(linted.flatMap((one) => one.findings).map(formatFinding)).toEqual([])
    expect(linted.map((one) => one.file.file)).toEqual(expect.arrayContaining([paths.deal, paths.customer]))
    expect(linted.find((one) => one.file.file === paths.deal)?.mapping?.reads).toContain('company.properties.name')
  })

  test('is checked against the system; what is wrong in it is told once, with its own name', async () => {
    const wrong = customer.replace('properties.name', 'properties.nmae')
    const findings = (await lint({ [paths.deal]: deal, [paths.customer]: wrong })).flatMap((one) => one.findings)
    expect(findings).toMatchObject([{ file: paths.customer, line: 3, kind: 'unknown_path' }])
  })

  test('that is not there is told where it is named', async () => {
    const findings = (await lint({ [paths.deal]: deal })).flatMap((one) => one.findings)
    expect(findings).toMatchObject([{ file: paths.deal, line: 7, kind: 'unknown_file' }])
  })

  test('counts for the digest: when it changes, records that wait are tried again', async () => {
    const digestOf = async (text: string) => {
      const project = await projectOf('hubspot', 'odoo', filesWith({ [paths.deal]: deal, [paths.customer]: text }))
      return (await project.sync('orders')).digest
    }
    expect(await digestOf(customer)).toBe(await digestOf(customer))
    expect(await digestOf(customer)).not.toBe(await digestOf(`${customer}\n`))
  })
})

test('a link that the flow does not have is refused', async () => {
  const { text } = await shipped.mapping('mappings/odoo/order.yaml')
  const files = filesWith({ 'mappings/odoo/order.yaml': text.replace('link: customer', 'link: product') })
  const project = await projectOf('hubspot', 'odoo', files)
  const findings = (await project.lint({ offline: true })).flatMap((one) => one.findings)
  expect(findings.map((one) => `${one.message} ${one.fix}`)).toEqual([
    'Nothing is linked as "product" here. Known: customer, shipTo, billTo, contact.',
  ])
  await expect(project.sync('orders')).rejects.toBeInstanceOf(SyncError)
})

test('an address is linked where the ERP keeps it below its customer, and nowhere else', async () => {
  const { text } = await shipped.mapping('mappings/netsuite/order.yaml')
  const files = filesWith({ 'mappings/netsuite/order.yaml': text.replace('link: customer', 'link: shipTo') })
  const findings = (await (await projectOf('hubspot', 'netsuite', files)).lint({ offline: true })).flatMap(
    (one) => one.findings,
  )
  expect(findings.map((one) => `${one.message} ${one.fix}`)).toEqual([
    'Nothing is linked as "shipTo" here. Known: customer.',
  ])
  const address = 'from: address\nto: customer\nfields: { a: address.street }\n'
  const own = filesWith({
    'mappings/netsuite/address.yaml': address.replace('to: customer', 'to: Place'),
    ...{
      'mappings/netsuite/order.yaml': text.replace('link: customer', 'link: shipTo'),
    },
  })
  const linted = await (await projectOf('hubspot', 'netsuite', own)).lint({ offline: true })
  expect(linted.flatMap((one) => one.findings)).toEqual([])
  expect(linted.map(({ file }) => file.file)).toContain('mappings/netsuite/address.yaml')
})
