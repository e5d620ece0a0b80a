import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import type { Texts } from '../app/project/files.ts'
import type { ProjectFiles, Tables } from '../app/project/project.ts'
import type { MappingFile } from '../mapping/compile/compile.ts'
import { parseTable } from '../mapping/compile/table.ts'
import { invalid, readText } from './config.ts'

const depthMax = 8
const tableFolder = 'config/tables'
const mappingFolder = 'mappings'

export const digestOf = (texts: readonly string[]): string =>
  createHash('sha256').update(texts.join('\0')).digest('hex')

/** How the configuration is called among the files of its project. */
export const configPathOf = (root: string, config: string): string => relative(root, resolve(config))

/** The files of a project's own as they are on disk now. */
export async function readOwnFiles(root: string, config: string): Promise<Texts> {
  const paths = [
    ...(await yamlFiles(root, mappingFolder, depthMax)),
    ...(await yamlFiles(root, tableFolder, 1)),
    // A project may have none on disk.
    ...(existsSync(config) ? [configPathOf(root, config)] : []),
  ]
  return new Map(await Promise.all(paths.map(async (path) => [path, await readText(join(root, path))] as const)))
}

function unlessGone(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}

/** Follows links, as a folder that is mounted into a container consists of them. */
async function yamlFiles(root: string, folder: string, depth: number): Promise<readonly string[]> {
  const names = (await readdir(join(root, folder)).catch(unlessGone)) ?? []
  const found = await Promise.all(
    names
      .filter((name) => !name.startsWith('.'))
      .map(async (name) => {
        const path = `${folder}/${name}`
        const found = await stat(join(root, path)).catch(unlessGone)
        if (found?.isDirectory()) return depth > 1 ? yamlFiles(root, path, depth - 1) : []
        return found !== null && name.endsWith('.yaml') ? [path] : []
      }),
  )
  return found.flat().sort()
}

/**
 * The files of a project as its mappings see them. One that the project does not have itself is the one shipped with
 * Crosswalk.
 * @param own  the project's own
 * @param root  its folder, for a mapping that lies elsewhere in it @param shipped  the folder of the package
 */
export function projectFiles(own: Texts, { root, shipped }: { root: string; shipped: string }): ProjectFiles {
  async function find(path: string) {
    const text = own.get(path)
    if (text !== undefined) return { file: path, text }
    const folders = path.startsWith(`${mappingFolder}/`) || root === shipped ? [shipped] : [root, shipped]
    for (const folder of folders) {
      if ((await stat(join(folder, path)).catch(unlessGone)) === null) continue
      return { file: path, text: await readText(join(folder, path)) }
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
      tables ??= readTables(own, shipped)
      return tables
    },
    tableFiles: () => tableFiles(own, shipped),
    digest: digestOf,
  }
}

async function tableFiles(own: Texts, shipped: string): Promise<readonly MappingFile[]> {
  const texts = new Map<string, string>()
  for (const path of await yamlFiles(shipped, tableFolder, 1)) texts.set(path, await readText(join(shipped, path)))
  for (const [path, text] of own) if (path.startsWith(`${tableFolder}/`)) texts.set(path, text)
  return [...texts].map(([file, text]) => ({ file, text }))
}

async function readTables(own: Texts, shipped: string): Promise<Tables> {
  const tables: Record<string, Readonly<Record<string, string>>> = {}
  const mistakes: string[] = []
  for (const { file, text } of await tableFiles(own, shipped)) {
    const { table, findings } = parseTable({ file, text })
    if (table !== null) tables[file.slice(tableFolder.length + 1).replace(/\.yaml$/, '')] = table
    mistakes.push(...findings.map((one) => `${one.file}:${one.line}:${one.column} ${one.message}`))
  }
  if (mistakes.length > 0) throw invalid(tableFolder, mistakes)
  return tables
}
