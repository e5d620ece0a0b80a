import { isObject } from '../core/json.ts'
import type { RecordRef } from '../core/ref.ts'
import type { Certificate } from '../ports/ledger/certificates.ts'
import type { Erased, Erasure, Found, Traces, Whom } from '../ports/ledger/erasure.ts'
import { unpacked } from './archive.ts'
import type { Database, Statement } from './database.ts'
import { storedJson } from './stored-json.ts'
import type { Vault } from './vault.ts'

/** Shorter ones are found in too many words of others. */
const nameLengthMin = 3

const people = {
  name: 'erasure.people',
  text: `
    select id, source_connection as connection, source_object as object, source_id as record, source_label as source,
      target_label as target, target_id as "targetId"
    from crosswalk.links
    where sync = $1 and source_connection = $2 and (
      (kind = $3 and source_id = any($5::text[]))
      -- Below a customer: its id comes first in theirs, that of a contact last.
      or (kind = any($4::text[]) and (
        exists (select from unnest($5::text[]) as customer where starts_with(source_id, customer || '-'))
        or exists (select from unnest($6::text[]) as contact where right(source_id, length(contact) + 1) = '-' || contact)
      ))
    )`,
}

// By what was written to the order; by the customer's name only where nothing was.
const orders = {
  name: 'erasure.orders',
  text: `
    select id, source_id as record, source_label as source,
      coalesce(stage, '') not in ('paid', 'cancelled') as open
    from crosswalk.links
    where sync = $1 and source_connection = $2 and source_object = $3 and kind = $4 and (
      source_id = any($5::text[])
      or exists (select from unnest($6::text[]) as field where target_written -> 'fields' ->> field = any($7::text[]))
      or (archived is null and not coalesce(target_written -> 'fields', '{}') ?| $6::text[]
        and string_to_array(source_words, chr(10)) && $8::text[])
    )`,
}

// What was written to these only we can read.
const archivedOrders = {
  name: 'erasure.archivedOrders',
  text: `
    select id, source_id as record, source_label as source, false as open, archived,
      string_to_array(source_words, chr(10)) && $5::text[] as called
    from crosswalk.links
    where id > $7 and sync = $1 and source_connection = $2 and source_object = $3 and kind = $4 and archived is not null
      and source_id <> all($6::text[])
    order by id limit 1000`,
}

const links = {
  name: 'erasure.links',
  text: `
    update crosswalk.links set
      source_label = null, source_words = null, target_written = null, source_amount = null, source_currency = null,
      source_written = case when source_written is null and archived is null then null else '{}'::jsonb end, archived = null,
      decisions = case when stage in ('paid', 'cancelled') then null else decisions end,
      -- The number of an order stays, the name of a customer does not.
      target_label = case when id = any($1::bigint[]) then null else target_label end,
      erased_at = statement_timestamp()
    where id = any($1::bigint[]) or id = any($2::bigint[]) returning 1`,
}

/** `$1` to `$3` are the records, `$4` the names. */
const isOwn = (row: string) =>
  `exists (select from unnest($1::text[], $2::text[], $3::text[]) as own (connection, object, id)
    where own.connection = ${row}.connection and own.object = ${row}.object and own.id = ${row}.record_id)`
const names = (text: string, parameter = '$4') =>
  `exists (select from unnest(${parameter}::text[]) as name where position(lower(name) in lower(${text})) > 0)`
const erasedText = 'Erased on request'
const erasedFailure = `jsonb_build_object('message', '${erasedText}.', 'fix', 'Retry the record to see what it waits on.')`

const ownTimeline = {
  name: 'erasure.ownTimeline',
  text: `delete from crosswalk.timeline row where ${isOwn('row')} and $4::text[] is not null returning 1`,
}
const otherTimeline = {
  name: 'erasure.otherTimeline',
  text: `
    update crosswalk.timeline set text = '${erasedText}', details = 'null'
    where ${names('text', '$1')} or ${names('details::text', '$1')} returning 1`,
}

const ownProblems = {
  name: 'erasure.ownProblems',
  text: `
    delete from crosswalk.problem_records row where ${isOwn('row')} and $4::text[] is not null returning problem_id`,
}
const otherRecords = {
  name: 'erasure.otherRecords',
  text: `
    update crosswalk.problem_records set failure = failure || ${erasedFailure}
    where ${names('failure::text', '$1')} returning problem_id`,
}
// What a problem tells is of one of its records: of another one now. Where none is left it is solved.
const problems = {
  name: 'erasure.problems',
  text: `
    with met as (
      select id, whole, exists (select from crosswalk.problem_records one where one.problem_id = problem.id) as waits
      from crosswalk.problems problem
      where id = any($2::bigint[]) or ${names('failure::text', '$1')} or ${names('cause_key', '$1')}
    ), gone as (
      delete from crosswalk.problems using met where problems.id = met.id and not met.whole and not met.waits
    )
    update crosswalk.problems problem set failure = coalesce((
      select one.failure from crosswalk.problem_records one where one.problem_id = problem.id order by since, record_id limit 1
    ), failure || ${erasedFailure})
    from met where problem.id = met.id and (met.whole or met.waits) returning 1`,
}

const mutes = {
  name: 'erasure.mutes',
  text: `update crosswalk.problems set muted_because = '${erasedText}' where ${names('muted_because', '$1')}`,
}
const deeds = {
  name: 'erasure.deeds',
  text: `update crosswalk.problem_deeds set about = '${erasedText}' where ${names('about', '$1')}`,
}

const events = {
  name: 'erasure.events',
  text: `
    delete from crosswalk.events row using unnest($1::text[], $2::text[], $3::text[]) as own (connection, object, id)
    where row.connection = own.connection and row.hint ->> 'object' = own.object and row.hint ->> 'id' = own.id
      and $4::text[] is not null returning row.request_id`,
}
const requests = {
  name: 'erasure.requests',
  text: `delete from crosswalk.requests where id = any($2::bigint[]) or ${names('body', '$1')} returning 1`,
}
const alerts = {
  name: 'erasure.alerts',
  text: `
    delete from crosswalk.alerts where ${names('subject', '$1')} or ${names('condition::text', '$1')} returning 1`,
}
const shares = {
  name: 'erasure.shares',
  text: `delete from crosswalk.shared_orders row where ${isOwn('row')} and $4::text[] is not null returning 1`,
}
const runs = {
  name: 'erasure.runs',
  text: `update crosswalk.runs set reason = '${erasedText}' where ${names('reason', '$1')} returning 1`,
}

const certificates = {
  name: 'erasure.certificates',
  text: `select id, text, signature from crosswalk.certificates where sync = $1`,
}
const setCertificate = {
  name: 'erasure.setCertificate',
  text: `update crosswalk.certificates set text = $2, signature = $3 where id = $1`,
}
// The tables may be large, and nothing has an index for parts of texts.
const takeTime = { name: '', text: `set local statement_timeout = '15min'` }

interface Order {
  readonly id: string
  readonly record: string
  readonly source: string | null
  readonly open: boolean
}

export function openErasure(database: Database, vault: Vault): Erasure {
  const count = async (statement: Statement, values: readonly unknown[]) =>
    (await database.rows(statement, values)).length

  async function find(traces: Traces, whom: Whom): Promise<Found> {
    const { sync, connection, kinds, object, fields } = traces
    type Person = RecordRef & { record: string; source: string | null; target: string | null; targetId: string | null }
    const met = await database.rows<Person>(people, [
      ...[sync, connection, kinds.customer, kinds.below],
      ...[whom.customers, whom.contacts],
    ])
    const called = met.flatMap((one) => [one.source, one.target].flatMap((name) => name ?? []))
    const theirs = met.flatMap((one) => one.targetId ?? [])
    const found = [
      ...(await database.rows<Order>(orders, [
        ...[sync, connection, object, kinds.order],
        ...[whom.deals, fields, theirs, called],
      ])),
      ...(await archived(traces, theirs, called, whom.deals)),
    ]
    const labels = [...called, ...found.flatMap((one) => one.source ?? [])]
    return {
      people: met.map((one) => one.id),
      orders: found.map((one) => one.id),
      open: found.filter((one) => one.open).length,
      records: [
        ...met.map((one) => ({ connection: one.connection, object: one.object, id: one.record })),
        ...[...new Set([...found.map((one) => one.record), ...whom.deals])].map((id) => ({ connection, object, id })),
      ],
      names: [...new Set(labels.filter((name) => name.length >= nameLengthMin))],
    }
  }

  /** Orders of the archive that are theirs, but for those of `deals`, which are found without. */
  async function archived(
    { sync, connection, kinds, object, fields }: Traces,
    theirs: readonly string[],
    called: readonly string[],
    deals: readonly string[],
  ): Promise<readonly Order[]> {
    const found: Order[] = []
    for (let after = '0'; ; ) {
      type Row = Order & { archived: Buffer; called: boolean | null }
      const rows = await database.rows<Row>(archivedOrders, [
        sync,
        connection,
        object,
        kinds.order,
        called,
        deals,
        after,
      ])
      const last = rows.at(-1)
      if (last === undefined) return found
      after = last.id
      for (const row of rows) {
        const written = unpacked(row.archived).target?.fields
        const links = isObject(written) ? Object.entries(written).filter(([field]) => fields.includes(field)) : []
        const isTheirs = links.some(([, id]) => theirs.includes(String(id)))
        if (isTheirs || (links.length === 0 && row.called === true)) found.push(row)
      }
    }
  }

  /** Signed anew, with a note of what was taken out; one that was not genuine stays so. */
  async function eraseFromCertificates(sync: string, ids: ReadonlySet<string>, called: readonly string[]) {
    type Row = { id: string; text: string; signature: string }
    const isMeant = (label: string | null) =>
      label !== null && called.some((name) => label.toLowerCase().includes(name.toLowerCase()))
    let changed = 0
    for (const { id, text, signature } of await database.rows<Row>(certificates, [sync])) {
      const before = JSON.parse(text) as Certificate
      let erased = 0
      const without = (list: Certificate['waiting']): Certificate['waiting'] => ({
        ...list,
        named: list.named.map((one) => {
          if (one.label === null || !(ids.has(one.id) || isMeant(one.label))) return one
          erased += 1
          return { ...one, label: null }
        }),
      })
      const { waiting, missing, extra } = before
      const lists = { waiting: without(waiting), missing: without(missing), extra: without(extra) }
      if (erased === 0) continue
      const after = storedJson({ ...before, ...lists, erased: (before.erased ?? 0) + erased })
      const signed = vault.isSigned(text, signature) ? vault.sign(after) : signature
      await database.rows(setCertificate, [id, after, signed])
      changed += 1
    }
    return changed
  }

  return {
    find,
    async erase({ sync, object }, { people: persons, orders: bought, records, names: called }): Promise<Erased> {
      await database.rows(takeTime, [])
      const own = [
        records.map((one) => one.connection),
        records.map((one) => one.object),
        records.map((one) => one.id),
        called,
      ]
      type Problem = { problem_id: string }
      const waited = await database.rows<Problem>(ownProblems, own)
      const told = await database.rows<Problem>(otherRecords, [called])
      const touched = [...waited, ...told].map((one) => one.problem_id)
      const hinted = await database.rows<{ request_id: string }>(events, own)
      const ids = new Set(records.filter((one) => one.object === object).map((one) => one.id))
      await database.rows(problems, [called, touched])
      await database.rows(mutes, [called])
      await database.rows(deeds, [called])
      return {
        links: await count(links, [persons, bought]),
        timeline: (await count(ownTimeline, own)) + (await count(otherTimeline, [called])),
        problems: touched.length,
        webhooks: await count(requests, [called, hinted.map((one) => one.request_id)]),
        alerts: await count(alerts, [called]),
        certificates: await eraseFromCertificates(sync, ids, called),
        runs: await count(runs, [called]),
        shares: await count(shares, own),
      }
    },
  }
}
