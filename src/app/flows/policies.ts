import { z } from 'zod'
import { isObject } from '../../core/json.ts'
import { type SyncConfig, syncBase } from './base.ts'
import { flowOf } from './catalogue.ts'

/** How a sync decides in one respect. */
export interface Policy {
  /** `amended.confirmed`; without the section in which most of them are. */
  readonly name: string
  /** Its place in the configuration of the sync. */
  readonly path: readonly string[]
  readonly value: unknown
  /** What it can be; empty where it is no choice of a few words. */
  readonly choices: readonly string[]
}

interface Schema {
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Schema>>
}

/** The section of the configuration in which most of them are. */
const section = 'policies'

/** All policies of a sync with what is in force, in the order of the reference. */
export function policiesOf(config: SyncConfig): readonly Policy[] {
  const schema = z.toJSONSchema(flowOf(config.document).config, { io: 'input', unrepresentable: 'any' }) as Schema
  return Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    if (key === section) return leaves([key], property, config)
    return property.enum === undefined || key in syncBase ? [] : leaves([key], property, config)
  })
}

function leaves(path: readonly string[], schema: Schema, config: SyncConfig): readonly Policy[] {
  if (schema.properties !== undefined)
    return Object.entries(schema.properties).flatMap(([key, property]) => leaves([...path, key], property, config))
  const value = path.reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), config)
  const choices = (schema.enum ?? []).filter((one) => typeof one === 'string')
  return [{ name: path.filter((key, depth) => depth > 0 || key !== section).join('.'), path, value, choices }]
}
