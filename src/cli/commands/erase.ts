import type { Command } from 'commander'
import type { PersonErased } from '../../app/engine/erase.ts'
import type { Perform, Session } from '../session.ts'
import { count } from '../text.ts'

export function addErase(program: Command, perform: Perform): void {
  program
    .command('erase')
    .description('Erase what is stored of a person who asks to be forgotten; shows how much and asks first')
    .argument('[customer...]', 'ids in the CRM, as problems name them: company-77')
    .option('--contact <id...>', 'persons below a customer, by their ids in the CRM')
    .option('--deal <id...>', 'deals of the person, besides those that are found')
    .option('--connection <name>', 'the CRM, where several have such an id')
    .option('--yes', 'do not ask', false)
    .action(
      (
        customers: string[],
        options: { contact?: string[]; deal?: string[]; connection?: string; yes: boolean },
        command: Command,
      ) =>
        perform(command, async (session) => {
          const { prompts } = session.deps
          const { contact: contacts = [], deal: deals = [], connection } = options
          if (customers.length + contacts.length + deals.length === 0)
            return session.misuse('Whose data?', 'Name a customer, or give --contact or --deal with ids.')
          const whom = { customers, contacts, deals, ...(connection === undefined ? {} : { connection }) }
          return session.ask(async (crosswalk) => {
            const found = await crosswalk.erase({ ...whom, dryRun: true })
            if (found.connection === null) {
              session.answer({ ...found, done: false }, () => 'Nothing is stored of it.\n')
              return 0
            }
            // Without a terminal it is a dry run, unless --yes says otherwise.
            const asked = !options.yes && prompts !== null && !session.options.json
            if (!options.yes && !asked) {
              session.answer({ ...found, done: false }, () => told(found, 'Would be erased', session))
              session.note('Nothing was erased. Add --yes to erase it.')
              return 0
            }
            if (asked && (await prompts?.confirm(`${amount(found)}. Erase it for good?`)) !== true) {
              session.note('Nothing was erased.')
              return 1
            }
            const done = await crosswalk.erase({ ...whom, dryRun: false })
            session.answer({ ...done, done: true }, () => told(done, 'Erased', session))
            return 0
          })
        }),
    )
}

function amount({ deals, erased }: PersonErased): string {
  const parts = [
    [erased.links, 'link'],
    [erased.timeline, 'timeline entry', 'timeline entries'],
    [erased.problems, 'held record'],
    [erased.webhooks, 'webhook'],
    [erased.alerts, 'alert'],
    [erased.certificates, 'certificate'],
    [erased.runs, 'run'],
    [erased.shares, 'link to an order', 'links to orders'],
  ] as const
  const rows = parts.filter(([rows]) => rows > 0).map(([rows, one, many]) => count(rows, one, many))
  return `${count(deals, 'deal')}: ${rows.join(', ')}`
}

function told(erasing: PersonErased, done: string, session: Session): string {
  const { open, elsewhere } = erasing
  const isOne = open === 1
  const again =
    open === 0
      ? ''
      : session.prose(
          `${count(open, 'order')} ${isOne ? 'is' : 'are'} not finished: what a delivery needs of ${isOne ? 'it' : 'them'} is stored again. Erase once more when ${isOne ? 'it is' : 'they are'} paid.`,
        )
  return (
    session.prose(`${done}, of ${amount(erasing)}`) + again + session.prose(`Out of reach: ${elsewhere.join('; ')}.`)
  )
}
