import { abs } from './abs.ts'
import { divide } from './divide.ts'
import { formatDate } from './format-date.ts'
import { isBlank } from './is-blank.ts'
import { join } from './join.ts'
import { lines } from './lines.ts'
import { lower } from './lower.ts'
import { mapCode } from './map-code.ts'
import { multiply } from './multiply.ts'
import { negate } from './negate.ts'
import { not } from './not.ts'
import { oneOf } from './one-of.ts'
import { parseDate } from './parse-date.ts'
import { parseNumber } from './parse-number.ts'
import { prefix } from './prefix.ts'
import { replace } from './replace.ts'
import { round } from './round.ts'
import { split } from './split.ts'
import { stripHtml } from './strip-html.ts'
import { suffix } from './suffix.ts'
import { toBoolean } from './to-boolean.ts'
import { toDate } from './to-date.ts'
import { toInstant } from './to-instant.ts'
import type { Transform } from './transform.ts'
import { trim } from './trim.ts'
import { truncate } from './truncate.ts'
import { upper } from './upper.ts'

/** Every transform, in the order of the reference page. */
export const transforms: readonly Transform[] = [
  trim,
  upper,
  lower,
  truncate,
  prefix,
  suffix,
  replace,
  split,
  lines,
  join,
  stripHtml,
  parseNumber,
  round,
  abs,
  negate,
  multiply,
  divide,
  parseDate,
  formatDate,
  toDate,
  toInstant,
  toBoolean,
  oneOf,
  isBlank,
  not,
  mapCode,
]
