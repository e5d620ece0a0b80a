import type { Readable, Writable } from 'node:stream'
import { confirm, multiselect, password, select, text } from '@clack/prompts'

interface PromptChoice {
  readonly value: string
  readonly label: string
  readonly hint?: string
}

/** Questions to the person at the terminal. The answer is null after Ctrl-C, Ctrl-D, or when the terminal is closed. */
export interface Prompts {
  choose(question: string, choices: readonly PromptChoice[]): Promise<string | null>
  /** Any number of them, none as well. */
  chooseSeveral(question: string, choices: readonly PromptChoice[]): Promise<readonly string[] | null>
  ask(question: string, options: { placeholder: string }): Promise<string | null>
  /** What is typed is not shown. */
  askSecret(question: string): Promise<string | null>
  confirm(question: string): Promise<boolean | null>
}

/** @param output  standard error, so that an answer on standard output stays whole */
export function openPrompts(input: Readable, output: Writable): Prompts {
  async function answer<T extends string | boolean | readonly string[]>(
    question: (options: Asking) => Promise<T | undefined | symbol>,
  ): Promise<T | null> {
    const over = new AbortController()
    // Readline pauses its input when it closes; Clack does not notice, and would wait for ever.
    let answered = false
    const closed = () =>
      void setImmediate(() => {
        // It pauses at every answer as well. Ended once more then, it would take the terminal from the next question.
        if (!answered) over.abort()
      })
    input.once('pause', closed)
    input.once('end', closed)
    try {
      const given = await question({ input, output, signal: over.signal })
      return typeof given === 'symbol' || given === undefined ? null : given
    } finally {
      answered = true
      input.off('pause', closed)
      input.off('end', closed)
    }
  }
  return {
    choose: (message, choices) =>
      answer<string>((asking) => select({ message, options: choices.map((choice) => ({ ...choice })), ...asking })),
    chooseSeveral: (message, choices) =>
      answer<readonly string[]>((asking) =>
        multiselect({ message, options: choices.map((choice) => ({ ...choice })), required: false, ...asking }),
      ),
    ask: (message, { placeholder }) =>
      answer<string>((asking) => text({ message, placeholder, defaultValue: '', ...asking })),
    // Nothing typed is no answer to Clack, and an empty one to us; a question that was ended is a symbol.
    askSecret: (message) => answer<string>(async (asking) => (await password({ message, ...asking })) ?? ''),
    confirm: (message) => answer<boolean>((asking) => confirm({ message, initialValue: false, ...asking })),
  }
}

interface Asking {
  readonly input: Readable
  readonly output: Writable
  readonly signal: AbortSignal
}
