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
 * connections, whose settings hold secrets of the environment; server and log; and what else names the environment.
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
  /** With the connections of this process. Mappings are not looked at yet. */
  open(config: Config, texts: Texts): Project
  /** The same, to try something with: the ledger is told nothing of it. */
  imagine(config: Config, texts: Texts): Project
  digest(text: string): string
}
