import type { Crosswalk } from '../app/crosswalk.ts'
import type { Tried } from '../app/project/workshop.ts'
import type { Json } from '../core/json.ts'
import type { Instant } from '../core/time.ts'
import type { Clock } from '../ports/clock.ts'
import type { Connector } from '../ports/connector.ts'
import type { Account } from '../ports/ledger/accounts.ts'
import type { UpgradeReport } from '../ports/ledger/upgrade.ts'
import type { Prompts } from './prompts.ts'

/** 0 fine · 1 problems remain, findings, failed checks · 2 wrong usage or configuration. */
export type ExitCode = 0 | 1 | 2

/** What a command needs to reach the configured systems. */
export interface Project {
  /** As given or by default, relative to the working directory. */
  readonly config: string
  readonly home: string
  readonly verbose: boolean
  /** Fires at the first Ctrl-C. */
  readonly signal: AbortSignal
}

export type DemoPlay =
  | { readonly do: 'win' | 'mend' | 'watch' }
  | { readonly do: 'amend'; readonly deal: string | null }
  | { readonly do: 'break'; readonly how: 'down' | 'refuses' }
  /** A command line. */
  | { readonly do: 'ask'; readonly args: readonly string[] }

export type Role = 'all' | 'api' | 'worker'

export interface ResealedSecrets {
  /** Encrypted with the current key now. */
  readonly done: readonly string[]
  /** What no key opens. */
  readonly lost: readonly string[]
  /** Whether the key before is still kept, for processes that run with it. */
  readonly keepsOld: boolean
}

/** The dependencies of the command line, handed in by src/main. */
export interface CliDeps {
  /** Of the package, for `--version`. */
  readonly version: string
  /** Who sits at the command line: `ida@host`. */
  readonly actor: string
  readonly systems: readonly Pick<Connector, 'name' | 'title' | 'role' | 'settings'>[]
  /** The variables that a project is started with, its `.env` among them. @param config  path of its configuration */
  environment(config: string): Promise<Readonly<Record<string, string | undefined>>>
  /** Path of the `.env` of a project. @param config  path of its configuration */
  envFile(config: string): string
  /** Opens a connection that no project has yet, proves it, and asks what its account has. Changes nothing. */
  tryConnection(name: string, system: string, settings: Readonly<Record<string, Json>>): Promise<Tried>
  open(project: Project): Promise<{ readonly crosswalk: Crosswalk; close(): Promise<void> }>
  /** What is encrypted in the ledger of a project, also where its configuration cannot be opened. */
  readonly vault: {
    rotate(project: Project, options: { readonly finish: boolean }): Promise<ResealedSecrets>
    /** @param connection  null for the published files @returns whether there was anything */
    forget(project: Project, connection: string | null): Promise<boolean>
  }
  /** People who may sign in to the console, also where nobody can sign in any more. */
  readonly accounts: {
    list(project: Project): Promise<readonly Account[]>
    /**
     * A one-time link by which a password is chosen; a person who is not there is added.
     * @param role  null leaves it as it is @returns the path below the address of the server
     */
    link(
      project: Project,
      name: string,
      role: string | null,
    ): Promise<{ readonly path: string; readonly endsAt: Instant; readonly isNew: boolean }>
  }
  readonly upgrade: {
    /** What the upgrade of a project's database to this release would do, and what is in its way. Changes nothing. */
    check(project: Project): Promise<UpgradeReport>
    /** Brings the database up to date. */
    run(project: Project): Promise<void>
  }
  /** Runs the server until the signal fires. `port` null leaves it to the configuration. */
  start(project: Project, options: { role: Role; port: number | null }): Promise<void>
  /** @param options.home  where it tells how it is reached @returns the exit code */
  demo(options: {
    once: boolean
    crm: string
    erp: string
    home: string
    verbose: boolean
    signal: AbortSignal
  }): Promise<ExitCode>
  /** Does something in the demo that runs in another terminal. @throws SyncError where none runs */
  playDemo(what: DemoPlay, project: Project): Promise<ExitCode>
  /** Serves simulated systems until the signal fires. Port 0 is any free one; the others follow it. */
  simulate(
    systems: readonly string[],
    options: { port: number; env: string | null; signal: AbortSignal },
  ): Promise<void>
  /** Removes secrets from a text that nobody has cleaned yet: that of an error nobody expected. */
  clean(text: string): string
  /** Write as given: a line brings its own line feed. */
  out(text: string): void
  err(text: string): void
  /** Columns of the terminal behind each stream; null where it is a file or a pipe. */
  readonly outColumns: number | null
  readonly errColumns: number | null
  readonly color: boolean
  /** Null where there is no terminal to ask on. */
  readonly prompts: Prompts | null
  /** Calls back at every SIGINT and SIGTERM. @returns a function that ends this */
  onInterrupt(listener: () => void): () => void
  /** Ends the process at once. */
  exit(code: number): void
  readonly clock: Clock
  /** IANA name, in which times are shown. */
  readonly timeZone: string
  readonly cwd: string
}
