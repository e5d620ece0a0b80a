import type { JsonObject } from '../../core/json.ts'
import { type Failure, failureOf, SyncError } from '../../core/problem.ts'
import { toMillis } from '../../core/time.ts'
import type { FileChange, PublishedFiles, Revision } from '../../ports/ledger/revisions.ts'
import type { Deps } from '../bench/deps.ts'
import { connectionCause } from '../bench/endpoint.ts'
import { type Checked, check, checkPaths, differences, type PublishFinding } from './check.ts'
import { emptyConfigText, withFirstSyncs, withoutConnection } from './config-text.ts'
import {
  type ConfiguredConnection,
  type ConnectionChange,
  configuredConnection,
  systemOf,
  tryConnection,
  weighConnection,
} from './connecting.ts'
import { type Change, editYaml } from './edit-yaml.ts'
import { changesOf, type Files, inForce, publishedOver, type Texts, textsOf } from './files.ts'
import { type FirstSyncs, firstSyncNames } from './first-syncs.ts'
import type { Project, UsedFile } from './project.ts'
import { type TableEntry, withEntry } from './table-entry.ts'
import type { Fixed, System, Tried, Workshop } from './workshop.ts'

/** The project in use. It is replaced as a whole, never in part. */
export interface Projects {
  current(): Project
  /** What it is made of. */
  state(): ProjectState
  /**
   * Checks files and, when there is nothing to find, has them take effect in all processes at once.
   * @param draft  by path, null for a file that goes; a draft of null is what a process that starts now would work with
   * @throws SyncError when a system does not answer, `busy` when somebody else published meanwhile: nothing has changed
   */
  publish(draft: Draft | null, by: By): Promise<Publication>
  /**
   * Adds an entry to a table, or changes it, as `publish` would.
   * @throws SyncError as `publish` does, and where there is no such table
   */
  addEntry(table: string, entry: TableEntry, by: { readonly actor: string | null }): Promise<Publication>
  /**
   * Changes values of the configuration where they stand, as `publish` would.
   * @throws SyncError as `publish` does
   */
  configure(
    changes: readonly Change[],
    by: { readonly actor: string | null; readonly note: string },
  ): Promise<Publication>
  /** What mappings and tables are in force, and where each comes from. */
  files(): Promise<readonly ProjectFile[]>
  /**
   * What `publish` would say; nothing changes. The draft is never in force.
   * @param draft  null for what is on disk now, against what was published
   * @throws SyncError when a system does not answer
   */
  examine(draft: Draft | null): Promise<Examination>
  /** What publishing the files on disk would change, and what keeps it from being done. @throws SyncError when a system does not answer */
  plan(): Promise<Plan>
  /** The files that were published last; null when none were. */
  published(): Promise<Texts | null>
  /**
   * Publishes the files of an earlier revision again.
   * @param only  refuses by throwing what the caller may not change
   * @throws SyncError as `publish` does, and where the files of that revision are no longer kept
   */
  revert(number: number, by: By, only: (paths: readonly string[]) => void): Promise<Publication>
  /** Those that can be connected. */
  systems(): readonly System[]
  /** A connection as it is configured; null when there is none. */
  connection(name: string): Promise<ConfiguredConnection | null>
  /** Proves a connection as it would be. @throws SyncError `configuration_invalid` for settings that cannot be */
  tryOut(name: string, change: ConnectionChange): Promise<Tried>
  /**
   * Adds a connection, or changes the one that is there, as `publish` would.
   * @throws SyncError as `publish` and `tryOut` do
   */
  connect(name: string, change: ConnectionChange, by: By): Promise<Publication>
  /** Takes a connection away, with its secrets, as `publish` would. */
  disconnect(name: string, by: By): Promise<Publication>
  /**
   * Adds the first syncs between a CRM and an ERP, as dry runs, as `publish` would.
   * @throws SyncError as `publish` does, and where there are such syncs or no such connections
   */
  beginSyncs(what: Beginning, by: By): Promise<Publication>
  /** What a revision changed, as texts; null when it or the one before is not kept. */
  revised(number: number): Promise<Revised | null>
  /**
   * Takes over what another process has published since. What cannot be is a problem, and the project stays as it was.
   * Cheap when there is nothing.
   */
  takeOver(): Promise<void>
  /** To be called by a server at its start: what it keeps until its end is what others may not publish otherwise. */
  started(): Promise<void>
}

/** Who publishes, and why. */
interface By {
  readonly actor: string | null
  readonly note: string | null
}

/** Between which connections a project begins. */
export interface Beginning extends Pick<FirstSyncs, 'timeZone' | 'where'> {
  readonly crm: string
  readonly erp: string
}

export type Draft = Readonly<Record<string, string | null>>

export interface ProjectState {
  /** The one that was taken over last, null when nothing was published yet. */
  readonly revision: Revision | null
  readonly files: readonly string[]
}

export interface Publication {
  /** Nothing has changed when there are any. */
  readonly findings: readonly PublishFinding[]
  /** In force now; null when nothing was published. */
  readonly revision: Revision | null
  /** Against what was published before. */
  readonly changes: readonly FileChange[]
}

export interface ProjectFile extends Omit<UsedFile, 'file'> {
  readonly path: string
  /** Where the file in force is from: one on the machine, one that comes with Crosswalk, or one that was published. */
  readonly origin: 'disk' | 'published' | 'shipped'
}

export interface Examination extends Checked {
  readonly changes: readonly FileChange[]
  /** What is in force without the draft. */
  readonly before: Project
}

/** What would change. */
export interface Plan extends Omit<Examination, 'project' | 'before' | 'changes'> {
  readonly files: Revised['files']
}

export interface Revised {
  readonly revision: Revision
  /** Null for a file that is not there. */
  readonly files: readonly { readonly path: string; readonly before: string | null; readonly after: string | null }[]
}

/** Under which problems of publishing are kept: no sync can have this name. */
export const publishingCause = 'published project'
const tellAgainMs = 60_000

/** @param first  what the process started with */
export function openProjects(
  first: { readonly project: Project; readonly files: Files; readonly revision: Revision | null },
  deps: Deps & { readonly workshop: Workshop },
): Projects {
  const { ledger, log, clock, workshop } = deps
  const { configPath, digest } = workshop
  let { project, files, revision } = first
  // The newest that was looked at, and why it was not taken over.
  let seen = first.revision?.number ?? 0
  let failing: Failure | null = null
  let told = { number: 0, at: 0 }

  // One after the other: what is taken over while something is published would be checked against another state.
  let turn: Promise<unknown> = Promise.resolve()
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const own = turn.then(work)
    turn = own.catch(() => null)
    return own
  }

  async function built(published: PublishedFiles, number: number, open = workshop.open): Promise<Project> {
    const texts = textsOf(new Map(Object.entries(published)))
    const { config, findings, fixed } = workshop.parse(texts.get(configPath) ?? '')
    if (config === null) {
      const told = findings.map(({ line, column, message }) => `${configPath}:${line}:${column} ${message}`)
      throw refused(number, told.join('; '))
    }
    const other = differences(workshop.fixed, fixed).map((place) => place.join('.'))
    if (other.length > 0) throw refused(number, `this process was started with another ${other.join(', ')}`)
    return open(config, texts)
  }

  async function takeOver(): Promise<void> {
    if ((await ledger.revisions.newest()) <= seen) return failing === null ? undefined : tell(seen, failing)
    const news = await ledger.revisions.files()
    if (news === null) return
    const { number, actor } = news.revision
    const taken = new Map(Object.entries(news.files))
    try {
      // What it worked with anyway stays compiled.
      if (changesOf(textsOf(files), textsOf(taken)).length > 0) project = await built(news.files, number)
    } catch (error) {
      if (!(error instanceof SyncError)) throw error
      log.warn('revision not taken over', { revision: number, why: error.message })
      failing = failureOf(error)
      seen = number
      return tell(number, failing)
    }
    inForceNow(news.revision, taken)
    await mended(number - 1)
    log.info('revision taken over', { revision: number, actor })
  }

  function inForceNow(news: Revision, taken: Files): void {
    seen = news.number
    failing = null
    files = taken
    revision = news
  }

  /** Again and again: another process, which starts well and closes the problem, cannot know that this one is behind. */
  async function tell(number: number, failure: Failure): Promise<void> {
    const now = clock.now()
    if (number === told.number && toMillis(now) < told.at + tellAgainMs) return
    told = { number, at: toMillis(now) }
    await ledger.problems.raise([{ sync: publishingCause, causeKey: String(number), failure, records: [] }])
  }

  /** Closes what was told of revisions up to this one. */
  async function mended(number: number): Promise<void> {
    const open = await ledger.problems.list({ sync: publishingCause, max: 100 })
    const over = open.map((one) => one.causeKey).filter((key) => Number(key) <= number)
    if (over.length > 0) await ledger.problems.close(publishingCause, over)
  }

  /** What a draft would put in force, against what is published. */
  async function weigh(draft: Draft | null) {
    await takeOver()
    const disk = await workshop.disk()
    const before = await ledger.revisions.files()
    if (draft !== null && failing !== null) throw new SyncError(failing.message, failing)
    const next = draft === null ? inForce(disk, before?.files ?? null, digest) : drafted(draft, disk)
    // What servers work with that were never told anything is not known to a command: then every file is new.
    const first = draft === null ? new Map() : files
    const changes = changesOf(textsOf(before === null ? first : new Map(Object.entries(before.files))), textsOf(next))
    return { before, next, changes, strange: checkPaths(next, configPath) }
  }

  /** @param open  how the project is opened that the check makes */
  async function judge({ next, changes }: Awaited<ReturnType<typeof weigh>>, open: Workshop['open']) {
    const started = (await ledger.revisions.started()) as Fixed | null
    const kept = started === null ? [workshop.fixed] : [workshop.fixed, started]
    const changed = new Set(changes.map((one) => one.path))
    return check(textsOf(next), changed, kept, { ...deps, workshop: { ...workshop, open } })
  }

  async function publish(draft: Draft | null, by: By): Promise<Publication> {
    const weighed = await weigh(draft)
    const { before, next, changes, strange } = weighed
    if (strange.length > 0) return { findings: strange, revision: null, changes: [] }
    if (draft !== null && changes.length === 0) return { findings: [], revision, changes }
    const checked = await judge(weighed, workshop.open)
    if (checked.project === null) return { findings: checked.findings, revision: null, changes: [] }

    const number = (before?.revision.number ?? 0) + 1
    const made: Revision = { number, at: clock.now(), ...by, changes }
    if (!(await ledger.revisions.publish(made, Object.fromEntries(next)))) throw overtaken(number)
    project = checked.project
    inForceNow(made, next)
    await mended(number - 1)
    log.info('published', { revision: number, actor: by.actor, files: changes.map((one) => one.path) })
    return { findings: [], revision: made, changes }
  }

  async function examine(draft: Draft | null): Promise<Examination> {
    const weighed = await weigh(draft)
    const { before: published, changes, strange } = weighed
    if (draft === null && published === null)
      throw new SyncError('Nothing was published yet that the files on disk could be compared with', {
        problem: { kind: 'configuration_invalid', path: 'publish' },
        fix: 'Publish them once with `crosswalk publish`; later changes can be tried before.',
      })
    const before =
      draft !== null || published === null
        ? project
        : await built(published.files, published.revision.number, workshop.imagine)
    if (strange.length > 0) return { findings: strange, warnings: [], tests: [], changes: [], project: null, before }
    return { ...(await judge(weighed, workshop.imagine)), changes, before }
  }

  async function plan(): Promise<Plan> {
    const weighed = await weigh(null)
    const { before, next, changes, strange } = weighed
    const [old, now] = [textsOf(new Map(Object.entries(before?.files ?? {}))), textsOf(next)]
    const files = changes.map(({ path }) => ({ path, before: old.get(path) ?? null, after: now.get(path) ?? null }))
    if (strange.length > 0) return { files, findings: strange, warnings: [], tests: [] }
    const { findings, warnings, tests } = await judge(weighed, workshop.imagine)
    return { files, findings, warnings, tests }
  }

  async function revert(number: number, by: By, only: (paths: readonly string[]) => void) {
    await takeOver()
    const past = await ledger.revisions.files(number)
    if (past === null)
      throw new SyncError(`The files of revision ${number} are not kept`, {
        problem: { kind: 'configuration_invalid', path: 'publish' },
        fix: 'Those of the newest 100 revisions are. See `crosswalk publish --list`.',
      })
    const texts = textsOf(new Map(Object.entries(past.files)))
    const paths = changesOf(textsOf(files), texts).map((one) => one.path)
    only(paths)
    const note = by.note ?? `Back to revision ${number}`
    return publish(Object.fromEntries(paths.map((path) => [path, texts.get(path) ?? null])), { ...by, note })
  }

  async function revised(number: number): Promise<Revised | null> {
    const [after, before] = await Promise.all([ledger.revisions.files(number), ledger.revisions.files(number - 1)])
    if (after === null || (before === null && number > 1)) return null
    const texts = [before?.files ?? {}, after.files].map((one) => textsOf(new Map(Object.entries(one))))
    const [old, now] = [texts[0] ?? new Map(), texts[1] ?? new Map()]
    return {
      revision: after.revision,
      files: after.revision.changes.map(({ path }) => ({
        path,
        before: old.get(path) ?? null,
        after: now.get(path) ?? null,
      })),
    }
  }

  async function projectFiles(): Promise<readonly ProjectFile[]> {
    await takeOver()
    const own = textsOf(files)
    const disk = await workshop.disk()
    const used = await project.files()
    const known = new Set(used.map((one) => one.file))
    // Those that no sync uses can be edited all the same.
    const unused = [...own]
      .filter(([path]) => path !== configPath && !known.has(path))
      .map(
        ([file, text]): UsedFile => ({ file, text, kind: file.endsWith('.test.yaml') ? 'test' : 'mapping', syncs: [] }),
      )
    return [...used, ...unused].map(({ file, ...one }) => ({
      ...one,
      path: file,
      origin: !own.has(file) ? 'shipped' : disk.get(file) === one.text ? 'disk' : 'published',
    }))
  }

  async function addEntry(table: string, entry: TableEntry, { actor }: { readonly actor: string | null }) {
    await takeOver()
    const path = `config/tables/${table}.yaml`
    const text = textsOf(files).get(path) ?? (await workshop.shipped(path))
    if (text === null)
      throw new SyncError(`There is no table "${table}"`, {
        problem: { kind: 'configuration_invalid', path },
        fix: `Add ${path} to the project, and publish it.`,
      })
    return publish({ [path]: withEntry(text, entry) }, { actor, note: `${table}: ${entry.key} → ${entry.value}` })
  }

  async function configure(changes: readonly Change[], by: Parameters<Projects['configure']>[1]) {
    await takeOver()
    return publish({ [configPath]: editYaml(textsOf(files).get(configPath) ?? '', changes) }, by)
  }

  const configText = () => textsOf(files).get(configPath) ?? emptyConfigText

  async function connect(name: string, change: ConnectionChange, { actor, note }: By): Promise<Publication> {
    await takeOver()
    const text = configText()
    const { text: next, before, after, kept, secrets } = await weighConnection(text, name, change, workshop)
    // Before anybody works with it: a wrong login would pause the connection that is there.
    const { failure } = (await workshop.tryOut(name, change.system, { ...after, ...secrets })).check
    if (failure !== null) throw new SyncError(failure.message, failure)
    // Before it is published: whoever takes it over opens it with them.
    await workshop.secrets.prepare(name, { before, after, secrets })
    if (next === text) {
      await project.endpoint(name).refresh()
      log.info('secrets replaced', { connection: name, actor })
      return { findings: [], revision, changes: [] }
    }
    let isDone = false
    try {
      const published = await publish({ [configPath]: next }, { actor, note: note ?? `Connection ${name}` })
      isDone = published.findings.length === 0
      return published
    } finally {
      if (!isDone) await takeBack(name, before, kept)
    }
  }

  /** Secrets of a connection that was refused. */
  const takeBack = (name: string, before: JsonObject | null, kept: JsonObject): Promise<void> =>
    before === null
      ? workshop.secrets.drop(name)
      : workshop.secrets.prepare(name, { before: null, after: before, secrets: kept })

  async function disconnect(name: string, { actor, note }: By): Promise<Publication> {
    await takeOver()
    const published = await publish(
      { [configPath]: withoutConnection(configText(), name) },
      { actor, note: note ?? `Without connection ${name}` },
    )
    if (published.findings.length > 0) return published
    await workshop.secrets.drop(name)
    const cause = connectionCause(name)
    const open = await ledger.problems.list({ sync: cause, max: 100 })
    await ledger.problems.close(
      cause,
      open.map((one) => one.causeKey),
    )
    return published
  }

  async function beginSyncs({ crm, erp, ...how }: Beginning, { actor, note }: By): Promise<Publication> {
    await takeOver()
    const { connections, syncs } = project.config
    const there = firstSyncNames.filter((name) => Object.hasOwn(syncs, name))
    if (there.length > 0)
      throw new SyncError(`There is a sync "${there[0]}" already`, {
        problem: { kind: 'configuration_invalid', path: 'syncs' },
        fix: 'Change that one, or add another one to the configuration.',
      })
    const end = (role: System['role'], connection: string) => {
      const system = systemOf(connections[connection]?.system ?? connection, workshop)
      if (system.role === role) return { connection, system }
      throw new SyncError(`"${connection}" is no ${role.toUpperCase()}`, {
        problem: { kind: 'configuration_invalid', path: `connections.${connection}` },
        fix: 'Name a connection to one.',
      })
    }
    const first = { crm: end('crm', crm), erp: end('erp', erp), mode: 'shadow' as const, ...how }
    return publish({ [configPath]: withFirstSyncs(configText(), first) }, { actor, note: note ?? 'First syncs' })
  }

  function drafted(draft: Draft, disk: Texts): Files {
    const next = new Map(files)
    for (const [path, text] of Object.entries(draft)) next.set(path, publishedOver(text, disk.get(path), digest))
    return next
  }

  return {
    current: () => project,
    state: () => ({ revision, files: [...textsOf(files).keys()].sort() }),
    publish: (draft, by) => inTurn(() => publish(draft, by)),
    addEntry: (table, entry, by) => inTurn(() => addEntry(table, entry, by)),
    configure: (changes, by) => inTurn(() => configure(changes, by)),
    files: () => inTurn(projectFiles),
    examine: (draft) => inTurn(() => examine(draft)),
    plan: () => inTurn(plan),
    async published() {
      const newest = await ledger.revisions.files()
      return newest === null ? null : textsOf(new Map(Object.entries(newest.files)))
    },
    revert: (number, by, only) => inTurn(() => revert(number, by, only)),
    revised,
    systems: () => workshop.systems,
    connection: (name) => inTurn(() => configuredConnection(configText(), name, workshop)),
    tryOut: (name, change) => tryConnection(configText(), name, change, workshop),
    connect: (name, change, by) => inTurn(() => connect(name, change, by)),
    disconnect: (name, by) => inTurn(() => disconnect(name, by)),
    beginSyncs: (what, by) => inTurn(() => beginSyncs(what, by)),
    takeOver: () => inTurn(takeOver),
    async started() {
      await ledger.revisions.setStarted(workshop.fixed)
      await mended(seen)
    },
  }
}

const refused = (number: number, why: string) =>
  new SyncError(`Revision ${number} was published and could not be taken over: ${why}`, {
    problem: { kind: 'configuration_invalid', path: 'publish' },
    fix: 'Restart the processes with the configuration that was published, or publish one that all of them can take.',
  })

const overtaken = (number: number) =>
  new SyncError(`Revision ${number} was published by somebody else meanwhile`, {
    problem: { kind: 'busy' },
    fix: 'Look at it with `crosswalk publish --list`, and publish again if that is still meant.',
  })
