/** An answer that is asked for at the first need and kept. A failure is for those who asked, and is asked again. */
export interface Once<Key, Answer> {
  of(key: Key): Promise<Answer>
  /** The next one to need the answer asks anew. */
  forget(key: Key): void
}

/** Asks once for each key, however many callers need the answer at the same time or later. */
export function onceEach<Key, Answer>(ask: (key: Key) => Promise<Answer>): Once<Key, Answer> {
  const answers = new Map<Key, Promise<Answer>>()
  return {
    of(key) {
      const known = answers.get(key)
      if (known !== undefined) return known
      const asked = ask(key)
      answers.set(key, asked)
      asked.catch(() => {
        if (answers.get(key) === asked) answers.delete(key)
      })
      return asked
    },
    forget: (key) => void answers.delete(key),
  }
}

/** The same of a single question. */
export function once<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  const answer = onceEach(ask)
  return () => answer.of(undefined)
}

/** Callers at the same time share one question; the next one after the answer asks anew. For what expires, as a token. */
export function shared<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let asked: Promise<Answer> | null = null
  return () => {
    asked ??= ask().finally(() => {
      asked = null
    })
    return asked
  }
}
