import type { Finding, MappingFile } from './finding.ts'
import { literalOf, parseYaml, reportInto } from './yaml.ts'

/**
 * Reads a file of config/tables: flat `key: value`.
 * @returns a null table when there is a finding
 */
export function parseTable(file: MappingFile): {
  readonly table: Readonly<Record<string, string>> | null
  readonly findings: readonly Finding[]
} {
  const findings: Finding[] = []
  const report = reportInto(findings, file.file)
  const root = parseYaml(file, report)
  if (root === null) return { table: null, findings }
  if (root.is !== 'map') {
    report(root.at, 'wrong_form', 'A table has lines of the form `key: value`.')
    return { table: null, findings }
  }
  const entries = root.entries.map((entry) => {
    const value = literalOf(entry.value, report)
    if (typeof value === 'string' && value !== '') return [entry.key, value] as const
    if (typeof value === 'boolean') return [entry.key, String(value)] as const
    report(entry.value.at, 'wrong_form', `"${entry.key}" needs one text as its value.`)
    return [entry.key, ''] as const
  })
  return { table: findings.length === 0 ? Object.fromEntries(entries) : null, findings }
}
