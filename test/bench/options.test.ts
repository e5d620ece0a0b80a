import { describe, expect, test } from '@jest/globals'
import { parseOptions } from './options.ts'

describe('options of the benchmark', () => {
  test('measures HubSpot and Odoo when no pair is named', () => {
    expect(parseOptions([])).toMatchObject({ pair: { crm: 'hubspot', erp: 'odoo' }, deals: 1000 })
  })

  test('takes any pair that has scripts to measure Crosswalk beside', () => {
    const args = ['--crm', 'salesforce', '--erp', 'netsuite', '--latency', '20,100']
    expect(parseOptions(args)).toMatchObject({ pair: { crm: 'salesforce', erp: 'netsuite' }, latenciesMs: [20, 100] })
  })

  test('refuses a system that is not simulated, and names those that are', () => {
    expect(() => parseOptions(['--crm', 'odoo'])).toThrow(/--crm.*"odoo".*hubspot and salesforce/)
    expect(() => parseOptions(['--erp', 'sap'])).toThrow(/--erp.*"sap".*netsuite and odoo/)
  })

  test('refuses a pair without scripts, and names those that have them', () => {
    expect(() => parseOptions(['--crm', 'salesforce'])).toThrow(
      /salesforce and odoo.*hubspot-odoo, salesforce-netsuite/,
    )
  })

  test('needs no scripts for the memory of Crosswalk alone, nor for a real Odoo or the lists', () => {
    expect(parseOptions(['--erp', 'netsuite', '--lists'])).toMatchObject({ lists: true })
    expect(parseOptions(['--erp', 'netsuite', '--memory'])).toMatchObject({ memory: true })
    expect(parseOptions(['--crm', 'salesforce', '--odoo'])).toMatchObject({ odoo: true })
  })

  test('refuses a real Odoo in the place of another ERP', () => {
    expect(() => parseOptions(['--erp', 'netsuite', '--odoo'])).toThrow(/netsuite/)
  })

  test('refuses numbers that are none', () => {
    expect(() => parseOptions(['--deals', 'many'])).toThrow(/--deals: "many"/)
    expect(() => parseOptions(['--latency', '20,-1'])).toThrow(/--latency: "-1"/)
  })
})
