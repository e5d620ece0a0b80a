/*
 * A process that uses the embedded PostgreSQL of the home given to it, for tests that kill it. Prints a line when it
 * may query; answers each line on its input with the server's process id, or does what the line names.
 */
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { startEmbedded } from '../../src/ledger/embedded.ts'

const say = (line: string) => process.stdout.write(`${line}\n`)
const embedded = await startEmbedded(process.argv[2] ?? '')
async function query(sql: string, values: readonly string[] = []): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client(embedded.connection)
  client.on('error', (error) => say(error.message))
  await client.connect()
  try {
    return (await client.query(sql, [...values])).rows
  } finally {
    await client.end()
  }
}
async function serverPid(): Promise<string> {
  const [row] = await query("select split_part(pg_read_file('postmaster.pid'), chr(10), 1) as pid")
  return String(row?.pid)
}
/** Its settings, and how large the image of its memory may be that it leaves when it crashes. */
async function settings(): Promise<string> {
  const rows = await query('select name, current_setting(name) as value from pg_settings')
  const limits = await readFile(`/proc/${await serverPid()}/limits`, 'utf8')
  const core = /^Max core file size +(\S+)/m.exec(limits)?.[1]
  return JSON.stringify({ ...Object.fromEntries(rows.map(({ name, value }) => [name, value])), core })
}
const asked: Readonly<Record<string, () => Promise<string>>> = {
  tidy: () => embedded.tidy().then(() => 'done'),
  // The second row is refused for the first one's name.
  async fail() {
    await query('create table people (name text primary key)')
    return query('insert into people values ($1), ($1)', ['Ida']).then(
      () => 'stored',
      () => 'refused',
    )
  },
  settings,
}
say(await serverPid())
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'leave') break
  say(await (asked[line] ?? serverPid)().catch((error: Error) => error.message))
}
// As in a command, nothing but the end of the server may be left to wait for.
process.stdin.destroy()
await embedded.close()
say('left')
process.exit()
