import type { AffectedTable } from '../ports/ledger/upgrade.ts'

type Work = AffectedTable['work']

const works: readonly (readonly [Work, RegExp])[] = [
  ['rewrite', /\balter\s+table\s+crosswalk\.(\w+)[^;]*\balter\s+column\s+\w+\s+(?:set\s+data\s+)?type\b/],
  [
    'index',
    /\balter\s+table\s+crosswalk\.(\w+)[^;]*\badd\s+(?:constraint\s+\w+\s+)?(?:primary\s+key|unique|exclude)\b/,
  ],
  ['index', /\bcreate\s+(?:unique\s+)?index\b[^;]*\bon\s+crosswalk\.(\w+)/],
  ['rows', /\b(?:update|delete\s+from)\s+crosswalk\.(\w+)/],
  ['columns', /\balter\s+table\s+crosswalk\.(\w+)/],
]

/** What a migration does to tables, the most laborious first. Bodies of functions are not carried out, and do not count. */
export function workOf(sql: string): ReadonlyMap<string, Work> {
  const statements = sql
    .replace(/--[^\n]*/g, '')
    .replace(/\$\$.*?\$\$/gs, '')
    .toLowerCase()
    .split(';')
  const found = new Map<string, Work>()
  for (const [work, pattern] of works) {
    for (const statement of statements) {
      const table = pattern.exec(statement)?.[1]
      if (table !== undefined && !found.has(table)) found.set(table, work)
    }
  }
  return found
}
