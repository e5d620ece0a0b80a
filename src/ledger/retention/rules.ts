import type { Keep } from '../../ports/ledger/retention.ts'

/** What keeps a table from growing for ever. */
export type Rule =
  /** Rows go that are older than so many days of the configuration. `$1` is now, `$2` the days. */
  | { readonly by: 'age'; readonly days: AgeName; readonly where: string }
  /** Rows go whose name the configuration has no more. `$1` are the names, `$2` the days that they stay all the same. */
  | { readonly by: 'name'; readonly of: keyof Keep['configured']; readonly where: string }
  /** The newest so many rows stay. */
  | { readonly by: 'number'; readonly where: string }
  /** Rows go that are over. */
  | { readonly by: 'end'; readonly where: string }
  /** Nothing is to be removed. */
  | { readonly by: 'reason'; readonly because: string }
type AgeName = 'timelines' | 'webhooks' | 'runs' | 'problems' | 'certificates' | 'audit'

// A clock that runs ahead, ours or the database's, must not make everything old: the one that is behind counts.
const isOld = (column: string) => `${column} < least($1::timestamptz, statement_timestamp()) - $2 * interval '1 day'`
const isGone = `gone_since < statement_timestamp() - $2 * interval '1 day' and $1::text[] is not null`
/** Of a sync that is neither configured nor remembered. */
const isOrphan = `sync <> all($1::text[]) and $2::integer is not null
  and not exists (select from crosswalk.syncs known where known.sync = row.sync)`
// What an owner of deals was told has the channel's name before theirs.
const isOfNoChannel = `split_part(channel, ' ', 1) <> all($1::text[]) and $2::integer is not null`

const hasEnded = `ends_at < statement_timestamp() - interval '1 day'`

/**
 * Every table of the ledger, in the order in which they are purged. A new table does not pass the tests until it has its rule
 * here, in retention.test.ts a proof, and a line in "Retention" of docs/operations.md where it holds something for people.
 */
export const rules: Readonly<Record<string, Rule>> = {
  timeline: { by: 'age', days: 'timelines', where: isOld('at') },
  requests: { by: 'age', days: 'webhooks', where: isOld('received_at') },
  events: { by: 'age', days: 'webhooks', where: isOld('received_at') },
  // One whose process died has no end. It gets a month more than those that have one.
  runs: { by: 'age', days: 'runs', where: isOld(`coalesce(ended_at, started_at + interval '30 days')`) },
  audit: { by: 'age', days: 'audit', where: isOld('at') },
  sessions: { by: 'end', where: hasEnded },
  one_time_links: { by: 'end', where: hasEnded },
  api_tokens: { by: 'end', where: hasEnded },
  shared_orders: { by: 'end', where: hasEnded },
  certificates: { by: 'age', days: 'certificates', where: isOld('at') },
  // The newest has the files in force.
  revisions: { by: 'number', where: 'number <= (select max(number) from crosswalk.revisions) - 1000' },
  syncs: { by: 'name', of: 'syncs', where: isGone },
  inbox: { by: 'name', of: 'syncs', where: isOrphan },
  allowances: { by: 'name', of: 'syncs', where: isOrphan },
  quota_waits: { by: 'name', of: 'syncs', where: isOrphan },
  problem_records: { by: 'name', of: 'syncs', where: isOrphan },
  problems: {
    by: 'age',
    days: 'problems',
    where: `${isOld('last_seen')} and not whole
      and not exists (select from crosswalk.problem_records one where one.problem_id = row.id)`,
  },
  // They go with their problem; of one that is open for long, with age.
  problem_deeds: { by: 'age', days: 'problems', where: isOld('at') },
  connections: { by: 'name', of: 'connections', where: isGone },
  // They are learnt anew within a call.
  budgets: { by: 'name', of: 'connections', where: lapsed('ends_at') },
  quotas: { by: 'name', of: 'connections', where: lapsed('ends_at') },
  parallelism: { by: 'name', of: 'connections', where: 'connection <> all($1::text[]) and $2::integer is not null' },
  streams: { by: 'name', of: 'connections', where: lapsed('lease_until') },
  alert_channels: { by: 'name', of: 'channels', where: isOfNoChannel },
  alerts: { by: 'name', of: 'channels', where: isOfNoChannel },
  links: {
    by: 'reason',
    because:
      'one for each order, customer, address and product: without it an order is not known. Those that are over are archived',
  },
  accounts: {
    by: 'reason',
    because: 'one for each person who may sign in; who left is disabled, so that the name stays theirs',
  },
  identities: { by: 'reason', because: 'one for each person who signs in at a provider; they go with the account' },
  alerting: { by: 'reason', because: 'has one row' },
  started: { by: 'reason', because: 'has one row' },
  upkeep: { by: 'reason', because: 'has one row for each periodic task' },
  processes: { by: 'reason', because: 'a process that starts removes those that are gone' },
  migrations: { by: 'reason', because: 'has one row for each migration' },
}

/** A process that was started with another configuration may still use it. */
function lapsed(column: string): string {
  return `connection <> all($1::text[]) and ${column} < statement_timestamp() - interval '1 day' and $2::integer is not null`
}
