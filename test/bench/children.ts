import { fork } from 'node:child_process'
import { join } from 'node:path'

/** A process of the benchmark's own, so that its processor time and memory are nobody else's. */
export interface Child {
  readonly pid: number
  /** @throws Error with the child's own words */
  ask<Answer>(command: string, argument?: unknown): Promise<Answer>
  /** Resolves when the process is gone. */
  end(): Promise<void>
}

interface Question {
  readonly id: number
  readonly command: string
  readonly argument: unknown
}
interface Reply {
  readonly id: number
  readonly answer?: unknown
  readonly error?: string
}

/** @param file  beside this one; calls `serve` */
export function startChild(file: string): Child {
  const child = fork(join(import.meta.dirname, file), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const waiting = new Map<number, { resolve: (answer: unknown) => void; reject: (error: Error) => void }>()
  let questions = 0
  child.on('message', (reply: Reply) => {
    const asked = waiting.get(reply.id)
    waiting.delete(reply.id)
    if (reply.error === undefined) asked?.resolve(reply.answer)
    else asked?.reject(new Error(reply.error))
  })
  const gone = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      for (const { reject } of waiting.values()) reject(new Error(`${file} ended with ${code ?? signal}`))
      waiting.clear()
      resolve()
    })
  })
  return {
    pid: child.pid ?? 0,
    ask: (command, argument) =>
      new Promise((resolve, reject) => {
        questions += 1
        waiting.set(questions, { resolve: (answer) => resolve(answer as never), reject })
        const question: Question = { id: questions, command, argument }
        child.send(question, (error) => error !== null && reject(error))
      }),
    end() {
      if (child.connected) child.disconnect()
      return gone
    },
  }
}

/** The child's side. `end` is called when the parent has no more questions, and the process ends. */
export function serve(
  commands: Readonly<Record<string, (argument: never) => Promise<unknown>>>,
  end: () => Promise<void>,
): void {
  process.on('message', ({ id, command, argument }: Question) => {
    const answer = commands[command]?.(argument as never) ?? Promise.reject(new Error(`no command "${command}"`))
    answer.then(
      (value) => process.send?.({ id, answer: value }),
      (error: unknown) =>
        process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    )
  })
  process.once('disconnect', () => {
    const failed = (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
      return 1
    }
    // What a failed command left open must not keep the process.
    void end()
      .then(() => 0, failed)
      .then((code) => process.exit(code))
  })
  // The parent gets Ctrl-C as well and lets go of its children.
  process.on('SIGINT', () => {})
}
