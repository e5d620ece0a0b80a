/*
 * A process that uses the embedded PostgreSQL of the home given to it, for tests that kill it. Prints a line when it
 * may query; answers each line on its input with the server's process id.
 */
import { createInterface } from 'node:readline'
import pg from 'pg'
import { startEmbedded } from '../../src/ledger/embedded.ts'

const say = (line: string) => process.stdout.write(`${line}\n`)
const embedded = await startEmbedded(process.argv[2] ?? '')
const serverPid = async () => {
  const client = new pg.Client(embedded.connection)
  client.on('error', (error) => say(error.message))
  await client.connect()
  const { rows } = await client.query("select split_part(pg_read_file('postmaster.pid'), chr(10), 1) as pid")
  await client.end()
  return String(rows[0]?.pid)
}
say(await serverPid())
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'leave') break
  say(await serverPid().catch((error: Error) => error.message))
}
// As in a command, nothing but the end of the server may be left to wait for.
process.stdin.destroy()
await embedded.close()
say('left')
process.exit()
