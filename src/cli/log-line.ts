import { isObject, type Json } from '../core/json.ts'
import { parseInstant } from '../core/time.ts'
import { clockIn } from './moments.ts'
import type { Paint } from './paint.ts'
import { lines, oneLine } from './text.ts'

/**
 * A line of the log as people read it: `10:30:05 info  listening  url=http://127.0.0.1:8787`. What is no line of the log stays
 * as it is.
 * @param line  one JSON document with its line feed
 */
export function logLine(line: string, paint: Paint, zone: string): string {
  const entry = parsed(line)
  if (!isObject(entry)) return line
  const { at, level, event, stack, ...details } = entry
  const instant = parseInstant(at)
  const name = String(level)
  const style = name === 'error' ? paint.red : name === 'warn' ? paint.yellow : paint.dim
  const told = Object.entries(details).map(([key, value]) => `${paint.dim(`${key}=`)}${textOf(value)}`)
  const head = [
    instant === null ? '' : paint.dim(clockIn(instant, zone)),
    style(name.padEnd(5)),
    paint.bold(oneLine(String(event))),
  ]
  const trace = typeof stack === 'string' ? lines(stack).map((one) => `  ${one}\n`) : []
  return `${[...head, ...told].filter(Boolean).join(' ')}\n${trace.join('')}`
}

function parsed(line: string): Json {
  try {
    return JSON.parse(line) as Json
  } catch {
    return null
  }
}

function textOf(value: Json): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  return /^[\w.:/@+-]+$/.test(value) ? value : JSON.stringify(oneLine(value))
}
