import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { widthOf } from '../src/cli/text.ts'

/*
 * What somebody new does, as the README shows it: in an empty folder, with the commands that are printed there and nothing else.
 */

const checkout = join(import.meta.dirname, '..')
let folder = ''
let left: ChildProcess[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crosswalk-newcomer-'))
})
afterEach(async () => {
  for (const child of left) child.kill('SIGKILL')
  left = []
  await rm(folder, { recursive: true, maxRetries: 10, retryDelay: 200 })
})

interface Running {
  /** Resolves once this has been printed. */
  until(text: string): Promise<void>
  /** What was printed on both streams so far. */
  printed(): string
  end(signal: 'SIGINT'): Promise<number | null>
  readonly done: Promise<number | null>
}

/** @param line  as it is typed: `npx crosswalk …` */
function type(line: string): Running {
  const [npx, crosswalk, ...args] = line.split(' ')
  if (npx !== 'npx' || crosswalk !== 'crosswalk') throw new Error(`no command of Crosswalk: ${line}`)
  // A newcomer has no accounts of any system in the environment, and no database.
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(DATABASE_URL|(HUBSPOT|SALESFORCE|ODOO|NETSUITE)_.*)$/.test(name),
    ),
  )
  const child = spawn(process.execPath, [join(checkout, 'bin/crosswalk.js'), ...args], {
    cwd: folder,
    env: { ...environment, NODE_OPTIONS: '', NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  left.push(child)
  let text = ''
  const waiting = new Set<() => void>()
  const take = (chunk: string) => {
    text += chunk
    for (const look of waiting) look()
  }
  child.stdout.setEncoding('utf8').on('data', take)
  child.stderr.setEncoding('utf8').on('data', take)
  const done = once(child, 'close').then(([code]) => code as number | null)
  return {
    done,
    printed: () => text,
    until: (wanted) =>
      new Promise((found, failed) => {
        const look = () => {
          if (!text.includes(wanted)) return
          waiting.delete(look)
          found()
        }
        waiting.add(look)
        void done.then(() => failed(new Error(`it ended before it printed ${wanted}:\n${text}`)))
        look()
      }),
    end(signal) {
      child.kill(signal)
      return done
    },
  }
}

/** Types a command and waits for its end. */
async function run(line: string): Promise<{ code: number | null; printed: string }> {
  const running = type(line)
  return { code: await running.done, printed: running.printed() }
}

/** The commands of the first block that is headed so, without their remarks. */
async function commandsOf(heading: string): Promise<string[]> {
  const readme = await readFile(join(checkout, 'README.md'), 'utf8')
  const section = readme.split(`## ${heading}\n`)[1]?.split(/^## /m)[0] ?? ''
  const block = section.split(/\n(?! {4}|$)/m).find((part) => /^ {4}npx crosswalk/m.test(part)) ?? ''
  return block
    .split('\n')
    .map((line) => line.trim().replace(/ {2,}.*$/, ''))
    .filter((line) => line.startsWith('npx crosswalk'))
}

test('comes from an empty folder to the first confirmed order with the commands of the README', async () => {
  const commands = await commandsOf('Your first order')
  expect(commands).toHaveLength(6)
  const [look = '', simulate = '', init = '', live = '', queue = '', deliver = ''] = commands

  const demo = await run(look)
  expect(demo.code).toBe(0)
  expect(demo.printed).toContain('28 orders')
  for (const line of demo.printed.split('\n')) expect([line, widthOf(line) <= 100]).toEqual([line, true])
  expect(await readdir(folder)).toEqual([])

  const systems = type(simulate)
  await systems.until('Ctrl-C ends it.')
  expect((await stat(join(folder, '.env'))).mode & 0o777).toBe(0o600)

  const first = await run(init)
  expect([first.code, first.printed]).toEqual([0, expect.stringContaining('An order would be created')])
  expect(await readFile(join(folder, 'config/crosswalk.yaml'), 'utf8')).toContain('    mode: shadow\n')
  const deal = /backfill deals --deal (\S+)/.exec(first.printed)?.[1] ?? ''

  expect((await run(live)).code).toBe(0)
  expect((await run(queue.replace('<id>', deal))).code).toBe(0)
  const delivered = await run(deliver)
  expect([delivered.code, delivered.printed]).toEqual([0, expect.stringMatching(/\d orders? made/)])

  const timeline = await run(`npx crosswalk timeline deal ${deal} --json`)
  const { entries } = JSON.parse(timeline.printed) as { entries: { event: string }[] }
  expect(entries.map(({ event }) => event)).toEqual(expect.arrayContaining(['created', 'confirmed', 'reported']))
  expect(await systems.end('SIGINT')).toBe(0)
}, 240_000)

test('plays with a demo that runs in another terminal', async () => {
  const demo = type('npx crosswalk demo')
  // What it is and what can be done is told before anything has started.
  await demo.until('npx crosswalk demo win')
  expect(demo.printed()).not.toContain('orders,')
  await demo.until('What happens from now on:')

  const won = await run('npx crosswalk demo win')
  expect([won.code, won.printed]).toEqual([0, expect.stringContaining('confirmed: Totals agree with the deal')])
  const amended = await run('npx crosswalk demo amend')
  expect([amended.code, amended.printed]).toEqual([0, expect.stringMatching(/updated: .*|problem: .*/)])

  const broken = await run('npx crosswalk demo break')
  expect([broken.code, broken.printed]).toEqual([0, expect.stringContaining('Odoo is down now')])
  const waits = await run('npx crosswalk demo win')
  expect(waits.printed).toContain('It waits: Odoo does not work.')
  const deal = /Deal (\d+) was won/.exec(waits.printed)?.[1] ?? ''
  const watch = type('npx crosswalk demo watch')
  const mended = await run('npx crosswalk demo mend')
  expect([mended.code, mended.printed]).toEqual([0, expect.stringContaining('Odoo works again')])
  await watch.until(`(${deal}), order S`)
  expect(await watch.end('SIGINT')).toBe(0)

  // One of the mistakes that were made on purpose.
  const problems = async () =>
    JSON.parse((await run('npx crosswalk demo ask problems --json --quiet')).printed) as unknown[]
  const before = await problems()
  const corrected = await run('npx crosswalk demo mend')
  expect([corrected.code, corrected.printed]).toEqual([0, expect.stringContaining('confirmed: Totals agree')])
  expect((await problems()).length).toBe(before.length - 1)

  expect(await demo.end('SIGINT')).toBe(0)
  expect(await readdir(folder)).toEqual([])
  const gone = await run('npx crosswalk demo win')
  expect([gone.code, gone.printed]).toEqual([2, expect.stringContaining('No demo is running in this folder')])
}, 240_000)
