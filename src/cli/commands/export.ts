import { mkdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Command } from 'commander'
import type { Perform } from '../session.ts'
import { count } from '../text.ts'
import { replaceFile, textOf } from '../variables.ts'

export function addExport(program: Command, perform: Perform): void {
  program
    .command('export')
    .description('Write the files that were published last to a folder, such as for a repository')
    .argument('[folder]', 'where they go', '.')
    .option('--force', 'over files that differ', false)
    .action((folder: string, options: { force: boolean }, command: Command) =>
      perform(command, async (session) => {
        const texts = await session.ask((crosswalk) => crosswalk.publishedFiles())
        if (texts === null) {
          session.answer({ folder, written: [] }, () => '')
          session.note('Nothing was published yet: the files on disk are all there is.')
          return 1
        }
        const root = resolve(session.deps.cwd, folder)
        const there = await Promise.all(
          [...texts]
            .toSorted(([a], [b]) => (a < b ? -1 : 1))
            .map(async ([path, text]) => ({ path, text, now: await textOf(join(root, path)) })),
        )
        const changed = there.filter(({ text, now }) => text !== now)
        const lost = changed.filter(({ now }) => now !== null).map(({ path }) => path)
        if (lost.length > 0 && !options.force)
          return session.misuse(
            `${lost.join(', ')} differ${lost.length === 1 ? 's' : ''} there`,
            'Look at the difference with `crosswalk plan`, write over it with --force, or name another folder.',
          )
        for (const { path, text } of changed) {
          await mkdir(dirname(join(root, path)), { recursive: true })
          await replaceFile(join(root, path), text)
        }
        const written = changed.map(({ path }) => path)
        session.answer({ folder, written }, () =>
          written.length === 0
            ? `${folder} has all ${count(texts.size, 'file')} as they were published.\n`
            : written.map((path) => `${path}\n`).join(''),
        )
        session.note('Secrets that were entered in the console are in no file; they stay with this installation.')
        return 0
      }),
    )
}
