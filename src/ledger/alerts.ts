import type { Alerts, ChannelState, HeldBy, Told, WaitingDeal } from '../ports/ledger/alerts.ts'
import type { Database } from './database.ts'
import { storedJson } from './stored-json.ts'

const take = {
  name: 'alerts.take',
  text: `
    insert into crosswalk.alerting as stored (worker, lease_until)
    values ($1, statement_timestamp() + $2 * interval '1 millisecond')
    on conflict (one) do update set worker = excluded.worker, lease_until = excluded.lease_until
    where stored.lease_until < statement_timestamp()
    returning worker`,
}

const leave = {
  name: 'alerts.leave',
  text: `update crosswalk.alerting set lease_until = '-infinity' where worker = $1`,
}

const channels = {
  name: 'alerts.channels',
  text: `
    select channel, waiting_since as "waitingSince", told_at as "toldAt", failures, failing_since as "failingSince",
      next_try_at as "nextTryAt", failure, certified
    from crosswalk.alert_channels order by channel`,
}

const setChannel = {
  name: 'alerts.setChannel',
  text: `
    insert into crosswalk.alert_channels
      (channel, waiting_since, told_at, failures, failing_since, next_try_at, failure, certified)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
    on conflict (channel) do update set
      waiting_since = excluded.waiting_since, told_at = excluded.told_at, failures = excluded.failures,
      failing_since = excluded.failing_since, next_try_at = excluded.next_try_at, failure = excluded.failure,
      certified = excluded.certified`,
}

const told = {
  name: 'alerts.told',
  text: `
    select subject, condition, step, told_at as "toldAt" from crosswalk.alerts where channel = $1 order by subject`,
}

const toldOwners = {
  name: 'alerts.toldOwners',
  text: `
    select channel, subject, condition, step, told_at as "toldAt" from crosswalk.alerts
    where starts_with(channel, $1 || ' ') order by channel, subject`,
}

const waiting = {
  name: 'alerts.waiting',
  text: `
    select waiting.sync, json_build_object('connection', connection, 'object', object, 'id', record_id) as ref,
      waiting.failure #>> '{problem,kind}' as kind, waiting.failure ->> 'message' as message, waiting.since,
      problem_id as problem
    from crosswalk.problem_records waiting
    where waiting.sync = any($1) and waiting.failure #>> '{problem,kind}' = any($2)
    order by waiting.since, connection, object, record_id limit $3`,
}

const setTold = {
  name: 'alerts.setTold',
  text: `
    with over as (delete from crosswalk.alerts where channel = $1 and subject = any($3))
    insert into crosswalk.alerts (channel, subject, condition, step, told_at)
    select $1, subject, condition, step, "toldAt"
    from jsonb_to_recordset($2) as given (subject text, condition jsonb, step integer, "toldAt" timestamptz)
    on conflict (channel, subject) do update set
      condition = excluded.condition, step = excluded.step, told_at = excluded.told_at`,
}

const keepChannels = {
  name: 'alerts.keepChannels',
  text: `
    with gone as (delete from crosswalk.alert_channels where channel <> all($1))
    delete from crosswalk.alerts where channel <> all($1)`,
}

const held = {
  name: 'alerts.held',
  text: `
    with waiting as (
      select one.problem_id, one.connection, one.object, one.record_id as id, link.label, link.amount, link.currency,
        row_number() over (partition by one.problem_id order by link.amount desc nulls last, one.since, one.record_id) as nth
      from crosswalk.problem_records one
      left join lateral (
        select source_label as label, source_amount as amount, source_currency as currency from crosswalk.links link
        where link.sync = any($2) and link.kind = any($3) and link.source_connection = one.connection
          and link.source_object = one.object and link.source_id = one.record_id
        order by link.id limit 1
      ) link on true
      where one.problem_id = any($1::bigint[])
    ), summed as (
      select problem_id, currency, sum(amount)::text as amount from waiting
      where amount is not null group by problem_id, currency
    )
    select problem_id as problem,
      (count(*) filter (where amount is null))::integer as unknown,
      coalesce(json_agg(json_build_object('connection', connection, 'object', object, 'id', id, 'label', label,
        'amount', amount::text, 'currency', currency) order by nth)
        filter (where nth <= $4), '[]') as records,
      (select coalesce(json_agg(json_build_object('currency', currency, 'amount', amount) order by currency), '[]')
        from summed where summed.problem_id = waiting.problem_id) as sums
    from waiting group by problem_id order by problem_id`,
}

export function openAlerts(database: Database): Alerts {
  return {
    take: async (worker, leaseMs) => (await database.rows(take, [worker, leaseMs])).length > 0,
    async leave(worker) {
      await database.rows(leave, [worker])
    },
    channels: () => database.rows<ChannelState>(channels, []),
    async setChannel(channel, { waitingSince, toldAt, failures, failingSince, nextTryAt, failure, certified }) {
      const stored = failure === null ? null : storedJson(failure)
      await database.rows(setChannel, [
        channel,
        waitingSince,
        toldAt,
        failures,
        failingSince,
        nextTryAt,
        stored,
        certified,
      ])
    },
    told: (channel) => database.rows<Told>(told, [channel]),
    toldOwners: (channel) => database.rows<Told & { channel: string }>(toldOwners, [channel]),
    waiting: (syncs, kinds, max) => database.rows<WaitingDeal>(waiting, [syncs, kinds, max]),
    async setTold(channel, news, over) {
      await database.rows(setTold, [channel, storedJson(news), over])
    },
    async keepChannels(names) {
      await database.rows(keepChannels, [names])
    },
    held: async (problems, { syncs, kinds }, most) =>
      problems.length === 0 ? [] : database.rows<HeldBy>(held, [problems, syncs, kinds, most]),
  }
}
