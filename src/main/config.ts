import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { isAlias, isMap, isPair, isScalar, LineCounter, type Node, parseDocument, visit } from 'yaml'
import type { z } from 'zod'
import { flowOf } from '../app/flows/catalogue.ts'
import { type Config, configSchema } from '../app/project/config.ts'
import { emptyConfigText } from '../app/project/config-text.ts'
import type { ConfigFinding, Fixed, ParsedConfig } from '../app/project/workshop.ts'
import { canonicalJson, isObject, type Json } from '../core/json.ts'
import { SyncError } from '../core/problem.ts'
import { depthMax, nestingOf } from '../mapping/compile/yaml.ts'

const bytesMax = 1_000_000
/** Of the configuration; one with a hundred connections has half of it. */
const charactersMax = 100_000
/** Whoever has so many corrects them and looks again. */
const findingsMax = 100

/** A configuration as read, with the values that came from the environment, which must never be shown. */
export interface LoadedConfig {
  readonly config: Config
  readonly secrets: readonly string[]
  /** The folder that holds `mappings/` and `config/`. */
  readonly root: string
  readonly fixed: Fixed
  readonly text: string
}

/**
 * Reads config/crosswalk.yaml; `${NAME}` in a value is replaced from the environment.
 * @throws SyncError `configuration_invalid` naming file, line and column of every mistake
 */
export const loadConfig = async (file: string, environment: Environment): Promise<LoadedConfig> =>
  loaded(await readText(file), file, environment)

/** The configuration of a project that has none on disk: it begins empty, or with what was published. */
export const noConfig = (file: string, environment: Environment): LoadedConfig =>
  loaded(emptyConfigText, file, environment)

function loaded(text: string, file: string, environment: Environment): LoadedConfig {
  const { config, findings, missing, secrets, fixed } = parseConfig(text, environment)
  if (config === null) throw invalidConfig(file, findings, fixOf(missing, findings))
  return { config, secrets, root: rootOf(file), fixed, text }
}

/** The folder of a project, by the path of its configuration. */
export const rootOf = (file: string): string => {
  const folder = dirname(resolve(file))
  return basename(folder) === 'config' ? dirname(folder) : folder
}

/** All findings as one failure. @param file  as people know it */
export const invalidConfig = (file: string, findings: readonly ConfigFinding[], fix?: string): SyncError =>
  invalid(
    file,
    findings.map(({ line, column, message }) => `${file}:${line}:${column} ${message}`),
    fix,
  )

type Environment = Readonly<Record<string, string | undefined>>

/** Reads the text of a configuration, and finds everything that is wrong with it. */
export function parseConfig(
  text: string,
  environment: Environment,
): ParsedConfig & { secrets: readonly string[]; missing: readonly string[] } {
  const lines = new LineCounter()
  // The time that a hostile file takes grows with the square of its length.
  const isLong = text.length > charactersMax
  const isDeep = !isLong && nestingOf(text) > depthMax
  const options = { lineCounter: lines, uniqueKeys: true, strict: true, prettyErrors: false }
  const document = parseDocument(isLong || isDeep ? '' : text, options)
  const at = (offset: number | undefined, message: string): ConfigFinding => {
    const position = lines.linePos(offset ?? 0)
    return { line: position.line, column: position.col, message }
  }
  const findings = document.errors
    .slice(0, findingsMax)
    .map((error) => at(error.pos[0], error.message.split('\n')[0] ?? ''))
  if (isLong) findings.push(at(0, `the file has ${text.length} characters; at most ${charactersMax} are read`))
  if (isDeep) findings.push(at(0, `the file is nested deeper than ${depthMax} levels`))
  const secrets: string[] = []
  const missing: string[] = []
  const fixed: Record<string, string> = {}
  const filled: (() => void)[] = []
  visit(document, {
    Node(_key, node, ancestors) {
      if (findings.length >= findingsMax) return visit.BREAK
      if (isAlias(node) || node.anchor !== undefined)
        findings.push(at(node.range?.[0], 'anchors (&) and aliases (*) are not used here'))
      if (node.tag !== undefined) findings.push(at(node.range?.[0], `tags (${node.tag}) are not used here`))
      if (!isScalar(node) || typeof node.value !== 'string') return
      const raw = node.value
      const value = raw.replace(variables, (_whole, name: string) => {
        const found = environment[name]
        if (found === undefined || found === '') {
          missing.push(name)
          findings.push(at(node.range?.[0], `the environment has no ${name}`))
        } else secrets.push(found)
        return found ?? ''
      })
      if (value === raw) return
      const place = ancestors.flatMap((one) => (isPair(one) && isScalar(one.key) ? [String(one.key.value)] : []))
      if (place[0] !== 'connections' && !keptWhole.includes(place[0] ?? '')) fixed[place.join('.')] = raw
      filled.push(() => {
        node.value = value
      })
    },
  })
  const told = ({ path, message }: Mistake) =>
    at(nearest(document, path)?.range?.[0], `${path.length === 0 ? '' : `${path.join('.')}: `}${message}`)
  const locate = (path: readonly string[], message: string) => told({ path, message })
  if (findings.length > 0) return { config: null, findings, missing, secrets, fixed, locate }
  Object.assign(fixed, partsOf(document.toJS() as Json))
  for (const fill of filled) fill()
  const parsed = configSchema.safeParse(document.toJS())
  if (!parsed.success) {
    return {
      config: null,
      findings: parsed.error.issues.flatMap(mistakesOf).slice(0, findingsMax).map(told),
      missing,
      secrets,
      fixed,
      locate,
    }
  }
  const dangling = danglingNames(parsed.data).map(told)
  return { config: dangling.length > 0 ? null : parsed.data, findings: dangling, missing, secrets, fixed, locate }
}

const variable = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/
const variables = new RegExp(variable, 'g')
const keptWhole: readonly string[] = ['server', 'log']

/** What a process reads at its start and keeps, as it is written: the server, the log, connections that name the environment. */
function partsOf(raw: Json): Fixed {
  if (!isObject(raw)) return {}
  const connections = isObject(raw.connections) ? Object.entries(raw.connections) : []
  return Object.fromEntries([
    ...connections
      .map(([name, one]): [string, string] => [`connections.${name}`, canonicalJson(one)])
      .filter(([, text]) => variable.test(text)),
    ...keptWhole.map((name) => [name, canonicalJson(raw[name] ?? null)]),
  ])
}

type Document = ReturnType<typeof parseDocument>

interface Mistake {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

function mistakesOf(issue: z.core.$ZodIssue): readonly Mistake[] {
  switch (issue.code) {
    // The message about an invalid name is one level deeper.
    case 'invalid_key':
      return [{ path: issue.path, message: issue.issues[0]?.message ?? issue.message }]
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...issue.path, key], message: 'there is no such key' }))
    default:
      return [issue]
  }
}

/** The key that a path ends with, or the deepest node on it: a missing key has no position of its own. */
function nearest(document: Document, path: readonly PropertyKey[]): Node | null {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = document.getIn(path.slice(0, length - 1), true)
    if (!isMap(parent)) continue
    const key = parent.items.find((pair) => isScalar(pair.key) && pair.key.value === path[length - 1])?.key
    if (isScalar(key)) return key
  }
  return document.contents
}

function danglingNames(config: z.output<typeof configSchema>): Mistake[] {
  const mistakes: Mistake[] = []
  const connections = Object.keys(config.connections).join(', ')
  const documents = new Map(Object.entries(config.syncs).map(([name, sync]) => [name, sync.document]))
  for (const [name, sync] of Object.entries(config.syncs)) {
    for (const end of ['from', 'to'] as const) {
      if (Object.hasOwn(config.connections, sync[end])) continue
      const message = `there is no connection "${sync[end]}"; known: ${connections}`
      mistakes.push({ path: ['syncs', name, end], message })
    }
    for (const { key, message } of flowOf(sync.document).dangling(sync, documents)) {
      mistakes.push({ path: ['syncs', name, key], message })
    }
  }
  return mistakes
}

export async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(file)
    if (size > bytesMax) throw invalid(file, [`${file} has ${size} bytes; at most ${bytesMax} are read`])
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof SyncError) throw error
    throw new SyncError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`, {
      problem: { kind: 'configuration_invalid', path: file },
      fix: 'Create it with `crosswalk init`, or name another file with --config.',
      cause: error,
    })
  }
}

/** Where nothing but variables is missing, the configuration is right. */
function fixOf(missing: readonly string[], findings: readonly ConfigFinding[]): string | undefined {
  if (missing.length === 0 || missing.length < findings.length) return undefined
  const names = [...new Set(missing)]
  const [first = ''] = names
  return `Set ${names.join(', ')} in the environment that Crosswalk is started with: \`export ${first}=…\` in the shell, a line in the project's \`.env\`, \`Environment=\` of the service, or \`environment:\` of the container.`
}

const listed = 'Correct the configuration; docs/reference/configuration.md lists every key.'

export const invalid = (file: string, mistakes: readonly string[], fix = listed): SyncError =>
  new SyncError(mistakes.join('\n'), { problem: { kind: 'configuration_invalid', path: file }, fix })
