import { documentSchemas } from '../../core/documents.ts'
import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import type { Failure } from '../../core/problem.ts'
import type { CompiledMapping } from '../compile/compile.ts'
import { withDefaults } from './defaults.ts'
import type { ExpressionAnswer, ExpressionTask, Frame, LookupAnswer, LookupNeed, Pass } from './frame.ts'
import type { Hole } from './hole.ts'
import { evaluateFields, evaluateLines, type Lineage } from './record.ts'

export type { LookupAnswer, LookupNeed } from './frame.ts'
export type { Lineage } from './record.ts'

/** Evaluates expressions. The sandbox is one. */
export interface Evaluator {
  /** Says that there will be expressions soon: what evaluates them may take a while to start. */
  prepare(): void
  /** Answers in the order of the tasks, one for each. */
  evaluate(tasks: readonly ExpressionTask[]): Promise<readonly ExpressionAnswer[]>
}
/** Finds records of the target. */
export interface Resolver {
  /** Answers in the order of the needs, one for each. No two needs are equal. */
  lookup(needs: readonly LookupNeed[]): Promise<readonly LookupAnswer[]>
}

export interface Scope {
  /** The document, with `raw`. */
  readonly document: Json
  /** Decides over rules with `on`. */
  readonly op: 'create' | 'update'
  /** The account of the mapping's own system. */
  readonly account: Json
  /** Target ids by name: `{ customer: '43' }`; a hole where the id is not known yet, see `fillHole`, null where there is none. */
  readonly links: Readonly<Record<string, string | Hole | null>>
}

/** Values are neutral, as `Write` in ports/connector.ts has them. */
export interface TargetRecord {
  readonly fields: JsonObject
  readonly lines: {
    readonly field: string
    readonly items: readonly { readonly key: string; readonly fields: JsonObject }[]
  } | null
  readonly lineage: readonly Lineage[]
}

/** Several failures of one record are all reported; `failures[0]` is the headline. */
export type Mapped<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failures: readonly [Failure, ...Failure[]] }

/**
 * Maps records of a system to documents, in their order. In a document of a mapping that was narrowed by `only`, what
 * was not asked for has its default, or is absent where it has none.
 * @param account  of the mapping's own system
 * @typeParam D  the document, as the mapping names it
 */
export async function mapInbound<D>(
  mapping: CompiledMapping,
  records: readonly { readonly id: string; readonly fields: JsonObject }[],
  account: Json,
  evaluator: Evaluator,
): Promise<readonly Mapped<D>[]> {
  const { program } = mapping
  if (program.direction !== 'inbound') throw new Error(`${mapping.file} maps from a document, not to one`)
  const schema = documentSchemas[mapping.document]
  const jobs = records.map(
    (record): Job<D> => ({
      record: `${mapping.object} ${record.id}`,
      slots: [record.fields, account],
      links: {},
      run(frame) {
        const value = program.evaluate(frame)
        if (!isObject(value)) return null
        const document = { ...(program.mapsId ? {} : { id: record.id }), raw: record.fields, ...value }
        // Compiling made sure that nothing is missing or of another kind, so a complaint here is a fault of ours.
        return (program.whole ? schema.parse(document) : withDefaults(program.known, document)) as D
      },
    }),
  )
  return runAll(jobs, { lookup: refuseLookups }, evaluator)
}

const refuseLookups = (): Promise<never> => Promise.reject(new Error('a mapping to a document has no lookups'))

/** Maps documents to records of a system, in their order. Equal lookups are asked for once in a call. */
export async function mapOutbound(
  mapping: CompiledMapping,
  scopes: readonly Scope[],
  resolver: Resolver,
  evaluator: Evaluator,
): Promise<readonly Mapped<TargetRecord>[]> {
  const { program } = mapping
  if (program.direction !== 'outbound') throw new Error(`${mapping.file} maps to a document, not from one`)
  const jobs = scopes.map(
    (scope): Job<TargetRecord> => ({
      record: `${mapping.document} ${nameOf(scope.document)}`,
      slots: [scope.document, scope.account],
      links: scope.links,
      run(frame) {
        const lineage: Lineage[] = []
        const { values, signal } = evaluateFields(program.fields, frame, scope.op, '', lineage)
        if (program.lines === null) return signal === null ? { fields: values, lines: null, lineage } : null
        const { items, signal: inside } = evaluateLines(program.lines, frame, scope.op, lineage)
        if (signal !== null || inside !== null) return null
        return { fields: values, lines: { field: program.lines.field, items }, lineage }
      },
    }),
  )
  return runAll(jobs, resolver, evaluator)
}

/** A document by the number that people know it by. */
function nameOf(document: Json): string {
  if (!isObject(document)) return ''
  const name = document.number ?? document.id
  return typeof name === 'string' ? name : ''
}

interface Job<T> {
  /** Names the record in messages. */
  readonly record: string
  /** What the roots of paths are read from: the record, then the account. */
  readonly slots: readonly [Json, Json]
  readonly links: Readonly<Record<string, string | Hole | null>>
  /** Null when something is missing: answers, or values that are among the failures. */
  run(frame: Frame): T | null
}

/** A job that is not done, with the answers that its expressions have got. */
interface Work<T> {
  readonly job: Job<T>
  readonly index: number
  readonly zone: string
  readonly expressions: Map<string, ExpressionAnswer>
}

/**
 * Runs each job until nothing is asked for any more. A rule that needs an expression's value or a lookup asks for it and
 * the job is run again when the answers of all jobs are there: one call for what a thousand records need.
 */
async function runAll<T>(jobs: readonly Job<T>[], resolver: Resolver, evaluator: Evaluator): Promise<Mapped<T>[]> {
  const lookups = new Map<string, LookupAnswer>()
  const results: Mapped<T>[] = []
  let open = jobs.map((job, index): Work<T> => ({ job, index, zone: zoneOf(job.slots[1]), expressions: new Map() }))
  while (open.length > 0) {
    const needs = new Map<string, LookupNeed>()
    const tasks: AskedExpression[] = []
    open = open.filter(({ job, index, zone, expressions }) => {
      const pass: Pass = {
        record: job.record,
        zone,
        links: job.links,
        failures: [],
        expressions,
        lookups,
        askedExpressions: new Map(),
        askedLookups: new Map(),
        trace: { path: '', value: null, name: null, note: null },
      }
      const value = job.run({ slots: job.slots, at: '', pass })
      for (const [key, need] of pass.askedLookups) needs.set(key, need)
      for (const [key, task] of pass.askedExpressions) tasks.push({ key, task, answers: expressions })
      const done = pass.askedLookups.size + pass.askedExpressions.size === 0
      if (done) results[index] = settle(job, value, pass.failures)
      return !done
    })
    await Promise.all([answerLookups(needs, lookups, resolver), answerExpressions(tasks, evaluator)])
  }
  return results
}

const zoneOf = (account: Json): string =>
  isObject(account) && typeof account.timeZone === 'string' ? account.timeZone : 'UTC'

function settle<T>(job: Job<T>, value: T | null, failures: readonly Failure[]): Mapped<T> {
  const [first, ...others] = failures
  if (first !== undefined) return { ok: false, failures: [first, ...others] }
  if (value === null) throw new Error(`${job.record}: no value, no failure and nothing asked for`)
  return { ok: true, value }
}

async function answerLookups(
  needs: ReadonlyMap<string, LookupNeed>,
  answers: Map<string, LookupAnswer>,
  resolver: Resolver,
): Promise<void> {
  if (needs.size === 0) return
  const found = await resolver.lookup([...needs.values()])
  for (const [index, key] of [...needs.keys()].entries()) answers.set(key, answerAt(found, index))
}

interface AskedExpression {
  readonly key: string
  readonly task: ExpressionTask
  readonly answers: Map<string, ExpressionAnswer>
}

async function answerExpressions(asked: readonly AskedExpression[], evaluator: Evaluator): Promise<void> {
  if (asked.length === 0) return
  const found = await evaluator.evaluate(asked.map(({ task }) => task))
  for (const [index, { key, answers }] of asked.entries()) answers.set(key, answerAt(found, index))
}

function answerAt<A>(answers: readonly A[], index: number): A {
  const answer = answers[index]
  if (answer === undefined) throw new Error(`answer ${index + 1} of ${answers.length} is missing`)
  return answer
}
