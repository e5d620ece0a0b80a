import { Worker } from 'node:worker_threads'
import { openStrikes, type SandboxAnswer, type SandboxTask } from './task.ts'

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
  | { readonly ok: true; readonly answers: readonly SandboxAnswer[] }
  /** `at` is the task that did it. */
  | { readonly ok: false; readonly at: number; readonly why: string }

/**
 * Evaluates JSONata in a thread of this process, which starts at once. A task that hangs fails alone: the thread is
 * replaced and the rest of its batch runs again. An expression that is slow again and again is given up.
 */
export function openThread(hangMs: number) {
  let thread: Thread | null = startThread()

  return async function evaluate(tasks: readonly SandboxTask[]): Promise<readonly SandboxAnswer[]> {
    const answers = new Map<number, SandboxAnswer>()
    const strikes = openStrikes(tasks, answers)
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
      strikes.refuse(culprit.index, attempt.why)
    }
    return tasks.map((_, index) => answers.get(index) as SandboxAnswer)
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
  worker.on('message', (answers: readonly SandboxAnswer[]) => thread.settle?.({ ok: true, answers }))
  worker.on('error', (error) => fail(error instanceof Error ? error.message : String(error)))
  worker.on('exit', (code) => fail(`its thread ended with code ${code}`))
  return thread
}

/** Runs a batch to its end, or until the thread hangs or dies. */
function runBatch(thread: Thread, tasks: readonly SandboxTask[], hangMs: number): Promise<Attempt> {
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
