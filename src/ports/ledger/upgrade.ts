/** What a release would do to a database, and whether it may. */
export interface UpgradeReport {
  /** Whether `crosswalk upgrade` would go ahead now. */
  readonly ready: boolean
  readonly node: string
  readonly database: DatabaseReport
  /** In the order in which they would run. */
  readonly migrations: readonly PendingMigration[]
  /** Migrations of a newer release, which this one works beside. */
  readonly newer: readonly string[]
  /** Who has the database open. */
  readonly processes: readonly RunningProcess[]
  readonly findings: readonly UpgradeFinding[]
}
interface DatabaseReport {
  readonly place: string
  /** False before a first start. */
  readonly exists: boolean
  /** Of PostgreSQL; null where there is none yet. */
  readonly version: string | null
  readonly bytes: number | null
}
export interface PendingMigration {
  readonly name: string
  /** Whether processes of an older release go on working after it; before a breaking one they must end. */
  readonly kind: 'additive' | 'breaking'
  /** Tables that are there already. */
  readonly tables: readonly AffectedTable[]
}
export interface AffectedTable {
  readonly table: string
  /** `columns` takes a moment whatever the size; during `index` and `rewrite` who writes to the table waits; `rows` changes rows. */
  readonly work: 'columns' | 'index' | 'rewrite' | 'rows'
  /** As PostgreSQL estimates them. */
  readonly rows: number
  readonly bytes: number
}
export interface RunningProcess {
  readonly host: string
  readonly pid: number
  readonly schema: string
  readonly since: string
  readonly seen: string
}
export interface UpgradeFinding {
  /** An error is in the way. */
  readonly level: 'error' | 'warning' | 'info'
  readonly about: 'database' | 'processes' | 'disk' | 'backup' | 'configuration' | 'mappings' | 'tests'
  readonly message: string
  readonly fix: string | null
}
