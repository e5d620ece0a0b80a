import { SyncError } from '../../core/problem.ts'

/**
 * What a connector answered, one for each that was asked. Silence is not "there is none": an order would be taken for
 * deleted, a customer for missing.
 * @throws SyncError `bad_reply`
 */
export function oneForEach<T>(answers: readonly T[], asked: number, connection: string, object: string): readonly T[] {
  if (answers.length === asked) return answers
  throw new SyncError(
    `Connection "${connection}" was asked about ${asked} of ${object} and told of ${answers.length}.`,
    {
      problem: { kind: 'bad_reply' },
      fix: 'They are asked for again by themselves. If this stays, report it with the name of the system.',
    },
  )
}
