import type { Readable, Writable } from 'node:stream'
import { confirm, select, text } from '@clack/prompts'

/** Questions to the person at the terminal. The answer is null after Ctrl-C, Ctrl-D, or when the terminal is closed. */
export interface Prompts {
  choose(question: string, choices: readonly { value: string; label: string; hint?: string }[]): Promise<string | null>
  ask(question: string, options: { placeholder: string }): Promise<string | null>
  confirm(question: string): Promise<boolean | null>
}

/** @param output  standard error, so that an answer on standard output stays whole */
export function openPrompts(input: Readable, output: Writable): Prompts {
  async function answer<T extends string | boolean>(
    question: (options: Asking) => Promise<T | symbol>,
  ): Promise<T | null> {
    const over = new AbortController()
    // Readline pauses its input when it closes; Clack does not notice, and would wait for ever.
    const closed = () => void setImmediate(() => over.abort())
    input.once('pause', closed)
    input.once('end', closed)
    try {
      const given = await question({ input, output, signal: over.signal })
      return typeof given === 'symbol' ? null : given
    } finally {
      input.off('pause', closed)
      input.off('end', closed)
    }
  }
  return {
    choose: (message, choices) =>
      answer<string>((asking) => select({ message, options: choices.map((choice) => ({ ...choice })), ...asking })),
    ask: (message, { placeholder }) =>
      answer<string>((asking) => text({ message, placeholder, defaultValue: '', ...asking })),
    confirm: (message) => answer<boolean>((asking) => confirm({ message, initialValue: false, ...asking })),
  }
}

interface Asking {
  readonly input: Readable
  readonly output: Writable
  readonly signal: AbortSignal
}
