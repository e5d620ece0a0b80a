import type { Json, JsonObject } from '../../core/json.ts'
import type { Failure } from '../../core/problem.ts'
import type { AccountChoice, CheckReport, Connector } from '../../ports/connector.ts'
import type { Config } from './config.ts'
import type { Texts } from './files.ts'
import type { Project } from './project.ts'

export interface ConfigFinding {
  /** Both from 1. */
  readonly line: number
  readonly column: number
  readonly message: string
}

/**
 * What a process takes from the configuration at its start and keeps until its end, as it is written there, by its place:
 * server and log, connections that name the environment, and what else names it.
 */
export type Fixed = Readonly<Record<string, string>>

/** A configuration as it was read. */
export interface ParsedConfig {
  /** Null when there are findings. */
  readonly config: Config | null
  readonly findings: readonly ConfigFinding[]
  readonly fixed: Fixed
  /** A finding at a place, or at the deepest one on the way that is there. */
  locate(path: readonly string[], message: string): ConfigFinding
}

export interface ConnectionCheck {
  readonly connection: string
  readonly system: string
  readonly report: CheckReport | null
  /** Why there is no report. */
  readonly failure: Failure | null
}

/** What came of trying a connection. */
export interface Tried {
  readonly check: ConnectionCheck
  /** None where the check did not pass. */
  readonly choices: readonly AccountChoice[]
  /** Whether `setup` creates something that the account lacks. */
  readonly sets: boolean
}

export type System = Pick<Connector, 'name' | 'title' | 'role' | 'settings' | 'steps'>

/** Secrets of connections that are in no file: they were renewed, or a person entered them. They are kept encrypted. */
export interface ConnectionSecrets {
  /** What goes with these configured settings. @throws SyncError when no key opens it */
  kept(connection: string, configured: JsonObject): Promise<JsonObject>
  /** Drops them all. */
  drop(connection: string): Promise<void>
  /**
   * Keeps secrets for settings that are about to be published, beside those in use, which count until then.
   * @param change.before  the settings in force; null for a new connection
   */
  prepare(
    connection: string,
    change: { readonly before: JsonObject | null; readonly after: JsonObject; readonly secrets: JsonObject },
  ): Promise<void>
}

/** What main knows of a project: where its files are, and how one is built of them. */
export interface Workshop {
  /** Path of the configuration among the files. */
  readonly configPath: string
  /** Of this process. */
  readonly fixed: Fixed
  /** The project's own files as they are on disk now. */
  disk(): Promise<Texts>
  /** The text of a file that comes with Crosswalk, null when there is none. */
  shipped(path: string): Promise<string | null>
  parse(config: string): ParsedConfig
  /**
   * With its connections, of which those that are as they were go on. Mappings are not looked at yet.
   * @throws SyncError `configuration_invalid` for settings of a connection that do not fit
   */
  open(config: Config, texts: Texts): Promise<Project>
  /** The same, to try something with: the ledger is told nothing of it. */
  imagine(config: Config, texts: Texts): Promise<Project>
  readonly systems: readonly System[]
  readonly secrets: ConnectionSecrets
  /** Opens a connection that no project has yet, proves it, and asks what its account has. Writes nothing. */
  tryOut(name: string, system: string, settings: Readonly<Record<string, Json>>): Promise<Tried>
  digest(text: string): string
}
