import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type Endpoint, openEndpoint } from '../app/bench/endpoint.ts'
import { openProject } from '../app/project/project.ts'
import { runTests } from '../app/project/tests.ts'
import { SyncError } from '../core/problem.ts'
import { openHttpClient } from '../http/client.ts'
import { callScopes } from '../http/scope.ts'
import { embeddedVersions } from '../ledger/embedded/versions.ts'
import { startEmbedded } from '../ledger/embedded.ts'
import { type Inspection, inspectLedger } from '../ledger/inspect.ts'
import { loadVaultKeys, type VaultKeys } from '../ledger/vault.ts'
import { isWarning } from '../mapping/compile/finding.ts'
import { openSandbox } from '../mapping/sandbox/sandbox.ts'
import type { Ledger } from '../ports/ledger/ledger.ts'
import type { UpgradeFinding, UpgradeReport } from '../ports/ledger/upgrade.ts'
import type { Log } from '../ports/log.ts'
import { systemClock } from './clock.ts'
import { loadConfig, noConfig } from './config.ts'
import { connectorFor, opened } from './connections.ts'
import { filesInForce, openLedgerOf, type ProcessOptions, packageRoot } from './process.ts'
import { projectFiles } from './project-files.ts'

interface Place extends Pick<ProcessOptions, 'config' | 'home' | 'environment'> {
  /** Folders of migrations that follow those of this release. */
  readonly migrations?: readonly string[]
}

const silent = () => undefined
const log: Log = { debug: silent, info: silent, warn: silent, error: silent }
// What the log of PostgreSQL and the rows of small tables may take besides.
const roomBytes = 256_000_000
const oldestPostgres = 150_000

/** What the upgrade would do, and what is in its way. The database and the home stay as they are. */
export async function checkUpgrade(place: Place): Promise<UpgradeReport> {
  const home = resolve(place.home)
  const url = place.environment.DATABASE_URL
  const external = url !== undefined && url !== ''
  const versions = external ? null : await embeddedVersions(home)
  const at = external ? 'DATABASE_URL' : join(home, 'postgres')
  if (!external && versions === null) return untouched(at, [])
  if (versions !== null && versions.data !== versions.program)
    return untouched(at, [
      {
        level: 'error',
        about: 'database',
        message: `The embedded database is of PostgreSQL ${versions.data}, this release brings ${versions.program}.`,
        fix: 'Move the data to an external PostgreSQL with the old release (docs/operations.md, Backup), and set DATABASE_URL.',
      },
    ])
  const embedded = external ? null : await startEmbedded(home)
  try {
    const connection = embedded === null ? { connectionString: url ?? '' } : embedded.connection
    const directory = embedded === null ? {} : { directory: embedded.directory }
    const more = place.migrations === undefined ? {} : { migrations: place.migrations }
    const vaultKeys = await keysIfThere(place)
    const { ledger, inspection } = await inspectLedger({ connection, ...directory, vaultKeys, log, ...more })
    try {
      return await reportOf(place, at, embedded === null ? null : home, ledger, inspection)
    } finally {
      await ledger.close()
    }
  } finally {
    await embedded?.close()
  }
}

/** Brings the database up to date, as every start of a server does. */
export async function upgrade({ home, environment }: Place): Promise<void> {
  const closing: (() => Promise<void>)[] = []
  try {
    await openLedgerOf({ home: resolve(home), environment, log }, closing)
  } finally {
    for (const close of closing.reverse()) await close()
  }
}

const isReady = (findings: readonly UpgradeFinding[]) => findings.every(({ level }) => level !== 'error')

/** Where no database was looked into. */
const untouched = (place: string, findings: readonly UpgradeFinding[]): UpgradeReport => ({
  ready: isReady(findings),
  node: process.versions.node,
  database: { place, exists: findings.length > 0, version: null, bytes: null },
  migrations: [],
  newer: [],
  processes: [],
  findings,
})

async function reportOf(
  place: Place,
  at: string,
  home: string | null,
  ledger: Ledger,
  found: Inspection,
): Promise<UpgradeReport> {
  const findings = [
    ...ofDatabase(found),
    ...(await ofDisk(found, home)),
    ...(await ofProject(place, ledger, found)),
    ...ofBackup(found, home),
  ]
  return {
    ready: isReady(findings),
    node: process.versions.node,
    database: { place: at, exists: found.exists, version: found.version.text, bytes: found.bytes },
    migrations: found.pending,
    newer: found.newer,
    processes: found.processes,
    findings,
  }
}

function ofDatabase({ refusal, version, inTheWay, newer }: Inspection): readonly UpgradeFinding[] {
  const findings: UpgradeFinding[] = []
  if (refusal !== null) findings.push({ level: 'error', about: 'database', message: refusal.message, fix: refusal.fix })
  if (version.number < oldestPostgres)
    findings.push({
      level: 'error',
      about: 'database',
      message: `PostgreSQL ${version.text} is too old.`,
      fix: 'Upgrade PostgreSQL to 15 or newer first.',
    })
  if (newer.length > 0)
    findings.push({
      level: 'info',
      about: 'database',
      message: `A newer release has been at work here (${newer.join(', ')}); this one can work beside it.`,
      fix: null,
    })
  if (inTheWay.length > 0)
    findings.push({
      level: 'error',
      about: 'processes',
      message: `Processes of an older release do not survive the upgrade: ${inTheWay.join('; ')}.`,
      fix: 'Stop them before the upgrade, and start none of that release afterwards.',
    })
  return findings
}

const laborious: readonly string[] = ['index', 'rewrite', 'rows']

async function ofDisk({ pending }: Inspection, home: string | null): Promise<readonly UpgradeFinding[]> {
  if (pending.length === 0) return []
  const written = pending.flatMap(({ tables }) => tables).filter(({ work }) => laborious.includes(work))
  // A table may be written anew, and PostgreSQL's log has it once more.
  const needed = written.reduce((sum, { bytes }) => sum + 2 * bytes, roomBytes)
  const says = `The migrations need up to ${megabytes(needed)} on the disk of the database`
  if (home === null)
    return [{ level: 'info', about: 'disk', message: `${says}, which is not seen from here.`, fix: null }]
  const { bavail, bsize } = await statfs(home)
  const free = bavail * bsize
  if (free >= needed)
    return [{ level: 'info', about: 'disk', message: `${says}; ${megabytes(free)} are free.`, fix: null }]
  const message = `${says}; only ${megabytes(free)} are free.`
  return [{ level: 'error', about: 'disk', message, fix: `Make room on the disk of ${home}.` }]
}

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1_000_000)} MB`

function ofBackup({ pending, exists }: Inspection, home: string | null): readonly UpgradeFinding[] {
  if (pending.length === 0 || !exists) return []
  const fix =
    home === null
      ? 'pg_dump --schema=crosswalk "$DATABASE_URL" > crosswalk.sql'
      : `Stop all processes, then: tar -czpf crosswalk.tgz ${home}`
  return [{ level: 'info', about: 'backup', message: 'Make a backup first: a migration is not undone.', fix }]
}

/** The project's files, as they count for a process that starts now, against this release. No system is asked. */
async function ofProject(place: Place, ledger: Ledger, { publishes }: Inspection): Promise<readonly UpgradeFinding[]> {
  const sandbox = openSandbox()
  try {
    const read = existsSync(place.config) ? loadConfig : noConfig
    const onDisk = await read(place.config, place.environment)
    // Before there were published files, those on disk were all.
    const source = publishes ? ledger : { revisions: { ...ledger.revisions, files: async () => null } }
    const { loaded, texts } = await filesInForce(onDisk, source, place)
    const secrets = () => loaded.secrets
    const parts = { clock: systemClock, log, scopes: callScopes }
    const http = openHttpClient({ ...parts, secrets })
    const endpoints = new Map<string, Endpoint>()
    const refused: UpgradeFinding[] = []
    for (const [name, { system, settings }] of Object.entries(loaded.config.connections)) {
      try {
        const open = () => connectorFor(name, system).open(settings, { name, http, clock: systemClock, log })
        const connection = opened(name, open)
        endpoints.set(name, openEndpoint({ name, system, connection, reopen: async () => null }, { ...parts, ledger }))
      } catch (error) {
        refused.push(ofConfiguration(error))
      }
    }
    // Mappings are read for the systems of both sides.
    if (refused.length > 0) return refused
    const files = projectFiles(texts, { root: onDisk.root, shipped: packageRoot })
    const project = openProject(loaded.config, endpoints, files, async () => undefined)
    const linted = await project.lint({ offline: true })
    const findings = linted.flatMap((one) => one.findings)
    const failed = (await runTests(linted, project, sandbox)).filter(({ ok }) => !ok)
    return [
      ...findings.map((finding): UpgradeFinding => {
        const { file, line, column, message, fix } = finding
        const level = isWarning(finding) ? 'warning' : 'error'
        return { level, about: 'mappings', message: `${file}:${line}:${column} ${message}`, fix: fix ?? null }
      }),
      ...failed.map(
        ({ file, line, name, message }): UpgradeFinding => ({
          level: 'error',
          about: 'tests',
          message: `${file}:${line} "${name}": ${message ?? 'failed'}`,
          fix: 'Correct the mapping, or what its test expects.',
        }),
      ),
    ]
  } catch (error) {
    return [ofConfiguration(error)]
  } finally {
    await sandbox.close()
  }
}

function ofConfiguration(error: unknown): UpgradeFinding {
  if (!(error instanceof SyncError)) throw error
  return { level: 'error', about: 'configuration', message: error.message, fix: error.fix }
}

/** A home without a key gets none: nothing is encrypted there that another one would have to open. */
async function keysIfThere({ home, environment }: Place): Promise<VaultKeys> {
  const fromEnvironment = environment.CROSSWALK_VAULT_KEY
  if (fromEnvironment !== undefined || existsSync(join(resolve(home), 'vault.key')))
    return loadVaultKeys({ home: resolve(home), fromEnvironment })
  return { keys: [randomBytes(32)], reload: () => [] }
}
