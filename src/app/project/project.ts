import { canonicalJson, type JsonObject } from '../../core/json.ts'
import { SyncError } from '../../core/problem.ts'
import type { RecordKind } from '../../core/ref.ts'
import { type CompiledMapping, compileMapping, type Finding, type MappingFile } from '../../mapping/compile/compile.ts'
import { formatFinding, isWarning } from '../../mapping/compile/finding.ts'
import type { ObjectSchema } from '../../ports/connector.ts'
import type { Endpoint } from '../bench/endpoint.ts'
import type { SyncConfig } from '../flows/base.ts'
import { flowOf } from '../flows/catalogue.ts'
import type { End, Sync } from '../flows/flow.ts'
import type { Config } from './config.ts'

export type Tables = Readonly<Record<string, Readonly<Record<string, string>>>>

/** The files of a project, given by main. Paths are relative to the project. */
export interface ProjectFiles {
  mapping(path: string): Promise<MappingFile>
  /** The test file beside a mapping, null when there is none. */
  testFile(mapping: string): Promise<MappingFile | null>
  tables(): Promise<Tables>
  /** All of them, those that come with Crosswalk among them. */
  tableFiles(): Promise<readonly MappingFile[]>
  digest(texts: readonly string[]): string
}

/** A configuration with its connections opened; mappings are compiled when first needed and kept. */
export interface Project {
  readonly config: Config
  readonly endpoints: ReadonlyMap<string, Endpoint>
  endpoint(name: string): Endpoint
  /**
   * @throws SyncError `configuration_invalid` with all findings when a mapping does not compile; others when a system
   * does not answer
   */
  sync(name: string): Promise<Sync>
  /** These syncs (all when empty) in the order in which one makes work for the next. */
  order(names: readonly string[]): readonly string[]
  /** Whose records a sync's inbox names; no system is asked. */
  records(name: string): Promise<RecordKind>
  /** Compiles all mappings; offline, fields are not checked against the systems. */
  lint(options: { offline: boolean }): Promise<readonly Linted[]>
  /** The test file beside a mapping, null when there is none. */
  testFile(mapping: string): Promise<MappingFile | null>
  /** The mappings that the syncs consist of, with the tests beside them, and the tables. No system is asked. */
  files(): Promise<readonly UsedFile[]>
}

export interface UsedFile extends MappingFile {
  readonly kind: 'mapping' | 'test' | 'table'
  /** None for a table: any mapping may use it. */
  readonly syncs: readonly string[]
}

export interface Linted {
  readonly file: MappingFile
  /** Paths of all files that the mapping consists of. */
  readonly files: readonly string[]
  readonly mapping: CompiledMapping | null
  readonly findings: readonly Finding[]
}

interface Part {
  readonly path: string
  /** Whose fields the mapping reads or writes. */
  readonly own: Endpoint
  /** The system on the other side of the document, whose record is reached as `crm.…` or `erp.…`. */
  readonly other: { readonly endpoint: Endpoint; readonly mapping: string } | null
  /** What `link` may name in the mapping. */
  readonly links: readonly string[]
  /** What it may name besides, where the file of this path is there. */
  readonly linksWith: readonly { readonly path: string; readonly names: readonly string[] }[]
  readonly optional: boolean
  /** Whether records are created with the mapping. */
  readonly creates: boolean
}

/**
 * @param nameRecords  called with each sync that was opened, and with the one it goes on from, before anybody works with it;
 * `watched` is null where it is not known
 */
export function openProject(
  config: Config,
  endpoints: ReadonlyMap<string, Endpoint>,
  files: ProjectFiles,
  nameRecords: (sync: Pick<Sync, 'name' | 'records' | 'kind'>, watched: string | null) => Promise<void>,
): Project {
  const opened = new Map<string, Promise<Sync>>()

  const endpoint = (name: string): Endpoint => {
    const found = endpoints.get(name)
    if (found !== undefined) return found
    throw invalid(name, `There is no connection "${name}"`, `Known: ${[...endpoints.keys()].join(', ')}.`)
  }

  function configOf(name: string): SyncConfig {
    const found = Object.hasOwn(config.syncs, name) ? config.syncs[name] : undefined
    if (found !== undefined) return found
    throw invalid(name, `There is no sync "${name}"`, `Known: ${Object.keys(config.syncs).join(', ')}.`)
  }

  function endsOf(name: string): Readonly<Record<End, Endpoint>> {
    const { from, to } = configOf(name)
    return { source: endpoint(from), target: endpoint(to) }
  }

  function partsOf(name: string): Record<string, Part> {
    const sync = configOf(name)
    const ends = endsOf(name)
    const parts = flowOf(sync.document).parts(sync, { source: ends.source.system, target: ends.target.system })
    return Object.fromEntries(
      Object.entries(parts).map(([role, part]): [string, Part] => {
        const { file, own, other, links = [], linksOf = {}, optional = false, creates = false } = part
        const met = other === null ? undefined : parts[other]
        const reached = met === undefined ? null : { endpoint: ends[met.own], mapping: met.file }
        const linksWith = Object.entries(linksOf).map(([from, names]) => ({ path: parts[from]?.file ?? '', names }))
        return [role, { path: file, own: ends[own], other: reached, links, linksWith, optional, creates }]
      }),
    )
  }

  /** All that `link` may name in a mapping. */
  async function linksOf({ links, linksWith }: Part): Promise<readonly string[]> {
    const others = await Promise.all(
      linksWith.map(async ({ path, names }) => ((await mappingIfThere(path)) === null ? [] : names)),
    )
    return [...links, ...others.flat()]
  }

  /** Without those whose file may be missing and is. */
  async function present<P extends Part>(parts: readonly P[]): Promise<readonly P[]> {
    const there = await Promise.all(
      parts.map(async (part) => !part.optional || (await mappingIfThere(part.path)) !== null),
    )
    return parts.filter((_, index) => there[index])
  }

  async function compile(part: Part, offline: boolean) {
    const file = await files.mapping(part.path)
    const links = await linksOf(part)
    const other = part.other === null ? null : await files.mapping(part.other.mapping)
    const tables = await files.tables()
    const schemas = new Map<string, ObjectSchema | null>()
    const otherSchemas = new Map<string, ObjectSchema | null>()
    const used = new Map<string, MappingFile | null>()
    const otherObject = other === null ? null : objectOf(other)
    const findings: Finding[] = []
    const learn = async (from: Endpoint, known: Map<string, ObjectSchema | null>, object: string) => {
      known.set(object, null)
      try {
        known.set(object, await from.within({ lane: 'live', mayWrite: false }).describe(object))
      } catch (error) {
        // An object that does not exist is a mistake of the mapping, reported as a finding; any other error is not.
        if (!(error instanceof SyncError) || error.problem.kind !== 'configuration_invalid') throw error
        findings.push({
          file: file.file,
          line: 1,
          column: 1,
          kind: 'unknown_path',
          message: error.message,
          fix: error.fix,
        })
      }
    }
    for (;;) {
      const result = compileMapping(file, {
        schemaOf: (object) => schemas.get(object) ?? null,
        otherObject,
        otherSchemaOf: (object) => otherSchemas.get(object) ?? null,
        tables,
        links,
        // No flow writes in both directions.
        owners: false,
        creates: part.creates,
        fileOf: (name) => used.get(name),
      })
      const missing = offline ? [] : result.wanted.filter((object) => !schemas.has(object))
      const otherMissing =
        offline || other === null ? [] : result.otherWanted.filter((object) => !otherSchemas.has(object))
      if (missing.length + otherMissing.length + result.wantedFiles.length === 0) {
        const files = [file, ...[...used.values()].filter((one) => one !== null)]
        return { file, files, mapping: result.mapping, findings: [...findings, ...result.findings] }
      }
      const otherEndpoint = part.other?.endpoint ?? part.own
      await Promise.all([
        ...missing.map((object) => learn(part.own, schemas, object)),
        ...otherMissing.map((object) => learn(otherEndpoint, otherSchemas, object)),
        ...result.wantedFiles.map(async (name) => used.set(name, await mappingIfThere(beside(part.path, name)))),
      ])
    }
  }

  async function mappingIfThere(path: string): Promise<MappingFile | null> {
    try {
      return await files.mapping(path)
    } catch (error) {
      // A missing file is a finding of the compiler, which knows where it is named.
      if (error instanceof SyncError && error.problem.kind === 'configuration_invalid') return null
      throw error
    }
  }

  async function openSync(name: string): Promise<Sync> {
    const parts = await present(Object.entries(partsOf(name)).map(([role, part]) => ({ ...part, role })))
    const compiled = await Promise.all(parts.map(async (part) => [part.role, await compile(part, false)] as const))
    const mistakes = compiled.flatMap(([, one]) => one.findings.filter((finding) => !isWarning(finding)))
    const byRole = new Map(compiled.map(([role, one]) => [role, one.mapping]))
    const mapping = (role: string): CompiledMapping => {
      const found = byRole.get(role)
      if (found !== null && found !== undefined && mistakes.length === 0) return found
      const texts = mistakes.map((one) => `${one.file}:${one.line}:${one.column} ${one.message}`)
      throw invalid(
        name,
        `The mappings of sync "${name}" have mistakes: ${texts.join('; ')}`,
        'Correct them; `crosswalk lint` lists them all.',
      )
    }
    const sync = configOf(name)
    const flow = flowOf(sync.document)
    const digest = files.digest([
      ...compiled.flatMap(([, one]) => one.files.map(({ text }) => text)),
      JSON.stringify(await files.tables()),
      meaningOf(sync),
    ])
    const { role, end } = flow.records
    const records = { connection: endsOf(name)[end].name, object: mapping(role).object }
    const opened = flow.open({
      ...{ name, config: sync, ...endsOf(name), digest, feeds: followerOf(name), records, mapping },
      mappingIfThere: (role) => (byRole.has(role) ? mapping(role) : null),
    })
    const [watch] = opened.watches
    if (watch !== undefined) await nameRecords(opened, watch.object)
    // It reads the links and problems of the sync it goes on from, also where that one was not opened yet.
    const before = flow.follows(sync)
    if (before !== null)
      await nameRecords({ name: before, records, kind: flowOf(configOf(before).document).kind }, null)
    return opened
  }

  /** The sync that continues from this one. */
  const followerOf = (name: string): string | null =>
    Object.entries(config.syncs).find(([, one]) => flowOf(one.document).follows(one) === name)?.[0] ?? null

  return {
    config,
    endpoints,
    endpoint,
    sync(name) {
      const known = opened.get(name)
      if (known !== undefined) return known
      const opening = openSync(name)
      opened.set(name, opening)
      // A system that was down when first asked is asked again.
      opening.catch(() => opened.delete(name))
      return opening
    },
    order(names) {
      const after = (name: string): number => {
        const before = flowOf(configOf(name).document).follows(configOf(name))
        return before === null || before === name || !Object.hasOwn(config.syncs, before) ? 0 : 1 + after(before)
      }
      const all = Object.keys(config.syncs)
      const chosen = names.length === 0 ? all : all.filter((name) => names.includes(name))
      return chosen.toSorted((a, b) => after(a) - after(b))
    },
    async records(name) {
      const { role, end } = flowOf(configOf(name).document).records
      const part = partsOf(name)[role]
      if (part === undefined) throw new Error(`the flow of sync "${name}" has no mapping "${role}"`)
      const { mapping } = await compile(part, true)
      if (mapping !== null) return { connection: endsOf(name)[end].name, object: mapping.object }
      throw invalid(name, `The mapping ${part.path} has mistakes`, 'Correct them; `crosswalk lint` lists them all.')
    },
    async lint({ offline }) {
      const parts = new Map<string, Part>()
      for (const name of Object.keys(config.syncs)) {
        for (const part of await present(Object.values(partsOf(name)))) parts.set(`${part.own.name} ${part.path}`, part)
      }
      const compileAll = (some: ReadonlyMap<string, Part>) =>
        Promise.all([...some.values()].map(async (part) => ({ part, ...(await compile(part, offline)) })))
      const compiled = await compileAll(parts)
      // A file that another one uses is a mapping with tests of its own.
      const used = new Map<string, Part>()
      for (const { part, files } of compiled) {
        for (const { file } of files) {
          const key = `${part.own.name} ${file}`
          const plain = { other: null, links: [], linksWith: [], optional: false, creates: false }
          if (!parts.has(key)) used.set(key, { path: file, own: part.own, ...plain })
        }
      }
      const told = new Set<string>()
      return [...compiled, ...(await compileAll(used))].map(({ file, files: consists, mapping, findings }) => {
        // A finding in a used file comes once through each file that uses it.
        const fresh = findings.filter((one) => !told.has(formatFinding(one)))
        for (const one of fresh) told.add(formatFinding(one))
        return { file, files: consists.map((one) => one.file), mapping, findings: fresh }
      })
    },
    testFile: (mapping) => files.testFile(mapping),
    async files() {
      const used = new Map<string, { readonly file: MappingFile; readonly syncs: Set<string> }>()
      for (const name of Object.keys(config.syncs)) {
        for (const part of await present(Object.values(partsOf(name)))) {
          for (const file of (await compile(part, true)).files) {
            const known = used.get(file.file) ?? { file, syncs: new Set() }
            known.syncs.add(name)
            used.set(file.file, known)
          }
        }
      }
      const found: UsedFile[] = []
      for (const { file, syncs } of used.values()) {
        found.push({ ...file, kind: 'mapping', syncs: [...syncs] })
        const tests = await files.testFile(file.file)
        if (tests !== null) found.push({ ...tests, kind: 'test', syncs: [...syncs] })
      }
      for (const table of await files.tableFiles()) found.push({ ...table, kind: 'table', syncs: [] })
      return found
    },
  }
}

/** What of a sync's configuration decides what becomes of a record: a change may get across what did not. */
function meaningOf({ schedule: _when, batch: _size, mode: _mode, ...meaning }: SyncConfig): string {
  return canonicalJson(meaning as JsonObject)
}

/** The mapping of a name in the folder of another one. */
const beside = (path: string, name: string): string => `${path.slice(0, path.lastIndexOf('/') + 1)}${name}.yaml`

/** The object that the other side's mapping reads; the compiler checks the rest of that file on its own. */
const objectOf = (file: MappingFile): string | null => /^from:\s*["']?([\w.]+)/m.exec(file.text)?.[1] ?? null

const invalid = (path: string, message: string, fix: string) =>
  new SyncError(message, { problem: { kind: 'configuration_invalid', path }, fix })
