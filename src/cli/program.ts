import { Command, CommanderError, Help } from 'commander'
import { addAccounts } from './commands/accounts.ts'
import { addAlert } from './commands/alert.ts'
import { addAssign } from './commands/assign.ts'
import { addBackfill } from './commands/backfill.ts'
import { addCertificates } from './commands/certificates.ts'
import { addCheck } from './commands/check.ts'
import { addDeals } from './commands/deals.ts'
import { addDecisions } from './commands/decide.ts'
import { addDemo } from './commands/demo.ts'
import { addDescribe } from './commands/describe.ts'
import { addDocuments } from './commands/documents.ts'
import { addErase } from './commands/erase.ts'
import { addExport } from './commands/export.ts'
import { addHold } from './commands/hold.ts'
import { addInit } from './commands/init.ts'
import { addLink } from './commands/link.ts'
import { addLint } from './commands/lint.ts'
import { addMute } from './commands/mute.ts'
import { addPlan } from './commands/plan.ts'
import { addPreview } from './commands/preview.ts'
import { addProblems } from './commands/problems.ts'
import { addPublish } from './commands/publish.ts'
import { addReconcile } from './commands/reconcile.ts'
import { addReplay } from './commands/replay.ts'
import { addResume } from './commands/resume.ts'
import { addRetry } from './commands/retry.ts'
import { addRun } from './commands/run.ts'
import { addRuns } from './commands/runs.ts'
import { addSetup } from './commands/setup.ts'
import { addShare } from './commands/share.ts'
import { addSimulate } from './commands/simulate.ts'
import { addStart } from './commands/start.ts'
import { addStatus } from './commands/status.ts'
import { addSync } from './commands/sync.ts'
import { addTest } from './commands/test.ts'
import { addTimeline } from './commands/timeline.ts'
import { addUpgrade } from './commands/upgrade.ts'
import { addVault } from './commands/vault.ts'
import type { CliDeps, ExitCode } from './deps.ts'
import { reportFailure } from './failure.ts'
import { paintOf } from './paint.ts'
import { type Perform, perform } from './session.ts'

/**
 * Carries out one command line and prints its answer or its failure.
 * @param args  without the names of Node and of the script
 * @returns the exit code
 */
export async function runCli(args: readonly string[], deps: CliDeps): Promise<ExitCode> {
  let code: ExitCode = 0
  const program = createProgram(deps, args, async (command, work) => {
    code = await perform(deps, command, work)
  })
  try {
    await program.parseAsync(args.length === 0 ? ['--help'] : args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError && shown.has(error.code)) return 0
    // The first word that is one: `retry --sync deals` is about `retry`.
    const [named] = args.flatMap((arg) => program.commands.find((command) => command.name() === arg) ?? [])
    return reportFailure(withoutCommand(error), deps, {
      json: given(args, '--json'),
      color: !given(args, '--no-color'),
      verbose: given(args, '--verbose'),
      help: named === undefined ? 'crosswalk --help' : `crosswalk ${named.name()} --help`,
    })
  }
}

// Commander tells by an error that it has printed what was asked for.
const shown = new Set(['commander.helpDisplayed', 'commander.version'])

// Read from the text: a wrong command line fails before its options are known.
const given = (args: readonly string[], flag: string) =>
  args.slice(0, args.includes('--') ? args.indexOf('--') : args.length).includes(flag)

/** Options without a command make Commander answer with its help, as an error. */
const withoutCommand = (error: unknown) =>
  error instanceof CommanderError && error.code === 'commander.help'
    ? new CommanderError(2, error.code, 'Which command?')
    : error

function createProgram(deps: CliDeps, args: readonly string[], act: Perform): Command {
  const paint = paintOf(deps.color && !given(args, '--no-color'))
  const program = new Command('crosswalk')
    .description('Won deals become sales orders, and their progress comes back to the deal.')
    .version(deps.version, '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .option('--config <file>', 'the configuration', 'config/crosswalk.yaml')
    .option('--home <dir>', 'folder of the embedded database and the key', '.crosswalk')
    .option('--json', 'print one JSON document on standard output', false)
    .option('--utc', 'show times in UTC', false)
    .option('--no-color', 'print without colours')
    .option('--quiet', 'print the answer alone, no remarks and no progress', false)
    .option('--verbose', 'print more, such as the stack of an unexpected error', false)
    .exitOverride()
    .configureHelp({
      showGlobalOptions: true,
      styleTitle: paint.bold,
      styleCommandText: paint.cyan,
      // That a flag is off unless given goes without saying.
      optionDescription: (option) => new Help().optionDescription(option).replace(/ \(default: false\)$/, ''),
    })
    .configureOutput({
      writeOut: deps.out,
      // Failures are reported in one place, by `reportFailure`.
      writeErr: () => {},
      getOutHelpWidth: () => deps.outColumns ?? 100,
      getOutHasColors: () => deps.color,
    })
  program.commandsGroup('Begin')
  addInit(program, act, deps)
  addDemo(program, act, deps)
  addStart(program, act)
  program.helpCommand('help [command]', 'Print help')
  program.commandsGroup('Look')
  addStatus(program, act)
  addSync(program, act)
  addDeals(program, act)
  addTimeline(program, act)
  addDocuments(program, act)
  addProblems(program, act)
  addRuns(program, act)
  addCertificates(program, act)
  program.commandsGroup('Deliver')
  addRun(program, act)
  addRetry(program, act)
  addAssign(program, act)
  addMute(program, act)
  addLink(program, act)
  addDecisions(program, act)
  addBackfill(program, act)
  addReconcile(program, act)
  addShare(program, act)
  addErase(program, act)
  addHold(program, act)
  addResume(program, act)
  program.commandsGroup('Connect and map')
  addCheck(program, act)
  addAlert(program, act)
  addAccounts(program, act)
  addSetup(program, act)
  addDescribe(program, act)
  addLint(program, act)
  addTest(program, act)
  addPreview(program, act)
  addReplay(program, act)
  addPlan(program, act)
  addPublish(program, act)
  addExport(program, act)
  addSimulate(program, act, deps)
  addUpgrade(program, act)
  addVault(program, act)
  return program
}
