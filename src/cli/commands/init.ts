import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { systemOption } from '../arguments.ts'
import type { CliDeps } from '../deps.ts'
import type { Prompts } from '../prompts.ts'
import type { Perform, Session } from '../session.ts'
import { type Choice, configText, neededSettings } from '../template.ts'

interface Options {
  readonly crm?: string
  readonly erp?: string
  readonly mode?: 'live' | 'shadow'
  readonly yes: boolean
  readonly force: boolean
}

export function addInit(program: Command, perform: Perform, { systems }: CliDeps): void {
  program
    .command('init')
    .description('Write a first configuration, asking what to connect')
    .addOption(systemOption('crm', systems))
    .addOption(systemOption('erp', systems))
    .addOption(
      new Option('--mode <mode>', 'shadow (default) is a dry run: it plans and reports, and writes nothing').choices([
        'shadow',
        'live',
      ]),
    )
    .option('--yes', 'do not ask', false)
    .option('--force', 'overwrite a configuration that is there', false)
    .action((options: Options, command: Command) =>
      perform(command, async (session) => {
        const choice = await choose(options, session)
        if (choice === null) {
          session.note('Nothing was written.')
          return 1
        }
        const { config } = session.project
        await write(resolve(session.deps.cwd, config), configText(choice), options.force, session)
        const environment = [...neededSettings(choice.crm), ...neededSettings(choice.erp)]
          .map((setting) => setting.variable)
          .filter((variable) => !choice.values.has(variable))
        session.answer({ file: config, environment }, () => nextSteps(config, environment, choice, session))
        return 0
      }),
    )
}

/** @returns null when the person gave up */
async function choose(options: Options, session: Session): Promise<Choice | null> {
  const prompts = options.yes || session.options.json ? null : session.deps.prompts
  const crm = await chooseSystem('crm', options.crm, prompts, session)
  if (crm === null) return null
  const erp = await chooseSystem('erp', options.erp, prompts, session)
  if (erp === null) return null
  const values = await askValues([crm, erp], prompts)
  if (values === null) return null
  // Live is asked for by name alone: no key that is hit by mistake makes orders.
  return { crm, erp, mode: options.mode ?? 'shadow', values, timeZone: session.deps.timeZone }
}

async function chooseSystem(role: 'crm' | 'erp', given: string | undefined, prompts: Prompts | null, session: Session) {
  const candidates = session.deps.systems.filter((system) => system.role === role)
  const named = candidates.find((system) => system.name === given)
  if (named !== undefined) return named
  const title = role.toUpperCase()
  if (prompts === null) {
    const known = candidates.map((system) => `--${role} ${system.name}`).join(', ')
    session.misuse(`Which ${title}?`, `Name it: ${known}.`)
  }
  const answer = await prompts.choose(
    `Which ${title}?`,
    candidates.map((system) => ({ value: system.name, label: system.title })),
  )
  return candidates.find((system) => system.name === answer) ?? null
}

/** Asks for addresses and names; never for secrets, which do not belong in the file. */
async function askValues(systems: readonly Choice['crm'][], prompts: Prompts | null) {
  const values = new Map<string, string>()
  if (prompts === null) return values
  for (const system of systems) {
    for (const { secret, variable, description } of neededSettings(system)) {
      if (secret) continue
      const answer = await prompts.ask(`${system.title}: ${description}`, {
        placeholder: `empty: taken from the environment, ${variable}`,
      })
      if (answer === null) return null
      if (answer.trim() !== '') values.set(variable, answer.trim())
    }
  }
  return values
}

async function write(file: string, text: string, overwrite: boolean, session: Session): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  try {
    await writeFile(file, text, { flag: overwrite ? 'w' : 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    session.misuse(
      `${session.project.config} is there already`,
      'Name another file with --config, or overwrite it with --force.',
    )
  }
}

function nextSteps(file: string, environment: readonly string[], { crm, mode }: Choice, session: Session): string {
  const { bold, green, dim } = session.paint
  const commands: [string, string][] = [
    ...environment.map((name): [string, string] => [`export ${name}=…`, '']),
    ['crosswalk check', 'checks address, login and permissions'],
    [`crosswalk setup ${crm.name}`, `creates the write-back fields on deals`],
    ['crosswalk lint', 'checks the mappings against both accounts'],
    ['crosswalk preview deal <id>', 'shows what would be written for a deal'],
    ['crosswalk start', 'runs, with the API on http://127.0.0.1:8787'],
  ]
  return (
    `${green('✓')} Wrote ${bold(file)}\n\nNext:\n` +
    session.table(
      [{ title: '' }, { title: '', flexible: true }],
      commands.map(([command, why]) => [command, { text: why, style: dim }]),
      2,
    ) +
    (mode === 'shadow'
      ? `\n${session.prose(`It begins in shadow mode, a dry run that writes nothing. Once the timelines of some deals look right, set mode: live in ${file}.`)}`
      : '')
  )
}
