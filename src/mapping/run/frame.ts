import type { Json, JsonObject } from '../../core/json.ts'
import type { Failure, Problem } from '../../core/problem.ts'
import type { Hole } from './hole.ts'

/** The value is not known yet: an answer was asked for, and the record is run again when it is there. */
export const pending: unique symbol = Symbol('pending')
/** The value cannot be had; why is among the failures of the pass. */
export const failed: unique symbol = Symbol('failed')
export type Outcome = Json | typeof pending | typeof failed

/** A compiled rule: gives its value, and never throws for what a record holds. */
export type Evaluate = (frame: Frame) => Outcome

/** What paths are read from: one slot a root, then one for each list that is walked. */
export interface Frame {
  readonly slots: readonly Json[]
  /** Where inside lists, for messages and to tell one entry from the next: `, line 2`. */
  readonly at: string
  readonly pass: Pass
}

export type ExpressionAnswer =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly why: string }
export interface ExpressionTask {
  readonly source: string
  readonly input: Json
}
export interface LookupNeed {
  readonly object: string
  readonly where: JsonObject
}
export interface LookupAnswer {
  readonly matches: readonly { readonly id: string; readonly label: string; readonly archived: boolean }[]
}

/** One run over one record. */
export interface Pass {
  /** Names the record in messages: `deal D-901`. */
  readonly record: string
  readonly zone: string
  readonly links: Readonly<Record<string, string | Hole | null>>
  readonly failures: Failure[]
  readonly expressions: ReadonlyMap<string, ExpressionAnswer>
  readonly lookups: ReadonlyMap<string, LookupAnswer>
  readonly askedExpressions: Map<string, ExpressionTask>
  readonly askedLookups: Map<string, LookupNeed>
  /** What the rule at work read last and what is to be said of it, for the lineage. */
  trace: { path: string; value: Json; name: string | null; note: string | null }
}

/** Takes note that the field `path` could not be had. */
export function fail(
  frame: Frame,
  path: string,
  failure: { readonly problem: Problem; readonly why: string; readonly fix: string },
): typeof failed {
  frame.pass.failures.push({
    problem: failure.problem,
    message: `${frame.pass.record}${frame.at}: ${failure.why}.`,
    fix: failure.fix,
    field: path,
  })
  return failed
}

/** The commonest failure: a value that a rule cannot take. */
export const failMapping = (
  frame: Frame,
  path: string,
  rule: string,
  why: string,
  fix = 'Correct the value in the source, or the rule in the mapping; then retry the record.',
): typeof failed => fail(frame, path, { problem: { kind: 'mapping_failed', rule, path }, why, fix })
