import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import pg from 'pg'
import { startServer } from '../../src/main/server.ts'
import { openRig } from '../rig.ts'

/** How long a route of the REST API takes, over HTTP, on a ledger of many orders. */
export interface ListTime {
  readonly route: string
  readonly medianMs: number
  readonly p95Ms: number
  /** The p95 by that of a plain SELECT by a primary key, one round trip, in the same run. */
  readonly ratio: number
}

export const volume = { links: 100_000, entriesEach: 10, problems: 500, runs: 20_000, audit: 50_000 } as const
// All of them together stay below what one caller may ask in a minute.
const times = 20

const middle = volume.links / 2
const routes = [
  '/deals',
  `/deals?after=${middle}`,
  ...['updated', 'deal', 'order', 'amount', 'stage'].map((sort) => `/deals?sort=${sort}`),
  '/deals?stage=paid',
  '/deals?stage=returned',
  '/deals?open=true',
  '/deals?state=rejected',
  '/deals?text=Harbour%2099',
  '/deals?text=nothing-has-this-in-it',
  `/deals/${middle}`,
  `/deals/${middle}/timeline`,
  '/problems',
  '/problems/1',
  '/runs?max=500',
  '/audit',
  '/audit?text=nothing-has-this-in-it',
  '/revisions',
  '/status',
  '/home',
]

const fill = `
  insert into crosswalk.links (sync, kind, source_connection, source_object, source_id, key, state, scope,
    target_connection, target_object, target_id, source_label, target_label, source_words, target_words,
    source_amount, source_currency, target_written, origin, stage, created_at, updated_at)
  select 'orders', 'order', 'hubspot', 'deals', n::text, 'hubspot_4711_deal_' || n,
    case when n % 1000 = 0 then 'rejected' else 'linked' end, '',
    'odoo', 'sale.order', n::text, 'Harbour ' || n, 'S' || lpad(n::text, 6, '0'),
    'Company ' || n % 900 || E'\\nPO-' || n, 'INV/2026/' || n,
    (n * 7919 % 100000) / 100.0, 'EUR',
    jsonb_build_object('partner_id', n % 900, 'order_line', (
      select jsonb_agg(jsonb_build_object('product_id', l, 'product_uom_qty', '2', 'price_unit', '10.50', 'name', md5(n || '-' || l)))
      from generate_series(1, 3) l)),
    'created', case when n > ${volume.links - 500} then 'confirmed' when n % 20000 = 7 then 'returned' else 'paid' end,
    now() - (${volume.links} - n) * interval '5 minutes', now() - (n * 7907 % ${volume.links}) * interval '5 minutes'
  from generate_series(1, ${volume.links}) n;
  insert into crosswalk.timeline (record_id, connection, object, sync, at, event, text, details)
  select n::text, 'hubspot', 'deals', 'orders', now() - (${volume.links} - n) * interval '5 minutes' + e * interval '1 second',
    'updated', 'The order was updated: ' || md5(n || '-' || e), '{"fields": ["price_unit"]}'
  from generate_series(1, ${volume.links}) n, generate_series(1, ${volume.entriesEach}) e;
  insert into crosswalk.problems (sync, cause_key, kind, failure, whole, first_seen, last_seen)
  select 'orders', 'sku ' || n, 'lookup_failed', '{"message": "Product is not in Odoo", "fix": "Create it.", "problem": {"kind": "lookup_failed"}}',
    false, now(), now() from generate_series(1, ${volume.problems}) n;
  insert into crosswalk.problem_records (sync, connection, object, record_id, problem_id, failure, since)
  select 'orders', 'hubspot', 'deals', n::text, 1 + n % ${volume.problems}, '{"message": "No", "fix": "Do."}', now()
  from generate_series(1, ${volume.problems * 10}) n;
  insert into crosswalk.runs (sync, kind, state, started_at, ended_at, counts)
  select 'orders', 'scheduled', 'done', now(), now(), '{"found": 3, "created": 2}' from generate_series(1, ${volume.runs});
  insert into crosswalk.audit (at, actor, origin, action, subject, outcome)
  select now(), 'ida@acme.test', '10.0.0.1', 'retryProblem', jsonb_build_object('id', n), 'done'
  from generate_series(1, ${volume.audit}) n;
  analyze`

export async function measureLists(): Promise<readonly ListTime[]> {
  const rig = await openRig()
  const server = await startServer({ config: rig.config, home: rig.home, environment: {}, role: 'api', log: () => {} })
  const client = new pg.Client(server.opened.database)
  try {
    await client.connect()
    await client.query(fill)
    const plain = {
      name: 'plain',
      text: 'select id, source_label from crosswalk.links where id = $1',
      values: [middle],
    }
    const floor = await timesOf(() => client.query(plain))
    const token = (await readFile(join(rig.home, 'api-token'), 'utf8')).trim()
    const get = async (route: string) => {
      const answer = await fetch(`${server.url}/api/v1${route}`, { headers: { authorization: `Bearer ${token}` } })
      if (!answer.ok) throw new Error(`${route} was answered with ${answer.status}`)
      return answer.text()
    }
    const measured: ListTime[] = []
    for (const route of routes) {
      const { medianMs, p95Ms } = await timesOf(() => get(route))
      measured.push({ route, medianMs, p95Ms, ratio: p95Ms / floor.p95Ms })
    }
    return [{ route: 'SELECT by primary key', ...floor, ratio: 1 }, ...measured]
  } finally {
    await client.end()
    await server.close()
    await rig.close()
  }
}

/** The first time, which compiles and reads from the disk, counts for nothing. */
async function timesOf(work: () => Promise<unknown>): Promise<{ medianMs: number; p95Ms: number }> {
  await work()
  const taken: number[] = []
  for (let nth = 0; nth < times; nth += 1) {
    const begun = performance.now()
    await work()
    taken.push(performance.now() - begun)
  }
  const sorted = taken.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0
  return { medianMs: at(0.5), p95Ms: at(0.95) }
}
