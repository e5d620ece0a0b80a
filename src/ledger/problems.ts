import { bounded, type Failure } from '../core/problem.ts'
import { type RecordRef, refText } from '../core/ref.ts'
import type { MissingEntry, NewProblem, OpenProblem, Problems } from '../ports/ledger/problems.ts'
import type { Database } from './database.ts'
import { storedJson, storedName } from './stored-json.ts'

// A problem is open while records wait on it, or when it is about a whole sync. As that follows from the waiting records,
// two workers that raise and clear at once cannot leave a record waiting on a closed problem.
const isOpen = `(problem.whole or exists (select from crosswalk.problem_records one where one.problem_id = problem.id))`

const raise = {
  name: 'problems.raise',
  text: `
    with given as (
      select * from rows from (
        json_to_recordset($1) as ("sync" text, "causeKey" text, "failure" jsonb, "records" jsonb)
      ) with ordinality as given (sync, cause_key, failure, records, place)
    ), problem as (
      insert into crosswalk.problems as problem (sync, cause_key, kind, failure, whole, first_seen, last_seen)
      select distinct on (sync, cause_key) sync, cause_key, failure #>> '{problem,kind}', failure,
        bool_or(records = '[]') over (partition by sync, cause_key), statement_timestamp(), statement_timestamp()
      from given order by sync, cause_key, place desc
      on conflict (sync, cause_key) do update set
        kind = excluded.kind, failure = excluded.failure, last_seen = excluded.last_seen,
        whole = problem.whole or excluded.whole,
        first_seen = case when ${isOpen} then problem.first_seen else excluded.first_seen end
      returning id, sync, cause_key
    )
    insert into crosswalk.problem_records as waiting (sync, connection, object, record_id, problem_id, failure, since)
    select distinct on (sync, record.connection, record.object, record.id)
      sync, record.connection, record.object, record.id, problem.id, failure, statement_timestamp()
    from given join problem using (sync, cause_key),
      jsonb_to_recordset(records) as record (connection text, object text, id text)
    order by sync, record.connection, record.object, record.id, place desc
    on conflict (sync, connection, object, record_id) do update set
      problem_id = excluded.problem_id, failure = excluded.failure,
      since = case when waiting.problem_id = excluded.problem_id then waiting.since else excluded.since end`,
}

const clear = {
  name: 'problems.clear',
  text: `
    delete from crosswalk.problem_records waiting
    using unnest($2::text[], $3::text[], $4::text[]) as record (connection, object, id)
    where waiting.sync = $1 and waiting.connection = record.connection and waiting.object = record.object
      and waiting.record_id = record.id
    returning record.connection, record.object, record.id`,
}

const close = {
  name: 'problems.close',
  text: `update crosswalk.problems set whole = false where sync = $1 and cause_key = any($2)`,
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

const list = {
  name: 'problems.list',
  text: `
    select problem.id, problem.sync, problem.kind, problem.cause_key as "causeKey", problem.failure ->> 'message' as message,
      problem.failure ->> 'fix' as fix, problem.failure ->> 'field' as field,
      problem.first_seen as "firstSeen", problem.last_seen as "lastSeen",
      (select count(*)::integer from crosswalk.problem_records one where one.problem_id = problem.id) as waiting,
      array(
        select json_build_object('connection', connection, 'object', object, 'id', record_id)
        from crosswalk.problem_records one where one.problem_id = problem.id
        order by since, record_id limit 5
      ) as records
    from crosswalk.problems problem
    where ($1::text is null or problem.sync = $1) and ($2::bigint is null or problem.id = $2)
      and ($3::text is null or problem.kind = $3) and ${isOpen}
    order by problem.last_seen desc, problem.id desc limit $4`,
}

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

export function openProblems(database: Database): Problems {
  return {
    async raise(problems) {
      if (problems.length > 0) await database.rows(raise, [storedJson(problems.map(storable))])
    },
    async clear(sync, records) {
      return records.length === 0 ? [] : database.rows<RecordRef>(clear, [sync, ...columnsOf(records)])
    },
    async close(sync, causeKeys) {
      await database.rows(close, [sync, causeKeys.map(storedName)])
    },
    whole: (syncs) => database.rows(whole, [syncs]),
    async ofRecords(sync, records) {
      if (records.length === 0) return new Map()
      const rows = await database.rows<RecordRef & { failure: Failure }>(ofRecords, [sync, ...columnsOf(records)])
      return new Map(rows.map(({ failure, ...ref }) => [refText(ref), failure]))
    },
    ofId: (id) => database.rows<{ sync: string; ref: RecordRef; failure: Failure }>(ofId, [id]),
    missingEntries: () => database.rows<MissingEntry>(missingEntries, []),
    list: ({ sync, id, kind, max }) => database.rows<OpenProblem>(list, [sync, id, kind, max]),
    waiting: (problemId, max) => database.rows<RecordRef>(waiting, [problemId, max]),
  }
}
