import type { Command } from 'commander'
import type { Exceptions, StoredCertificate } from '../../ports/ledger/certificates.ts'
import { wholeNumber } from '../arguments.ts'
import type { Perform, Session } from '../session.ts'
import { count, oneLine } from '../text.ts'

export function addCertificates(program: Command, perform: Perform): void {
  program
    .command('certificates')
    .description('Show what the nightly comparisons found: deals won, orders, exceptions by name')
    .option('--sync <name>', 'of this sync')
    .option('--max <n>', 'how many', wholeNumber, 10)
    .action((options: { sync?: string; max: number }, command: Command) =>
      perform(command, async (session) => {
        const found = await session.ask((crosswalk) => crosswalk.certificates(options))
        session.answer(found, () =>
          found.length === 0
            ? 'There is none yet: a server compares both systems at 02:41 every night.\n'
            : found.map((one) => show(one, session)).join(''),
        )
        return found.every((one) => one.genuine) ? 0 : 1
      }),
    )
}

function show({ certificate, genuine }: StoredCertificate, session: Session): string {
  const { sync, at, since, won, orders, waiting, missing, extra, erased = 0 } = certificate
  const { green, yellow, red } = session.paint
  const lists = [
    ...named('wait on a problem', waiting, session),
    ...named('have neither an order nor a problem', missing, session),
    ...named('have an order and are not won any more', extra, session),
  ]
  const mark = lists.length === 0 ? green('✓') : yellow('!')
  const head = `${session.time(at)} ${oneLine(sync)}: ${count(won, 'deal')} won since ${since.slice(0, 10)}, ${count(orders, 'order')} in all`
  const taken =
    erased === 0 ? '' : session.prose(`${count(erased, 'name')} erased since on request; signed anew`, { indent: 4 })
  const forged = genuine
    ? ''
    : session.prose('changed after it was signed, or signed with another vault key', {
        indent: 4,
        first: `  ${red('✗')} `,
      })
  return session.prose(head, { indent: 2, first: `${mark} ` }) + lists.join('') + taken + forged
}

function named(what: string, { count: number, named: some }: Exceptions, session: Session): readonly string[] {
  if (number === 0) return []
  const names = some.map(({ id, label }) => oneLine(label ?? `deal ${id}`)).join(', ')
  const rest = number - some.length
  return [
    session.prose(`${number.toLocaleString('en')} ${what}: ${names}${rest > 0 ? ` and ${rest} more` : ''}`, {
      indent: 4,
    }),
  ]
}
