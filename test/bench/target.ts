import type { Json } from '../../src/core/json.ts'

/** Two systems by name. */
export interface Pair {
  readonly crm: string
  readonly erp: string
}

/** How a contestant reaches a system. */
export interface Connected {
  readonly system: string
  /** Of a connection in Crosswalk; scripts find there what they need. */
  readonly settings: Readonly<Record<string, Json>>
}
export interface Target {
  readonly crm: Connected
  readonly erp: Connected
}

/** @throws Error when the setting is no text */
export function setting({ system, settings }: Connected, name: string): string {
  const value = settings[name]
  if (typeof value === 'string') return value
  throw new Error(`${system} was started without the setting "${name}"`)
}
