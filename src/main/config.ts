import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { isAlias, isMap, isScalar, LineCounter, type Node, parseDocument, visit } from 'yaml'
import type { z } from 'zod'
import { flowOf } from '../app/flows/catalogue.ts'
import { type Config, configSchema } from '../app/project/config.ts'
import type { ProjectFiles, Tables } from '../app/project/project.ts'
import { SyncError } from '../core/problem.ts'
import type { MappingFile } from '../mapping/compile/compile.ts'
import { parseTable } from '../mapping/compile/table.ts'

const bytesMax = 1_000_000

/** A configuration as read, with the values that came from the environment, which must never be shown. */
export interface LoadedConfig {
  readonly config: Config
  readonly secrets: readonly string[]
  /** The folder that holds `mappings/` and `config/`. */
  readonly root: string
}

/**
 * Reads config/crosswalk.yaml; `${NAME}` in a value is replaced from the environment.
 * @throws SyncError `configuration_invalid` naming file, line and column of every mistake
 */
export async function loadConfig(
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<LoadedConfig> {
  const text = await readText(file)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, strict: true })
  const at = (offset: number | undefined) => {
    const position = lines.linePos(offset ?? 0)
    return `${file}:${position.line}:${position.col}`
  }
  const mistakes = document.errors.map((error) => `${at(error.pos[0])} ${error.message.split('\n')[0]}`)
  const secrets: string[] = []
  visit(document, {
    Node(_key, node) {
      if (isAlias(node)) mistakes.push(`${at(node.range?.[0])} aliases are not used here`)
      if (!isScalar(node) || typeof node.value !== 'string') return
      node.value = node.value.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_whole, name: string) => {
        const value = environment[name]
        if (value === undefined || value === '') mistakes.push(`${at(node.range?.[0])} the environment has no ${name}`)
        else secrets.push(value)
        return value ?? ''
      })
    },
  })
  if (mistakes.length > 0) throw invalid(file, mistakes)
  const parsed = configSchema.safeParse(document.toJS())
  const told = ({ path, message }: Mistake) =>
    `${at(nearest(document, path)?.range?.[0])}${path.length === 0 ? '' : ` ${path.join('.')}:`} ${message}`
  if (!parsed.success) throw invalid(file, parsed.error.issues.flatMap(mistakesOf).map(told))
  const dangling = danglingNames(parsed.data)
  if (dangling.length > 0) throw invalid(file, dangling.map(told))
  const root = basename(dirname(resolve(file))) === 'config' ? dirname(dirname(resolve(file))) : dirname(resolve(file))
  return { config: parsed.data, secrets, root }
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

async function readText(file: string): Promise<string> {
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

const invalid = (file: string, mistakes: readonly string[]) =>
  new SyncError(mistakes.join('\n'), {
    problem: { kind: 'configuration_invalid', path: file },
    fix: 'Correct the configuration; docs/reference/configuration.md lists every key.',
  })

/**
 * The files of a project on disk. A mapping that the project does not have itself is the one shipped with Crosswalk.
 * @param shipped  the folder of the package
 */
export function projectFiles(
  root: string,
  shipped: string,
): ProjectFiles & {
  testFile(mapping: string): Promise<MappingFile | null>
} {
  const find = async (path: string): Promise<MappingFile | null> => {
    for (const folder of root === shipped ? [root] : [root, shipped]) {
      try {
        return { file: path, text: await readFile(join(folder, path), 'utf8') }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      }
    }
    return null
  }
  let tables: Promise<Tables> | null = null
  return {
    async mapping(path) {
      const found = await find(path)
      if (found !== null) return found
      throw invalid(path, [`${path}: there is no such mapping`])
    },
    testFile: (mapping) => find(mapping.replace(/\.yaml$/, '.test.yaml')),
    tables() {
      tables ??= readTables(root === shipped ? [shipped] : [shipped, root])
      return tables
    },
    digest: (texts) => createHash('sha256').update(texts.join('\0')).digest('hex'),
  }
}

async function readTables(folders: readonly string[]): Promise<Tables> {
  const tables: Record<string, Readonly<Record<string, string>>> = {}
  const mistakes: string[] = []
  for (const folder of folders) {
    const place = join(folder, 'config', 'tables')
    const names = await readdir(place).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw error
    })
    for (const name of names.filter((one) => one.endsWith('.yaml'))) {
      const file = join(place, name)
      const { table, findings } = parseTable({ file, text: await readText(file) })
      if (table !== null) tables[name.replace(/\.yaml$/, '')] = table
      mistakes.push(...findings.map((one) => `${one.file}:${one.line}:${one.column} ${one.message}`))
    }
  }
  if (mistakes.length > 0) throw invalid('config/tables', mistakes)
  return tables
}
