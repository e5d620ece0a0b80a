import type { Readable, Writable } from 'node:stream'
import { confirm, isCancel, select, text } from '@clack/prompts'

/** Questions to the person at the terminal. Null is the answer of one who pressed Ctrl-C. */
export interface Prompts {
  choose(question: string, choices: readonly { value: string; label: string; hint?: string }[]): Promise<string | null>
  ask(question: string, options: { placeholder: string }): Promise<string | null>
  confirm(question: string): Promise<boolean | null>
}

/** @param output  standard error, so that an answer on standard output stays whole */
export function openPrompts(input: Readable, output: Writable): Prompts {
  const streams = { input, output }
  return {
    async choose(message, choices) {
      const answer = await select({ message, options: choices.map((choice) => ({ ...choice })), ...streams })
      return isCancel(answer) ? null : answer
    },
    async ask(message, { placeholder }) {
      const answer = await text({ message, placeholder, defaultValue: '', ...streams })
      return isCancel(answer) ? null : answer
    },
    async confirm(message) {
      const answer = await confirm({ message, initialValue: false, ...streams })
      return isCancel(answer) ? null : answer
    },
  }
}
