import { bounded, type Failure } from '../core/problem.ts'
import { type RecordRef, refText } from '../core/ref.ts'
import type {
  KnownProblem,
  MissingEntry,
  NewProblem,
  ProblemDeed,
  ProblemMute,
  Problems,
} from '../ports/ledger/problems.ts'
import type { Database, Statement } from './database.ts'
import { openPages, type Placed } from './page.ts'
import { storedJson, storedName } from './stored-json.ts'

// A problem is open while records wait on it, or when it is about a whole sync. As that follows from the waiting records,
// two workers that raise and clear at once cannot leave a record waiting on a closed problem.
const isOpen = `(problem.whole or exists (select from crosswalk.problem_records one where one.problem_id = problem.id))`
const waitingNow = `(select count(*)::integer from crosswalk.problem_records one where one.problem_id = problem.id)`
// What an older release opened again, or closed, has these from the time before.
const since = (column: string, begin: 'first_seen' | 'last_seen') => `problem.${column} >= problem.${begin}`
const isMuted = since('muted_at', 'first_seen')
const isClosedHere = `not ${isOpen} and ${since('closed_at', 'last_seen')}`

const raise = {
  name: 'problems.raise',
  text: `
    with given as (
      select * from rows from (
        json_to_recordset($1) as ("sync" text, "causeKey" text, "failure" jsonb, "records" jsonb)
      ) with ordinality as given (sync, cause_key, failure, records, place)
    ), problem as (
      insert into crosswalk.problems as problem (sync, cause_key, kind, failure, whole, first_seen, last_seen, waited)
      select distinct on (sync, cause_key) sync, cause_key, failure #>> '{problem,kind}', failure,
        bool_or(records = '[]') over same, statement_timestamp(), statement_timestamp(),
        sum(jsonb_array_length(records)) over same
      from given window same as (partition by sync, cause_key) order by sync, cause_key, place desc
      on conflict (sync, cause_key) do update set
        kind = excluded.kind, failure = excluded.failure, last_seen = excluded.last_seen,
        whole = problem.whole or excluded.whole,
        first_seen = case when ${isOpen} then problem.first_seen else excluded.first_seen end,
        waited = case when ${isOpen} then coalesce(problem.waited, ${waitingNow}) else excluded.waited end,
        came_back = case when ${isOpen} then problem.came_back else problem.came_back + 1 end
      returning id, sync, cause_key
    ), named as (
      select distinct on (sync, record.connection, record.object, record.id)
        sync, record.connection, record.object, record.id, problem.id as problem_id, failure
      from given join problem using (sync, cause_key),
        jsonb_to_recordset(records) as record (connection text, object text, id text)
      order by sync, record.connection, record.object, record.id, place desc
    ), left_behind as (
      update crosswalk.problems problem set
        closed_at = statement_timestamp(), closed_how = 'other_problem', closed_by = null
      where problem.id in (
        select waiting.problem_id from crosswalk.problem_records waiting join named
          on waiting.sync = named.sync and waiting.connection = named.connection and waiting.object = named.object
          and waiting.record_id = named.id
      ) and problem.id not in (select id from problem)
    )
    insert into crosswalk.problem_records as waiting (sync, connection, object, record_id, problem_id, failure, since)
    select sync, connection, object, id, problem_id, failure, statement_timestamp()
    from named order by sync, connection, object, id
    on conflict (sync, connection, object, record_id) do update set
      problem_id = excluded.problem_id, failure = excluded.failure, tried_how = null, tried_by = null,
      since = case when waiting.problem_id = excluded.problem_id then waiting.since else excluded.since end`,
}

const clear = {
  name: 'problems.clear',
  text: `
    with gone as (
      delete from crosswalk.problem_records waiting
      using unnest($2::text[], $3::text[], $4::text[]) as record (connection, object, id)
      where waiting.sync = $1 and waiting.connection = record.connection and waiting.object = record.object
        and waiting.record_id = record.id
      returning waiting.problem_id, tried_how, tried_by, record.connection, record.object, record.id
    ), cured as (
      select distinct on (problem_id) problem_id, tried_how, tried_by from gone order by problem_id, tried_how, tried_by
    ), noted as (
      update crosswalk.problems problem set closed_at = statement_timestamp(),
        closed_how = coalesce(tried_how, 'by_itself'), closed_by = tried_by
      from cured where problem.id = cured.problem_id
    )
    select connection, object, id from gone`,
}

// Two cures of one record: the later one counts, but for that of nobody in particular.
const tried = {
  name: 'problems.tried',
  text: `
    with named as (
      select waiting.sync, waiting.connection, waiting.object, waiting.record_id, waiting.problem_id
      from unnest($2::text[], $3::text[], $4::text[]) as record (connection, object, id)
      join crosswalk.problem_records waiting on waiting.sync = $1 and waiting.connection = record.connection
        and waiting.object = record.object and waiting.record_id = record.id
    ), touched as (
      update crosswalk.problems problem set touched_at = statement_timestamp(), waited = ${waitingNow}
      where problem.id in (select problem_id from named) and $6::text is not null
      returning problem.id
    ), told as (
      insert into crosswalk.problem_deeds (problem_id, at, deed, actor) select id, statement_timestamp(), $5, $6 from touched
    )
    update crosswalk.problem_records waiting set
      tried_how = case when $6 is null then coalesce(waiting.tried_how, $5) else $5 end,
      tried_by = case when $6 is null then waiting.tried_by else $6 end
    from named where waiting.sync = named.sync and waiting.connection = named.connection
      and waiting.object = named.object and waiting.record_id = named.record_id`,
}

/** Something that a person does about an open problem, and that its story tells. `$1` is the id, `$2` who, `$3` what goes with it. */
const deedOf = (deed: string, set: string, where = 'true') => ({
  name: `problems.${deed}`,
  text: `
    with done as (
      update crosswalk.problems problem set touched_at = statement_timestamp(), waited = ${waitingNow}, ${set}
      where problem.id = $1::bigint and ${isOpen} and ${where} returning problem.id
    )
    insert into crosswalk.problem_deeds (problem_id, at, deed, actor, about)
    select id, statement_timestamp(), '${deed}', $2::text, $3::text from done returning problem_id`,
})
const assigned = deedOf('assigned', 'assignee = $3::text')
const unassigned = deedOf('unassigned', 'assignee = $3::text')
const muted = deedOf(
  'muted',
  `muted_at = statement_timestamp(), muted_by = $2::text, muted_because = $3::text, muted_until = $4::date,
    muted_waiting = ${waitingNow}, muted_kind = problem.kind`,
)
const unmuted = deedOf('unmuted', 'muted_at = null', isMuted)

const deeds = {
  name: 'problems.deeds',
  text: `
    select at, deed, actor, about from crosswalk.problem_deeds where problem_id = $1 order by id desc limit $2`,
}

const close = {
  name: 'problems.close',
  text: `
    update crosswalk.problems set
      whole = false, closed_at = statement_timestamp(), closed_how = $3, closed_by = $4
    where sync = $1 and cause_key = any($2) and whole`,
}

const whole = {
  name: 'problems.whole',
  text: `
    select sync, cause_key as "causeKey", failure, first_seen as "firstSeen", last_seen as "lastSeen" from crosswalk.problems
    where whole and sync = any($1) order by first_seen, id`,
}

const ofRecords = {
  name: 'problems.ofRecords',
  text: `
    select record.connection, record.object, record.id, waiting.failure
    from unnest($2::text[], $3::text[], $4::text[]) as record (connection, object, id)
    join crosswalk.problem_records waiting on waiting.sync = $1 and waiting.connection = record.connection
      and waiting.object = record.object and waiting.record_id = record.id`,
}

const ofId = {
  name: 'problems.ofId',
  text: `
    select sync, json_build_object('connection', connection, 'object', object, 'id', record_id) as ref, failure
    from crosswalk.problem_records where record_id = $1 order by since`,
}

const missingEntries = {
  name: 'problems.missingEntries',
  text: `
    select id as problem, sync, failure #>> '{problem,entry,table}' as table, failure #>> '{problem,entry,key}' as key
    from crosswalk.problems problem
    where kind = 'mapping_failed' and failure #> '{problem,entry}' is not null and ${isOpen} order by id`,
}

const columns = `problem.id, problem.sync, problem.kind, problem.cause_key as "causeKey", problem.failure ->> 'message' as message,
      problem.failure ->> 'fix' as fix, problem.failure ->> 'field' as field,
      problem.first_seen as "firstSeen", problem.last_seen as "lastSeen",
      ${waitingNow} as waiting, ${isOpen} as "isOpen", problem.came_back as "cameBack", problem.waited, problem.assignee,
      case when ${since('touched_at', 'first_seen')} then problem.touched_at end as "touchedAt",
      case when ${isMuted} then problem.muted_at end as "mutedAt", problem.muted_by as "mutedBy",
      problem.muted_because as "mutedBecause", problem.muted_until::text as "mutedUntil",
      problem.muted_waiting as "mutedWaiting", problem.muted_kind as "mutedKind",
      case when ${isClosedHere} then problem.closed_at end as "closedAt",
      case when ${isClosedHere} then problem.closed_how end as "closedHow",
      case when ${isClosedHere} then problem.closed_by end as "closedBy",
      array(
        select json_build_object('connection', connection, 'object', object, 'id', record_id)
        from crosswalk.problem_records one where one.problem_id = problem.id
        order by since, record_id limit 5
      ) as records`

const pages = openPages(
  {
    name: 'problems.page',
    columns,
    from: 'crosswalk.problems problem',
    where: `($1::text is null or problem.sync = $1) and ($2::bigint is null or problem.id = $2)
      and ($3::text is null or problem.kind = $3) and ($4::boolean is null or ${isOpen} = $4)
      and ($5::text is null or problem.assignee = $5)`,
    id: 'problem.id',
    keys: {
      opened: { sql: 'problem.id', type: 'bigint' },
      seen: {
        sql: `case when ${isClosedHere} then problem.closed_at else problem.last_seen end`,
        type: 'timestamptz',
      },
    },
  },
  ({ placeKey: _key, placeId: _id, ...row }: Row & Placed): KnownProblem => problemOf(row),
)

const waiting = {
  name: 'problems.waiting',
  text: `
    select connection, object, record_id as id from crosswalk.problem_records
    where problem_id = $1 order by since, record_id limit $2`,
}

const columnsOf = (records: readonly RecordRef[]) => [
  records.map((one) => one.connection),
  records.map((one) => one.object),
  records.map((one) => one.id),
]

const storable = (problem: NewProblem): NewProblem => ({
  ...problem,
  causeKey: storedName(problem.causeKey),
  failure: bounded(problem.failure),
})

type Row = Omit<KnownProblem, 'mute'> & {
  readonly mutedAt: ProblemMute['at'] | null
  readonly mutedBy: ProblemMute['by']
  readonly mutedBecause: ProblemMute['because']
  readonly mutedUntil: ProblemMute['until']
  readonly mutedWaiting: ProblemMute['waiting']
  readonly mutedKind: ProblemMute['kind']
}

function problemOf(row: Row): KnownProblem {
  const { mutedAt, mutedBy: by, mutedBecause: because, mutedUntil: until, mutedWaiting, mutedKind, ...problem } = row
  const mute = mutedAt === null ? null : { at: mutedAt, by, because, until, waiting: mutedWaiting, kind: mutedKind }
  return { ...problem, mute }
}

export function openProblems(database: Database): Problems {
  const did = async (statement: Statement, values: readonly unknown[]) =>
    (await database.rows(statement, values)).length > 0
  const page: Problems['page'] = ({ sync, id, kind, assignee, which = 'open', ...wanted }) =>
    pages(database, wanted, [sync, id, kind, which === 'any' ? null : which === 'open', assignee])
  return {
    async raise(problems) {
      if (problems.length > 0) await database.rows(raise, [storedJson(problems.map(storable))])
    },
    async clear(sync, records) {
      return records.length === 0 ? [] : database.rows<RecordRef>(clear, [sync, ...columnsOf(records)])
    },
    async close(sync, causeKeys, { how, by } = { how: 'by_itself', by: null }) {
      await database.rows(close, [sync, causeKeys.map(storedName), how, by])
    },
    async tried(sync, records, { how, by }) {
      if (records.length > 0) await database.rows(tried, [sync, ...columnsOf(records), how, by])
    },
    assign: (id, assignee, by) => did(assignee === null ? unassigned : assigned, [id, by, assignee]),
    mute: (id, { by, because, until }) => did(muted, [id, by, because, until]),
    unmute: (id, by) => did(unmuted, [id, by, null]),
    deeds: (id, max) => database.rows<ProblemDeed>(deeds, [id, max]),
    whole: (syncs) => database.rows(whole, [syncs]),
    async ofRecords(sync, records) {
      if (records.length === 0) return new Map()
      const rows = await database.rows<RecordRef & { failure: Failure }>(ofRecords, [sync, ...columnsOf(records)])
      return new Map(rows.map(({ failure, ...ref }) => [refText(ref), failure]))
    },
    ofId: (id) => database.rows<{ sync: string; ref: RecordRef; failure: Failure }>(ofId, [id]),
    missingEntries: () => database.rows<MissingEntry>(missingEntries, []),
    list: async (filter) => (await page({ sort: 'seen', direction: 'desc', ...filter })).rows,
    page,
    waiting: (problemId, max) => database.rows<RecordRef>(waiting, [problemId, max]),
  }
}
