import type { Command } from 'commander'
import type { FieldSchema } from '../../ports/connector.ts'
import type { Perform } from '../session.ts'
import { count } from '../text.ts'

export function addDescribe(program: Command, perform: Perform): void {
  program
    .command('describe')
    .description('List the fields of an object as the account has them, with the paths that a mapping uses')
    .argument('<connection>')
    .argument('<object>', "in the system's own words: deals, sale.order")
    .option('--filter <text>', 'only fields with this text in their path or label')
    .action((connection: string, object: string, options: { filter?: string }, command: Command) =>
      perform(command, async (session) => {
        const { yellow, dim } = session.paint
        const schema = await session.ask((crosswalk) => crosswalk.describe(connection, object))
        const wanted = options.filter?.toLowerCase() ?? ''
        const fields = flatten(schema.fields, '').filter(
          ({ path, label }) => path.toLowerCase().includes(wanted) || label.toLowerCase().includes(wanted),
        )
        session.answer({ object: schema.object, fields }, () =>
          session.table(
            [{ title: 'PATH' }, { title: 'TYPE' }, { title: 'WRITE' }, { title: 'LABEL', flexible: true }, values],
            fields.map((field) => [
              field.path,
              field.relation === null ? field.type : `${field.type} → ${field.relation}`,
              field.required
                ? { text: 'required', style: yellow }
                : field.writable
                  ? 'yes'
                  : { text: 'no', style: dim },
              field.label,
              { text: field.options?.join(' ') ?? '', style: dim },
            ]),
          ),
        )
        session.note(count(fields.length, 'field'))
        return 0
      }),
    )
}

const values = { title: 'VALUES', flexible: true }

interface Field {
  readonly path: string
  readonly label: string
  readonly type: FieldSchema['type']
  readonly writable: boolean
  readonly required: boolean
  readonly relation: string | null
  readonly options: readonly string[] | null
}

/** Every field under the path that a mapping writes; inner fields follow the object they belong to. */
function flatten(fields: Readonly<Record<string, FieldSchema>>, before: string): Field[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const { label, type, writable, required } = field
    const path = `${before}${name}`
    const own = { path, label, type, writable, required }
    if (field.fields !== undefined) return flatten(field.fields, `${path}.`)
    return [{ ...own, relation: field.relation ?? null, options: field.options ?? null }]
  })
}
