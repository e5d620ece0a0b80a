import { isObject, type Json } from '../../core/json.ts'
import { SyncError } from '../../core/problem.ts'
import type { Finding } from '../../mapping/compile/compile.ts'
import { isWarning } from '../../mapping/compile/finding.ts'
import { parseTable } from '../../mapping/compile/table.ts'
import type { Evaluator } from '../../mapping/run/run.ts'
import type { Config } from './config.ts'
import type { Files, Texts } from './files.ts'
import type { Linted, Project } from './project.ts'
import { type MappingTest, runTests } from './tests.ts'
import type { Fixed, Workshop } from './workshop.ts'

/** Why files are not published. */
export interface PublishFinding extends Omit<Finding, 'kind'> {
  readonly kind: Finding['kind'] | 'not_a_project_file' | 'configuration' | 'kept_until_restart' | 'failed_test'
}

/** What is to be said of the files of a project. */
export interface Checked {
  readonly findings: readonly PublishFinding[]
  /** They keep nothing from being published. */
  readonly warnings: readonly Finding[]
  /** Of what changed, as far as it came to them. */
  readonly tests: readonly MappingTest[]
  /** Null when there are findings. */
  readonly project: Project | null
}

// Nothing hidden, and no way out of the folder.
const isTable = (path: string) => /^config\/tables\/[^./\\\p{Cc}][^/\\\p{Cc}]*\.yaml$/u.test(path)
const isMapping = (path: string) =>
  /^mappings\/(?:[^./\\\p{Cc}][^/\\\p{Cc}]*\/)*[^./\\\p{Cc}][^/\\\p{Cc}]*\.yaml$/u.test(path)
const filesMax = 1_000
const bytesMax = 5_000_000

/** Files that a project does not consist of, or too much of them. */
export function checkPaths(files: Files, configPath: string): readonly PublishFinding[] {
  const strange = [...files.keys()].filter((path) => path !== configPath && !isTable(path) && !isMapping(path))
  const fix = `A project consists of ${configPath}, mappings/**/*.yaml and config/tables/*.yaml.`
  const findings = strange.map((file) => whole(file, 'not_a_project_file', 'This file cannot be published.', fix))
  let bytes = 0
  for (const { text } of files.values()) bytes += text?.length ?? 0
  if (files.size <= filesMax && bytes <= bytesMax) return findings
  const most = `At most ${filesMax} files with ${bytesMax} characters can be published.`
  return [...findings, whole(configPath, 'too_large', most)]
}

/**
 * Everything that is wrong with the files of a project, in the order in which it can be told: the configuration, the tables,
 * all mappings of all syncs before the systems as they are, the tests of what changed.
 * @param kept  what processes read at their start
 * @throws SyncError when a system does not answer
 */
export async function check(
  texts: Texts,
  changed: ReadonlySet<string>,
  kept: readonly Fixed[],
  deps: { readonly workshop: Pick<Workshop, 'configPath' | 'parse' | 'open'>; readonly evaluator: Evaluator },
): Promise<Checked> {
  const { workshop, evaluator } = deps
  const { configPath } = workshop
  const inConfig = (kind: PublishFinding['kind'], told: Omit<Finding, 'file' | 'kind'>) => ({
    file: configPath,
    kind,
    ...told,
  })
  const parsed = workshop.parse(texts.get(configPath) ?? '')
  const early: PublishFinding[] = parsed.findings.map((one) => inConfig('configuration', one))
  const restart = 'It is taken over at the next start: restart the servers with it, or leave it as it was.'
  const readable = parsed.config === null ? [] : kept
  const moved = new Map(readable.flatMap((one) => differences(one, parsed.fixed)).map((path) => [path.join('.'), path]))
  for (const path of moved.values()) {
    const place = parsed.locate(path, 'it cannot change while processes run.')
    early.push(inConfig('kept_until_restart', { ...place, fix: restart }))
  }
  for (const path of mappingsElsewhere(parsed.config)) {
    early.push(inConfig('configuration', parsed.locate(path, 'only mappings in mappings/ can be published.')))
  }
  for (const [file, text] of texts) if (isTable(file)) early.push(...parseTable({ file, text }).findings)
  const refused = { warnings: [], tests: [], project: null }
  if (early.length > 0 || parsed.config === null) return { ...refused, findings: early }

  const invalid = (error: unknown): readonly PublishFinding[] => {
    if (!(error instanceof SyncError) || error.problem.kind !== 'configuration_invalid') throw error
    return [inConfig('configuration', { line: 1, column: 1, message: error.message, fix: error.fix })]
  }
  let project: Project
  let linted: readonly Linted[] = []
  try {
    project = await workshop.open(parsed.config, texts)
    linted = await project.lint({ offline: false })
  } catch (error) {
    return { ...refused, findings: invalid(error) }
  }
  const told = linted.flatMap((one) => one.findings)
  const warnings = told.filter(isWarning)
  const late = told.filter((finding) => !isWarning(finding))
  if (late.length > 0) return { ...refused, findings: late, warnings }

  // A table may be used by any of them.
  const all = [...changed].some(isTable)
  const isTouched = (file: string) => all || changed.has(file) || changed.has(besides(file))
  // The tests that are shipped are those of the shipped mapping, not of one that took its place.
  const isTested = (file: string) => !texts.has(file) || texts.has(besides(file))
  const touched = linted.filter((one) => isTested(one.file.file) && one.files.some(isTouched))
  const tests = await runTests(touched, project, evaluator)
  const failed = tests.filter((test) => !test.ok)
  if (failed.length > 0) {
    const findings = failed.map(({ file, line, name, message }) => ({
      file,
      line,
      column: 1,
      kind: 'failed_test' as const,
      message: `"${name}" fails${message === null ? '.' : `: ${message}`}`,
    }))
    return { findings, warnings, tests, project: null }
  }
  const unopened: PublishFinding[] = []
  for (const name of project.order([])) {
    await project.sync(name).catch((error: unknown) => unopened.push(...invalid(error)))
  }
  return { findings: unopened, warnings, tests, project: unopened.length > 0 ? null : project }
}

const besides = (mapping: string) => mapping.replace(/\.yaml$/, '.test.yaml')

const whole = (file: string, kind: PublishFinding['kind'], message: string, fix?: string): PublishFinding => ({
  file,
  line: 1,
  column: 1,
  kind,
  message,
  ...(fix === undefined ? {} : { fix }),
})

/** Places that are not as they were. What names the environment no more is gone without harm. */
export const differences = (before: Fixed, after: Fixed): readonly (readonly string[])[] =>
  Object.keys(after)
    .filter((place) => after[place] !== before[place])
    .map((place) => place.split('.'))

/** Places that name a mapping which is no file of the project. */
function mappingsElsewhere(config: Config | null): readonly (readonly string[])[] {
  return Object.entries(config?.syncs ?? {}).flatMap(([sync, one]) => {
    const mappings: unknown = 'mappings' in one ? one.mappings : null
    return Object.entries(isObject(mappings as Json) ? (mappings as object) : {})
      .filter(([, path]) => typeof path === 'string' && !isMapping(path))
      .map(([role]) => ['syncs', sync, 'mappings', role])
  })
}
