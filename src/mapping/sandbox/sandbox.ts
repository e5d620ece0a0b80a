import { Worker } from 'node:worker_threads'
import type { ExpressionAnswer, ExpressionTask } from '../run/frame.ts'
import type { Evaluator } from '../run/run.ts'

// Well above the one second after which JSONata gives up by itself.
const hangMsDefault = 2_500
// A batch in which one expression hangs again and again would block its sync for as long as it has records.
const hangsMax = 3
const heapMegabytesMax = 256
// A busy machine may need a while to load the thread; a thread that never starts is a broken installation.
const startTicksMax = 12
// Source or built: both must be named in full for tools that follow files.
const workerFile = import.meta.url.endsWith('.ts')
  ? new URL('./worker.ts', import.meta.url)
  : new URL('./worker.js', import.meta.url)

interface Thread {
  readonly worker: Worker
  /** How many tasks of the batch are done; -1 before it was begun. */
  readonly progress: Int32Array
  /** Takes what comes of the batch at work, null between batches. */
  settle: ((attempt: Attempt) => void) | null
  ended: boolean
}

type Attempt =
  | { readonly ok: true; readonly answers: readonly ExpressionAnswer[] }
  /** `at` is the task that did it. */
  | { readonly ok: false; readonly at: number; readonly why: string }

export interface Sandbox extends Evaluator {
  /** Ends the thread once the batches at hand are answered. Evaluating afterwards starts a new one. */
  close(): Promise<void>
}

/**
 * Evaluates JSONata in a thread of its own, which starts with the first task and never keeps the process alive. A task
 * that hangs or uses up the memory fails alone: the thread is replaced and the rest of its batch runs again.
 */
export function openSandbox(options: { readonly hangMs?: number } = {}): Sandbox {
  const hangMs = options.hangMs ?? hangMsDefault
  let thread: Thread | null = null
  let queue: Promise<unknown> = Promise.resolve()

  async function evaluate(tasks: readonly ExpressionTask[]): Promise<readonly ExpressionAnswer[]> {
    const answers = new Map<number, ExpressionAnswer>()
    const hangs = new Map<string, number>()
    while (answers.size < tasks.length) {
      const open = tasks.flatMap((task, index) => (answers.has(index) ? [] : [{ task, index }]))
      if (thread === null || thread.ended) thread = startThread()
      const attempt = await runBatch(
        thread,
        open.map(({ task }) => task),
        hangMs,
      )
      if (attempt.ok) {
        for (const [place, { index }] of open.entries()) {
          const answer = attempt.answers[place]
          if (answer === undefined) throw new Error('the sandbox answered fewer tasks than it was given')
          answers.set(index, answer)
        }
        continue
      }
      const { worker } = thread
      thread = null
      await worker.terminate()
      const culprit = open[attempt.at]
      if (culprit === undefined) throw new Error(`the sandbox failed: ${attempt.why}`)
      answers.set(culprit.index, { ok: false, why: attempt.why })
      const count = (hangs.get(culprit.task.source) ?? 0) + 1
      hangs.set(culprit.task.source, count)
      if (count < hangsMax) continue
      for (const { task, index } of open) {
        if (task.source !== culprit.task.source || index === culprit.index) continue
        answers.set(index, { ok: false, why: `not tried, because it failed on ${count} other records: ${attempt.why}` })
      }
    }
    return tasks.map((_, index) => answers.get(index) as ExpressionAnswer)
  }

  return {
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
      const last = thread
      thread = null
      await last?.worker.terminate()
    },
  }
}

function startThread(): Thread {
  const shared = new SharedArrayBuffer(4)
  const worker = new Worker(workerFile, {
    workerData: shared,
    // Expressions have no use for our secrets, nor for the flags that this process was started with.
    env: {},
    execArgv: ['--disable-warning=ExperimentalWarning'],
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytesMax },
  })
  const thread: Thread = { worker, progress: new Int32Array(shared), settle: null, ended: false }
  const fail = (why: string) => {
    thread.ended = true
    thread.settle?.({ ok: false, at: Atomics.load(thread.progress, 0), why })
  }
  worker.on('message', (answers: readonly ExpressionAnswer[]) => thread.settle?.({ ok: true, answers }))
  worker.on('error', (error) => fail(error instanceof Error ? error.message : String(error)))
  worker.on('exit', (code) => fail(`its thread ended with code ${code}`))
  return thread
}

/** Runs a batch to its end, or until the thread hangs or dies. */
function runBatch(thread: Thread, tasks: readonly ExpressionTask[], hangMs: number): Promise<Attempt> {
  return new Promise((resolve) => {
    const { worker, progress } = thread
    Atomics.store(progress, 0, -1)
    let seen = -1
    let idle = 0
    const timer = setInterval(() => {
      const done = Atomics.load(progress, 0)
      idle = done === seen ? idle + 1 : 0
      seen = done
      if (idle >= (done < 0 ? startTicksMax : 1)) {
        thread.settle?.({ ok: false, at: done, why: `it did not end within ${hangMs} ms` })
      }
    }, hangMs)
    thread.settle = (attempt) => {
      clearInterval(timer)
      thread.settle = null
      worker.unref()
      resolve(attempt)
    }
    // While there is a batch the process must not end for want of other work; without one it may.
    worker.ref()
    worker.postMessage(tasks)
  })
}
