import type { Command } from 'commander'
import type { PendingMigration, UpgradeFinding, UpgradeReport } from '../../ports/ledger/upgrade.ts'
import type { Perform, Session } from '../session.ts'
import { count } from '../text.ts'

export function addUpgrade(program: Command, perform: Perform): void {
  program
    .command('upgrade')
    .description('Bring the database up to date with this release, once nothing is in the way')
    .option('--check', 'only show what it would do and what is in its way', false)
    .action((options: { check: boolean }, command: Command) =>
      perform(command, async (session) => {
        const { upgrade } = session.deps
        const report = await upgrade.check(session.project)
        const nothing = report.migrations.length === 0 && report.database.exists
        // What is up to date needs no upgrade, whatever else may be wrong: containers start with this command.
        const goes = report.ready || (nothing && !report.findings.some(({ about }) => about === 'database'))
        if (!options.check && goes && !nothing) await upgrade.run(session.project)
        session.answer(report, () => show(report, session))
        if (options.check) session.note(report.ready ? verdict(report) : 'Something is in the way, see above.')
        else if (nothing && goes) session.note('Nothing to do: the database is up to date.')
        else
          session.note(
            goes ? 'The database is up to date now.' : 'Something is in the way, see above. Nothing was done.',
          )
        return (options.check ? report.ready : goes) ? 0 : 1
      }),
    )
}

function verdict({ migrations, database }: UpgradeReport): string {
  if (!database.exists) return 'There is no database yet: the first start makes it.'
  if (migrations.length === 0) return 'Nothing to do: the database is up to date. Start this release when you like.'
  return migrations.some(({ kind }) => kind === 'breaking')
    ? 'Ready. Processes of the older release must not run during the upgrade or after it.'
    : 'Ready. Processes of the older release may go on working until they are replaced.'
}

const works: Readonly<Record<PendingMigration['tables'][number]['work'], string>> = {
  columns: 'columns, a moment whatever the size',
  index: 'an index: writing waits meanwhile',
  rewrite: 'written anew: reading and writing wait meanwhile',
  rows: 'rows are changed',
}
const megabytes = (bytes: number) => `${(bytes / 1_000_000).toFixed(1)} MB`

function show(report: UpgradeReport, session: Session): string {
  const { node, database, migrations, processes, findings } = report
  const { bold, dim } = session.paint
  const size = database.bytes === null ? '' : `, ${megabytes(database.bytes)}`
  const facts = [
    `Database    ${database.place}: ${database.version === null ? 'not looked into' : `PostgreSQL ${database.version}`}${size}`,
    `Node        ${node}`,
    `Processes   ${processes.length === 0 ? 'none' : processes.map(({ host, pid }) => `${pid} on ${host}`).join(', ')}`,
  ]
  const rows = migrations.flatMap(({ name, kind, tables }) =>
    tables.length === 0
      ? [[name, kind, { text: '–', style: dim }, '', '']]
      : tables.map(({ table, work, rows, bytes }, index) => [
          index === 0 ? name : '',
          index === 0 ? kind : '',
          `${table}: ${works[work]}`,
          String(Math.round(rows)),
          megabytes(bytes),
        ]),
  )
  const columns = [
    { title: 'MIGRATION' },
    { title: 'KIND' },
    { title: 'TABLE', flexible: true },
    { title: 'ROWS', align: 'right' as const },
    { title: 'SIZE', align: 'right' as const },
  ]
  const todo =
    migrations.length === 0
      ? 'No migration to run.\n'
      : `${bold(count(migrations.length, 'migration'))}\n${session.table(columns, rows, 2)}`
  return `${facts.join('\n')}\n${todo}${findings.map((one) => finding(one, session)).join('')}`
}

function finding({ level, about, message, fix }: UpgradeFinding, { paint, prose }: Session): string {
  const mark = { error: paint.red('✗'), warning: paint.yellow('!'), info: paint.dim('·') }[level]
  return (
    prose(`${about}: ${message}`, { indent: 2, first: `${mark} ` }) +
    (fix === null ? '' : prose(level === 'info' ? fix : `What to do: ${fix}`, { indent: 2 }))
  )
}
