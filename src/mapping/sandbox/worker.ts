import { parentPort, workerData } from 'node:worker_threads'
import jsonata from 'jsonata'
import { shortened } from '../../core/text.ts'
import { registerDecimals } from './functions.ts'
import { readNumbers } from './numbers.ts'
import { notTried, type SandboxAnswer, type SandboxTask, strikesMax } from './task.ts'

/*
 * The thread that expressions run in. It knows nothing but its tasks, and may be killed at any moment.
 */

// Two guards: JSONata's own stop what it can see (recursion, endless loops, huge ranges); the owner of this thread kills
// it for the rest, such as a regular expression that backtracks for ever.
const guards = { timeout: 1_000, stack: 200, sequence: 10_000 }
const resultCharactersMax = 1_000_000
const messageCharactersMax = 1_000
const compiledMax = 1_000

const compiled = new Map<string, jsonata.Expression>()
// How many tasks of the batch are done, -1 before it is begun: the owner reads from it which one hangs.
const progress = new Int32Array(workerData as SharedArrayBuffer)

parentPort?.on('message', async (tasks: readonly SandboxTask[]) => {
  const answers: SandboxAnswer[] = []
  const stopped = new Map<string, number>()
  Atomics.store(progress, 0, 0)
  for (const task of tasks) {
    const count = stopped.get(task.source) ?? 0
    const given = count < strikesMax ? await answer(task) : notTried('it took too long')
    if (!given.ok && given.stopped === true) stopped.set(task.source, count + 1)
    answers.push(given)
    Atomics.add(progress, 0, 1)
  }
  parentPort?.postMessage(answers)
})

async function answer({ source, input }: SandboxTask): Promise<SandboxAnswer> {
  try {
    const result: unknown = await expressionOf(source).evaluate(JSON.parse(input))
    // Through text, because JSONata's lists carry functions, which cannot be posted to another thread.
    const text = JSON.stringify(result, plainNumber) as string | undefined
    if (text === undefined) return { ok: true, value: 'null' }
    if (text.length > resultCharactersMax) return refuse(`its value is longer than ${resultCharactersMax} characters`)
    return { ok: true, value: text }
  } catch (error) {
    const refusal = refuse(messageOf(error))
    return isTimeout(error) ? { ...refusal, stopped: true } : refusal
  }
}

const refuse = (why: string) => ({ ok: false, why }) as const
/** JSONata's own guard against endless loops. */
const isTimeout = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'D1012'

/** JSONata throws plain objects with a message, which quotes values or, by `$error`, is one. */
const messageOf = (error: unknown): string =>
  shortened(
    typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error),
    messageCharactersMax,
  )

function expressionOf(source: string): jsonata.Expression {
  const known = compiled.get(source)
  if (known !== undefined) return known
  if (compiled.size >= compiledMax) compiled.clear()
  const expression = jsonata(source, guards)
  registerDecimals(expression)
  readNumbers(expression)
  compiled.set(source, expression)
  return expression
}

/** Inputs have at most 15 digits, so what follows them in a fraction is an artefact of doubles. */
const plainNumber = (_: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(15)) : value
