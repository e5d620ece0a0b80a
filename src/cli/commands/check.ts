import type { Command } from 'commander'
import type { ConnectionCheck } from '../../app/crosswalk.ts'
import type { Perform, Session } from '../session.ts'
import { oneLine } from '../text.ts'

export function addCheck(program: Command, perform: Perform): void {
  program
    .command('check')
    .description('Check that the systems can be reached, and that the permissions are there')
    .argument('[connections...]', 'connections to look at (default: all)')
    .action((names: string[], _options: object, command: Command) =>
      perform(command, async (session) => {
        const checks = await session.ask((crosswalk) => crosswalk.check(names))
        session.answer(checks, () => checks.map((one) => show(one, session)).join(''))
        return checks.every(passed) ? 0 : 1
      }),
    )
}

const passed = (check: ConnectionCheck) =>
  check.failure === null && (check.report?.findings ?? []).every((finding) => finding.level !== 'error')

function show(check: ConnectionCheck, session: Session): string {
  const { paint } = session
  const sign = passed(check) ? paint.green('✓') : paint.red('✗')
  const title = `${sign} ${paint.bold(oneLine(check.connection))}  ${paint.dim(oneLine(check.system))}\n`
  if (check.report === null) return title + (check.failure === null ? '' : session.failure(check.failure, 2))
  const { account, findings } = check.report
  const particulars = [
    `${account.name} (${account.id})`,
    account.timeZone,
    account.currency,
    `API ${account.apiVersion}`,
  ].filter((one) => one !== null)
  const signs = { ok: paint.green('✓'), warning: paint.yellow('!'), error: paint.red('✗') }
  return (
    title +
    session.prose(particulars.join(' · '), { indent: 2, first: '  ' }) +
    findings
      .map(
        ({ level, subject, message, fix }) =>
          session.prose(`${subject}: ${message}`, { indent: 4, first: `  ${signs[level]} ` }) +
          (fix === undefined ? '' : session.prose(`What to do: ${fix}`, { indent: 4, first: '    ' })),
      )
      .join('')
  )
}
