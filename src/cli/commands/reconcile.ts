import type { Command } from 'commander'
import type { Perform } from '../session.ts'
import { count, oneLine } from '../text.ts'

export function addReconcile(program: Command, perform: Perform): void {
  program
    .command('reconcile')
    .description('Compare every won deal with the orders: missing and extra ones')
    .argument('<sync>')
    .option('--mend', 'queue what is missing or extra', false)
    .action((sync: string, options: { mend: boolean }, command: Command) =>
      perform(command, async (session) => {
        const { paint } = session
        const result = await session.ask((crosswalk) => crosswalk.reconcile(sync, options))
        const list = (title: string, ids: readonly string[]) =>
          ids.length === 0
            ? ''
            : `\n${paint.yellow(`${title}: ${ids.length}`)}\n${session.prose(ids.map(oneLine).join(' '), { indent: 2, first: '  ' })}`
        const agrees = result.missing.length === 0 && result.extra.length === 0
        session.answer(
          result,
          () =>
            `${agrees ? paint.green('✓') : paint.yellow('!')} ${count(result.won, 'won deal')}, ${result.linked} with an order\n` +
            list('Won, but neither an order nor a problem', result.missing) +
            list('Orders whose deal is no longer won', result.extra) +
            (result.mended > 0 ? `\n${count(result.mended, 'record')} queued: crosswalk run ${sync}\n` : ''),
        )
        if (result.missing.length > 0 && !options.mend)
          session.note(`To have the missing ones delivered: crosswalk reconcile ${sync} --mend`)
        return agrees ? 0 : 1
      }),
    )
}
