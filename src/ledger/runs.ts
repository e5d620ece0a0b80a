import type { Instant } from '../core/time.ts'
import type { Run, RunKind, Runs } from '../ports/ledger/runs.ts'
import type { Database } from './database.ts'

const start = {
  name: 'runs.start',
  text: `insert into crosswalk.runs (sync, kind, state, started_at, actor) values ($1, $2, 'running', $3, $4) returning id`,
}

const join = {
  name: 'runs.join',
  text: `
    select id from crosswalk.runs
    where sync = $1 and kind = $2 and started_at > $3::timestamptz - $4 * interval '1 millisecond'
    order by id desc limit 1`,
}

const count = {
  name: 'runs.count',
  text: `
    update crosswalk.runs set
      state = case when waits_until is null then state else 'done' end,
      reason = case when waits_until is null then reason end, waits_until = null,
      counts = (
      select jsonb_object_agg(name, total) from (
        select name, sum(value::bigint) as total
        from (select * from jsonb_each_text(counts) union all select * from jsonb_each_text($2::jsonb)) as one (name, value)
        group by name
      ) as totals
    )
    where id = $1`,
}

const finish = {
  name: 'runs.finish',
  text: `update crosswalk.runs set state = $2, reason = $3, ended_at = $4 where id = $1`,
}

const wait = {
  name: 'runs.wait',
  text: `
    update crosswalk.runs set state = 'stopped', reason = $2, waits_until = $3, ended_at = $4 where id = any($1::bigint[])`,
}

const list = {
  name: 'runs.list',
  text: `
    select id, sync, kind, state, started_at as "startedAt", ended_at as "endedAt", counts, reason, actor,
      waits_until as "waitsUntil"
    from crosswalk.runs where ($1::text is null or sync = $1) and ($2::bigint is null or id < $2)
      and ($4::text is null or kind = $4)
    order by id desc limit $3`,
}

export function openRuns(database: Database): Runs {
  async function begin(sync: string, kind: RunKind, now: Instant, actor: string | null): Promise<string> {
    const [row] = await database.rows<{ id: string }>(start, [sync, kind, now, actor])
    if (row === undefined) throw new Error(`The run of sync "${sync}" was not stored.`)
    return row.id
  }
  return {
    start: (sync, kind, now, actor = null) => begin(sync, kind, now, actor),
    async join(sync, kind, now, withinMs) {
      const [row] = await database.rows<{ id: string }>(join, [sync, kind, now, withinMs])
      return row?.id ?? begin(sync, kind, now, null)
    },
    async count(id, counts) {
      if (Object.keys(counts).length > 0) await database.rows(count, [id, JSON.stringify(counts)])
    },
    async finish(id, { state, reason, now }) {
      await database.rows(finish, [id, state, reason, now])
    },
    async wait(ids, { reason, until, now }) {
      if (ids.length > 0) await database.rows(wait, [ids, reason, until, now])
    },
    list: ({ sync, kind, after, max }) => database.rows<Run>(list, [sync, after, max, kind]),
  }
}
