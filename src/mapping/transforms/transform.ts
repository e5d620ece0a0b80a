import type { z } from 'zod'
import type { Decimal } from '../../core/decimal.ts'
import type { Json } from '../../core/json.ts'
import type { Instant, PlainDate } from '../../core/time.ts'
import type { Kind } from '../compile/shape.ts'
import { coerce, refusal } from '../run/value.ts'

/** As long a text as an expression may give; a transform that makes several of one looks before it does. */
export const textMax = 1_000_000
export const tooLong = { ok: false, why: `its value is longer than ${textMax} characters` } as const

interface Values {
  any: Json
  text: string
  number: Decimal
  boolean: boolean
  date: PlainDate
  instant: Instant
  list: readonly Json[]
}
type ValueKind = keyof Values

interface TransformContext {
  /** IANA zone of the account, for transforms between instants and dates that name none. */
  readonly zone: string
}
type TransformResult<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string }

export interface Example {
  readonly in: Json
  readonly params?: Readonly<Record<string, Json>>
  readonly out?: Json
  /** Part of the message, for a value that is refused. */
  readonly error?: string
}

export interface Transform {
  readonly name: string
  readonly summary: string
  readonly params: z.ZodObject
  readonly input: Kind
  readonly output: Kind
  readonly takesBlank: boolean
  readonly examples: readonly Example[]
  /** Checks the parameters once and gives the function over values. */
  prepare(
    params: unknown,
  ):
    | { readonly ok: true; apply(value: Json, context: TransformContext): TransformResult<Json> }
    | { readonly ok: false; readonly issues: readonly { readonly path: readonly PropertyKey[]; message: string }[] }
}

interface Spec<P extends z.ZodObject, I extends ValueKind, O extends ValueKind> {
  /** `parse_*` text to value, `format_*` value to text, `to_*` between types, `map_*` by table. */
  readonly name: string
  readonly summary: string
  readonly params: P
  readonly input: I
  readonly output: O
  /** Given null too; without it null passes by untouched. */
  readonly takesBlank?: true
  /** Run as tests and printed in docs/reference/transforms.md. */
  readonly examples: readonly Example[]
  apply(value: Values[I], params: z.output<P>, context: TransformContext): TransformResult<Values[O] | null>
}

/** One transform: what it is called, what it takes and gives, examples, and the pure function. */
export function defineTransform<P extends z.ZodObject, I extends ValueKind, O extends ValueKind>(
  spec: Spec<P, I, O>,
): Transform {
  return {
    ...spec,
    takesBlank: spec.takesBlank === true,
    prepare(given) {
      const params = spec.params.safeParse(given)
      if (!params.success) return { ok: false, issues: params.error.issues }
      return {
        ok: true,
        apply(value, context) {
          const input = coerce(value, spec.input)
          if (input === undefined) return { ok: false, why: refusal(value, spec.input) }
          // `coerce` has just made it one of `spec.input`, which the compiler cannot follow.
          const result = spec.apply(input as Values[I], params.data, context)
          return result.ok && typeof result.value === 'string' && result.value.length > textMax ? tooLong : result
        },
      }
    },
  }
}
