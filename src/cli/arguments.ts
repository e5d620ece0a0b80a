import { Argument, InvalidArgumentError, Option } from 'commander'
import type { CliDeps } from './deps.ts'

/** Reads the number of an option. */
export function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It takes a whole number.')
}

export function portNumber(text: string): number {
  const port = wholeNumber(text)
  if (port <= 65_535) return port
  throw new InvalidArgumentError('A port is at most 65535.')
}

/** Only deals can be looked at one by one so far; the argument leaves room for other kinds. */
export const recordKind = () => new Argument('<kind>', 'what kind of record').choices(['deal'])

/** `--crm` or `--erp`, with the systems that can be one. */
export const systemOption = (role: 'crm' | 'erp', systems: CliDeps['systems']): Option =>
  new Option(`--${role} <system>`, `which ${role.toUpperCase()}`).choices(namesOf(role, systems))

/** The first one listed is the default. */
export const systemOptionWithDefault = (role: 'crm' | 'erp', systems: CliDeps['systems']): Option =>
  systemOption(role, systems).default(namesOf(role, systems)[0])

const namesOf = (role: 'crm' | 'erp', systems: CliDeps['systems']) =>
  systems.filter((system) => system.role === role).map((system) => system.name)
