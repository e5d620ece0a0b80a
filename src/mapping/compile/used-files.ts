import { type Ends, endsOf } from './ends.ts'
import type { Finding, MappingFile } from './finding.ts'
import { checkWords, textOf } from './words.ts'
import { type Entry, type MapNode, parseYaml, type Report, reportInto } from './yaml.ts'

/** A mapping to a document that another one fills an object with. */
export interface UsedFile {
  readonly file: string
  readonly root: MapNode
  readonly ends: Ends
  /** Reports in this file. */
  readonly report: Report
}

export interface UsedFiles {
  readonly wanted: ReadonlySet<string>
  /** Reads the file that an entry `use` names. Null when there is nothing to go on with; reported, or wanted. */
  open(entry: Entry, report: Report): UsedFile | null
}

export function usedFiles(fileOf: (name: string) => MappingFile | null | undefined, findings: Finding[]): UsedFiles {
  const wanted = new Set<string>()
  return {
    wanted,
    open(entry, report) {
      const name = textOf(entry, { report })
      if (name === null) return null
      if (!/^[\w-]+$/.test(name)) {
        const fix = 'Write `use: customer` for customer.yaml.'
        report(entry.value.at, 'wrong_form', '"use" needs the name of a file beside this one.', fix)
        return null
      }
      const file = fileOf(name)
      if (file === undefined) {
        wanted.add(name)
        return null
      }
      if (file === null) {
        report(entry.value.at, 'unknown_file', `There is no ${name}.yaml beside this file.`)
        return null
      }
      const inside = reportInto(findings, file.file)
      const root = parseRoot(file, inside)
      const ends = root === null ? null : endsOf(root, inside)
      if (root === null || ends === null) return null
      if (ends.direction === 'outbound') {
        const message = `${file.file} maps from a document; "use" needs a mapping to one.`
        report(entry.value.at, 'type_mismatch', message)
        return null
      }
      checkWords(root, inboundWords, { report: inside })
      return { file: file.file, root, ends, report: inside }
    },
  }
}

export const inboundWords = ['from', 'to', 'fields', 'lines', 'watch']

/** Reads a mapping's words. Null when there is nothing to go on with; reported. */
export function parseRoot(file: MappingFile, report: Report): MapNode | null {
  const root = parseYaml(file, report)
  if (root === null || root.is === 'map') return root
  report(root.at, 'wrong_form', 'A mapping has `from`, `to` and `fields`.')
  return null
}
