import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { startSalesforceSimulator } from '../../connectors/salesforce/simulator/index.ts'
import { isObject, type Json, type JsonObject } from '../../src/core/json.ts'

/*
 * `npm run judges`: the Salesforce CLI works with the simulated org. It is 700 packages large, so it is installed for this
 * run alone, into a folder of its own, and is no part of the tests. `npm run judges -- <folder>` keeps it there, or takes
 * what was kept.
 */

const cli = '@salesforce/cli@2.150.6'
const run = promisify(execFile)
const print = (text: string) => process.stdout.write(`${text}\n`)

const [kept] = process.argv.slice(2)
const folder = kept === undefined ? await mkdtemp(join(tmpdir(), 'crosswalk-judges-')) : resolve(kept)
const simulator = await startSalesforceSimulator({ bulkPolls: 1 })
const home = await mkdtemp(join(tmpdir(), 'crosswalk-judges-home-'))

interface Verdict {
  readonly command: string
  readonly flaw: string | null
}
const verdicts: Verdict[] = []

/** @param expect  a part of what the command is to answer. @returns its `result` */
async function sf(command: string, args: readonly string[], expect: string): Promise<JsonObject> {
  const { answer, flaw } = await ask([...command.split(' '), ...args], expect)
  verdicts.push({ command, flaw })
  print(`${flaw === null ? 'ok    ' : 'FAILED'}  sf ${command}${flaw === null ? '' : `\n        ${flaw}`}`)
  return isObject(answer.result ?? null) ? (answer.result as JsonObject) : {}
}

async function ask(words: readonly string[], expect: string): Promise<{ answer: JsonObject; flaw: string | null }> {
  const program = join(folder, 'node_modules/@salesforce/cli/bin/run.js')
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    // Its own keychain asks the desktop.
    SF_USE_GENERIC_UNIX_KEYCHAIN: 'true',
    SF_ACCESS_TOKEN: token,
    SF_DISABLE_TELEMETRY: 'true',
    SF_AUTOUPDATE_DISABLE: 'true',
    SF_SKIP_NEW_VERSION_CHECK: 'true',
  }
  const options = { env, cwd: home, timeout: 300_000, maxBuffer: 50_000_000 }
  const { stdout, failed } = await run(process.execPath, [program, ...words, '--json'], options).then(
    ({ stdout }) => ({ stdout, failed: false }),
    (error: { stdout?: string; message: string }) => ({ stdout: error.stdout || error.message, failed: true }),
  )
  const answer = parsed(stdout)
  const told = typeof answer.message === 'string' ? answer.message : stdout.slice(0, 400)
  if (failed) return { answer, flaw: told }
  return { answer, flaw: stdout.includes(expect) ? null : `it did not answer ${expect}: ${told}` }
}

/** What is no JSON says what went wrong. */
function parsed(text: string): JsonObject {
  try {
    const value = JSON.parse(text) as Json
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}

async function login(): Promise<string> {
  const form = { grant_type: 'client_credentials', client_id: 'test-client', client_secret: 'test-secret' }
  const reply = await fetch(`${simulator.url}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  })
  return String(((await reply.json()) as JsonObject).access_token)
}
const token = await login()

try {
  await mkdir(folder, { recursive: true })
  print(`installing ${cli} into ${folder}`)
  await run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', '--ignore-scripts', cli], {
    maxBuffer: 50_000_000,
  })

  const accountId = simulator.store.addAccount({ Name: 'Acme' })
  simulator.store.addOpportunity({ name: 'Desks', accountId, lines: [{ sku: 'DESK', quantity: '2', price: '10' }] })
  const account = ['--sobject', 'Account']

  await sf(
    'org login access-token',
    ['--instance-url', simulator.url, '--no-prompt', '--set-default', '--alias', 'judged'],
    simulator.url,
  )
  await sf('org display', [], 'integration@example.com')
  await sf('org list users', [], 'integration@example.com')
  await sf('limits api display', [], 'DailyApiRequests')
  await sf('sobject list', ['--sobject', 'custom'], 'Delivery__c')
  await sf('sobject describe', ['--sobject', 'Opportunity'], '"StageName"')
  const { id } = await sf(
    'data create record',
    [...account, '--values', 'Name=Bolt BillingCity=Berlin'],
    '"success": true',
  )
  const record = [...account, '--record-id', String(id)]
  await sf('data get record', record, 'Berlin')
  await sf('data update record', [...record, '--values', 'BillingCity=Paris'], '"success": true')
  const soql = 'SELECT Name, Account.Name, (SELECT Quantity FROM OpportunityLineItems) FROM Opportunity'
  await sf('data query', ['--query', soql], '"Desks"')
  const file = join(home, 'accounts.csv')
  const exported = ['--query', 'SELECT Name, BillingCity FROM Account', '--output-file', file, '--wait', '5']
  await sf('data export bulk', [...exported, '--result-format', 'csv'], '"totalSize": 2')
  await sf('data delete record', record, '"success": true')
  await sf('org logout', ['--target-org', 'judged', '--no-prompt'], 'integration@example.com')
  print(`\nwhat it asked of the simulated org:\n${JSON.stringify(simulator.calls(), null, 2)}`)
} finally {
  await simulator.close()
  await rm(home, { recursive: true, force: true })
  if (kept === undefined) await rm(folder, { recursive: true, force: true })
}
const failed = verdicts.filter(({ flaw }) => flaw !== null)
print(`\n${verdicts.length - failed.length} of ${verdicts.length} commands work`)
process.exitCode = failed.length === 0 ? 0 : 1
