import { existsSync, fstatSync, readFileSync, writeSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { registry } from '../../connectors/registry.ts'
import { openCrosswalk } from '../app/open.ts'
import type { CliDeps } from '../cli/deps.ts'
import { logLine } from '../cli/log-line.ts'
import { paintOf } from '../cli/paint.ts'
import { runCli } from '../cli/program.ts'
import { openPrompts } from '../cli/prompts.ts'
import { columnsOfFiles } from '../cli/text.ts'
import { redact } from '../http/redact.ts'
import { ignoring } from '../ledger/error-code.ts'
import { linkAccount, listAccounts } from './accounts.ts'
import { systemClock, untilAborted } from './clock.ts'
import { introduction } from './demo-menu.ts'
import { envFileOf, withEnvFile } from './env-file.ts'
import { freePort } from './free-port.ts'
import { openProcess, packageRoot } from './process.ts'
import { startServer } from './server.ts'
import { tryConnection } from './try-connection.ts'
import { checkUpgrade, upgrade } from './upgrade.ts'
import { forgetSecrets, rotateVault } from './vault.ts'

const environment = process.env
const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }
const attended = process.stdin.isTTY === true && process.stderr.isTTY === true

/** Values of the environment that are secrets by their names. */
const knownSecrets = Object.entries(environment).flatMap(([name, value]) =>
  /key|secret|token|passw|_url$/i.test(name) && value !== undefined && value.length >= 8 ? [value] : [],
)

/** A container may run as a user without a name. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `user ${process.getuid?.() ?? 'unknown'}`
  }
}

/** A log on a disk that is full must not end the server: lines that find no room are lost, and those after it are not. */
function printError(text: string): void {
  const { isTTY } = process.stderr
  const target = fstatSync(2)
  if (isTTY === true || target.isFIFO() || target.isSocket()) {
    process.stderr.write(text)
    return
  }
  try {
    writeSync(2, text)
  } catch (error) {
    ignoring('ENOSPC', 'EDQUOT')(error)
  }
}

/** As wide as it is now. A terminal that does not know says 0. */
const columnsOf = (stream: NodeJS.WriteStream) => (stream.isTTY && stream.columns > 0 ? stream.columns : null)

/** One JSON document a line for programs, and a line of text for whoever sits before a terminal. */
const printLog = (line: string) =>
  deps.err(process.stderr.isTTY === true ? logLine(line, paintOf(deps.color), deps.timeZone) : line)

const deps: CliDeps = {
  version,
  actor: `${userName()}@${hostname()}`,
  systems: registry,
  environment: (config) => withEnvFile(config, environment),
  envFile: envFileOf,
  tryConnection,
  async open({ config, home, verbose }) {
    // A command's answer is its output; the log is shown with --verbose.
    const logLevel = verbose ? 'debug' : 'error'
    const opened = await openProcess({
      ...{ config, home, logLevel, log: printLog },
      environment: await withEnvFile(config, environment),
    })
    const crosswalk = openCrosswalk(opened.projects, opened.deps)
    return { crosswalk, close: opened.close }
  },
  vault: {
    rotate: async ({ config, home }, options) =>
      rotateVault({ home, environment: await withEnvFile(config, environment) }, options),
    forget: async ({ config, home }, connection) =>
      forgetSecrets({ home, environment: await withEnvFile(config, environment) }, connection),
  },
  accounts: {
    list: async ({ config, home }) => listAccounts({ home, environment: await withEnvFile(config, environment) }),
    link: async ({ config, home }, name, role) =>
      linkAccount({ home, environment: await withEnvFile(config, environment) }, name, role),
  },
  upgrade: {
    check: async ({ config, home }) =>
      checkUpgrade({ config, home, environment: await withEnvFile(config, environment) }),
    run: async ({ config, home }) => upgrade({ config, home, environment: await withEnvFile(config, environment) }),
  },
  async start({ config, home, verbose, signal }, { role, port }) {
    const level = verbose ? ({ logLevel: 'debug' } as const) : {}
    if (!existsSync(config))
      deps.err(
        `There is no ${config} here: connect the systems in the console, or stop it and run \`crosswalk init\`.\n`,
      )
    const server = await startServer({
      ...{ config, home, role, begins: true, log: printLog, ...level, ...(port === null ? {} : { port }) },
      environment: await withEnvFile(config, environment),
    })
    if (server.setUpLink !== null)
      deps.out(`Nobody can sign in to the console yet. Choose a password there, within a day:\n${server.setUpLink}\n`)
    const { outdated, deps: opened } = server.opened
    const why = await Promise.race([untilAborted(signal), outdated])
    opened.log.info('stopping', {})
    await server.close()
    if (why instanceof Error) throw why
  },
  async demo(options) {
    const titleOf = (system: string) => registry.find(({ name }) => name === system)?.title ?? system
    const titles = { crm: titleOf(options.crm), erp: titleOf(options.erp) }
    const port = await freePort()
    deps.err(introduction(titles, options.once ? null : `http://127.0.0.1:${port}`))
    // Simulators are loaded only when needed.
    const { runDemo } = await import('./demo.ts')
    return runDemo({ ...options, port, titles, log: printLog }, deps)
  },
  async playDemo(what, { home, signal }) {
    const { askDemo, runningDemo } = await import('./demo-control.ts')
    if (what.do === 'ask') {
      const running = await runningDemo(home)
      return runCli(['--config', running.config, '--home', running.home, ...what.args], deps)
    }
    const look = { columns: deps.outColumns ?? columnsOfFiles, zone: deps.timeZone, color: deps.color }
    await askDemo(home, { play: what, look }, deps.out, signal)
    return 0
  },
  async simulate(systems, options) {
    const { simulate } = await import('./simulate.ts')
    await simulate(systems, options, deps.out)
  },
  clean: (text) => redact(text, knownSecrets),
  out: (text) => void process.stdout.write(text),
  err: printError,
  get outColumns() {
    return columnsOf(process.stdout)
  },
  get errColumns() {
    return columnsOf(process.stderr)
  },
  color: process.stdout.isTTY === true && environment.NO_COLOR === undefined,
  prompts: attended ? openPrompts(process.stdin, process.stderr) : null,
  onInterrupt(listener) {
    process.on('SIGINT', listener)
    process.on('SIGTERM', listener)
    return () => {
      process.off('SIGINT', listener)
      process.off('SIGTERM', listener)
    }
  },
  exit: (code) => process.exit(code),
  clock: systemClock,
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  cwd: process.cwd(),
}

// A reader that closes the pipe early, such as `head`, is not a failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })
}
process.exitCode = await runCli(process.argv.slice(2), deps)
