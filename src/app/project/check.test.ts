import { expect, test } from '@jest/globals'
import { checkPaths, differences } from './check.ts'

const file = { text: 'a: b', replaces: null }
const strange = (path: string) =>
  checkPaths(new Map([[path, file]]), 'config/crosswalk.yaml').map((finding) => finding.kind)

test.each([
  'config/crosswalk.yaml',
  'config/tables/terms.yaml',
  'mappings/deal.yaml',
  'mappings/acme/für alle.test.yaml',
])('%s is a file of a project', (path) => {
  expect(strange(path)).toEqual([])
})

test.each([
  'crosswalk.yaml',
  'config/other.yaml',
  'config/tables/deep/terms.yaml',
  'mappings/../../etc/x.yaml',
  '../mappings/deal.yaml',
  '/mappings/deal.yaml',
  'mappings/.hidden/deal.yaml',
  'mappings\\deal.yaml',
  'mappings/a\0b.yaml',
  'mappings/deal.json',
])('%j is none', (path) => {
  expect(strange(path)).toEqual(['not_a_project_file'])
  expect(checkPaths(new Map([[path, { text: null, replaces: null }]]), 'config/crosswalk.yaml')).toHaveLength(1)
})

test('too many files, and too large ones, are refused', () => {
  const many = new Map(Array.from({ length: 1_001 }, (_one, index) => [`mappings/${index}.yaml`, file]))
  expect(checkPaths(many, 'config/crosswalk.yaml').map((one) => one.kind)).toEqual(['too_large'])
  const large = new Map([['mappings/deal.yaml', { text: 'x'.repeat(5_000_001), replaces: null }]])
  expect(checkPaths(large, 'config/crosswalk.yaml').map((one) => one.kind)).toEqual(['too_large'])
})

test('what names the environment no more does not differ', () => {
  const before = { 'connections.crm': '{}', 'syncs.deals.where.stage': '${STAGE}', log: 'null' }
  expect(differences(before, before)).toEqual([])
  expect(differences(before, { 'connections.crm': '{}', log: 'null' })).toEqual([])
  expect(differences(before, { 'syncs.deals.since': '${SINCE}', log: 'null' })).toEqual([['syncs', 'deals', 'since']])
})
