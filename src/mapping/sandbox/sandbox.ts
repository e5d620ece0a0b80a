import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Json } from '../../core/json.ts'
import type { ExpressionAnswer, ExpressionTask } from '../run/frame.ts'
import type { Evaluator } from '../run/run.ts'
import { openStrikes, type SandboxAnswer, type SandboxTask } from './task.ts'

// Well above the one second after which JSONata gives up by itself.
const hangMsDefault = 2_500
// Source or built: both must be named in full for tools that follow files.
const processFile = import.meta.url.endsWith('.ts')
  ? new URL('./process.ts', import.meta.url)
  : new URL('./process.js', import.meta.url)

export interface Sandbox extends Evaluator {
  /** Ends the process of expressions once the batches at hand are answered. Evaluating afterwards starts a new one. */
  close(): Promise<void>
}

/**
 * Evaluates JSONata in a process of its own, which starts with the first task at the latest and never keeps this one alive. A task that hangs
 * or uses up the memory fails alone: V8 ends a whole process over one large text, so after such an end the rest of the batch is
 * tried one by one.
 */
export function openSandbox(options: { readonly hangMs?: number } = {}): Sandbox {
  const hangMs = options.hangMs ?? hangMsDefault
  let child: ChildProcess | null = null
  let queue: Promise<unknown> = Promise.resolve()

  async function run(tasks: readonly SandboxTask[]): Promise<readonly SandboxAnswer[] | { readonly died: string }> {
    // One that ended between two batches did so for no expression's fault.
    if (child === null || hasEnded(child)) child = startChild(hangMs)
    const answered = await answersOf(child, tasks)
    if ('died' in answered) child = null
    return answered
  }

  async function evaluate(given: readonly ExpressionTask[]): Promise<readonly ExpressionAnswer[]> {
    const answers = new Map<number, SandboxAnswer>()
    const tasks = given.map(taskOf)
    const sound = tasks.map((task) => task ?? { source: '', input: '' })
    for (const [index, task] of tasks.entries())
      if (task === null) answers.set(index, { ok: false, why: 'what it is given is nested too deeply' })
    const strikes = openStrikes(sound, answers)
    let together = true
    while (answers.size < tasks.length) {
      const open = [...tasks.keys()].filter((index) => !answers.has(index))
      const some = together ? open : open.slice(0, 1)
      const answered = await run(some.flatMap((index) => tasks[index] ?? []))
      if (!('died' in answered)) {
        for (const [place, index] of some.entries()) answers.set(index, answered[place] ?? lostAnswer)
      } else if (some.length > 1) together = false
      else strikes.refuse(some[0] ?? 0, `it used up the memory or ended its process (${answered.died})`)
    }
    return tasks.map((_, index) => answerOf(answers.get(index) ?? lostAnswer))
  }

  return {
    prepare() {
      child ??= startChild(hangMs)
    },
    evaluate(tasks) {
      if (tasks.length === 0) return Promise.resolve([])
      // One batch at a time, whatever became of the one before.
      const result = queue.then(
        () => evaluate(tasks),
        () => evaluate(tasks),
      )
      queue = result
      return result
    },
    async close() {
      // A batch cut off in the middle would look like expressions that failed.
      await Promise.allSettled([queue])
      const last = child
      child = null
      if (last === null || hasEnded(last)) return
      const gone = new Promise((resolve) => last.once('exit', resolve))
      last.ref()
      last.kill('SIGKILL')
      await gone
    },
  }
}

const lostAnswer: SandboxAnswer = { ok: false, why: 'the sandbox gave no answer' }

/** Null for what is nested deeper than JSON is written. */
function taskOf({ source, input }: ExpressionTask): SandboxTask | null {
  try {
    return { source, input: JSON.stringify(input) }
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

const answerOf = (answer: SandboxAnswer): ExpressionAnswer =>
  answer.ok ? { ok: true, value: JSON.parse(answer.value) as Json } : { ok: false, why: answer.why }

function startChild(hangMs: number): ChildProcess {
  const child = fork(fileURLToPath(processFile), [String(hangMs)], {
    // Expressions have no use for our secrets, nor for the flags that this process was started with.
    env: {},
    execArgv: ['--disable-warning=ExperimentalWarning'],
    serialization: 'advanced',
    // What V8 says when memory runs out is for nobody.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  // Whoever waits for an answer hears of it; without anybody waiting it is started anew.
  child.on('error', () => undefined)
  letGo(child)
  return child
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null

/** From here on it does not keep this process alive. */
function letGo(child: ChildProcess): void {
  child.unref()
  child.channel?.unref()
}

/** Runs a batch to its end, or until the process dies. */
function answersOf(
  child: ChildProcess,
  tasks: readonly SandboxTask[],
): Promise<readonly SandboxAnswer[] | { readonly died: string }> {
  return new Promise((resolve) => {
    const end = (result: readonly SandboxAnswer[] | { readonly died: string }) => {
      child.off('message', onMessage).off('exit', onExit).off('error', onError)
      letGo(child)
      resolve(result)
    }
    const onMessage = (answers: unknown) => end(answers as readonly SandboxAnswer[])
    const onExit = (code: number | null, signal: string | null) => end({ died: String(signal ?? code) })
    const onError = (error: Error) => end({ died: error.message })
    // While there is a batch this process must not end for want of other work; without one it may.
    child.ref()
    child.channel?.ref()
    child.on('message', onMessage).on('exit', onExit).on('error', onError)
    child.send(tasks, (error) => {
      if (error !== null) end({ died: error.message })
    })
  })
}
