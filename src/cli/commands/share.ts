import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { wholeNumber } from '../arguments.ts'
import type { Perform } from '../session.ts'
import { oneLine } from '../text.ts'

const daysMost = 365

function shareDays(text: string): number {
  const days = wholeNumber(text)
  if (days >= 1 && days <= daysMost) return days
  throw new InvalidArgumentError(`A link lasts 1 to ${daysMost} days.`)
}

export function addShare(program: Command, perform: Perform): void {
  const share = program.command('share').description("Links by which anybody sees one deal's order, without an account")
  share
    .command('add')
    .description('Make a link to the order of a deal')
    .argument('<deal>', "the deal's id in its own system")
    .option('--sync <name>', 'the sync to use, where several deliver deals')
    .option('--days <n>', 'after which it ends', shareDays, 30)
    .action((deal: string, options: { sync?: string; days: number }, command: Command) =>
      perform(command, async (session) => {
        const { shared, secret } = await session.ask((crosswalk) => crosswalk.share(deal, options))
        const path = `/share#${secret}`
        session.answer({ shared, path }, () => `${path}\n`)
        session.note(
          `Open it below the address of the server, until ${session.time(shared.endsAt)}. Whoever has it sees the order: crosswalk share end ${shared.id}`,
        )
        return 0
      }),
    )
  share
    .command('list')
    .description('Links that are not over, newest first')
    .argument('[deal]', 'of this deal alone')
    .option('--max <n>', 'how many', wholeNumber, 50)
    .action((deal: string | undefined, { max }: { max: number }, command: Command) =>
      perform(command, async (session) => {
        const shares = await session.ask((crosswalk) =>
          crosswalk.shares({ max, ...(deal === undefined ? {} : { deal }) }),
        )
        session.answer({ shares }, () =>
          shares.length === 0
            ? 'No links.\n'
            : session.table(
                [{ title: 'ID' }, { title: 'DEAL' }, { title: 'MADE BY' }, { title: 'ENDS' }, { title: 'LAST OPENED' }],
                shares.map((one) => [
                  one.id,
                  one.ref.id,
                  one.createdBy ?? '–',
                  session.time(one.endsAt),
                  one.usedAt === null ? 'never' : session.age(one.usedAt),
                ]),
              ),
        )
        return 0
      }),
    )
  share
    .command('end')
    .description('End a link at once')
    .argument('<id>', 'as `share list` shows it')
    .action((id: string, _options: object, command: Command) =>
      perform(command, async (session) => {
        if (!/^\d{1,18}$/.test(id))
          session.misuse(`"${oneLine(id)}" is no id of a link.`, 'See `crosswalk share list`.')
        const ended = await session.ask((crosswalk) => crosswalk.endShare(id))
        session.answer({ id, ended: ended !== null }, () =>
          ended === null
            ? `There is no link ${id}.\n`
            : `Nobody sees the order of deal ${oneLine(ended.ref.id)} by link ${id} any more.\n`,
        )
        return ended === null ? 1 : 0
      }),
    )
}
