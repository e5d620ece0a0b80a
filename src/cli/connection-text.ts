import type { ConnectionCheck } from '../app/project/workshop.ts'
import type { Session } from './session.ts'
import { oneLine } from './text.ts'

export const passed = (check: ConnectionCheck): boolean =>
  check.failure === null && (check.report?.findings ?? []).every((finding) => finding.level !== 'error')

/** Whose account it is, and what was found. @param all  also what is as it should be */
export function connectionText(check: ConnectionCheck, session: Session, { all }: { all: boolean }): string {
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
      .filter(({ level }) => all || level !== 'ok')
      .map(
        ({ level, subject, message, fix }) =>
          session.prose(`${subject}: ${message}`, { indent: 4, first: `  ${signs[level]} ` }) +
          (fix === undefined ? '' : session.prose(`What to do: ${fix}`, { indent: 4, first: '    ' })),
      )
      .join('')
  )
}
