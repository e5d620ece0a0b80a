import type { SimulatorReply } from '../../../src/simulator/server.ts'
import { failure } from './replies.ts'

const reading = ['properties', 'propertiesWithHistory', 'associations', 'archived']
/** What each action reads of the query of its address. */
const parameters: Readonly<Record<string, readonly string[]>> = {
  'GET owners': ['email', 'after', 'limit', 'archived'],
  'GET owner': ['idProperty', 'archived'],
  'GET properties': ['archived'],
  'GET objects': [...reading, 'limit', 'after'],
  'GET object': [...reading, 'idProperty'],
  'PATCH object': ['idProperty'],
  'POST batch/read': ['archived'],
}

/** Whoever asks for more than is read here would take the answer for another one. Null when all is read. */
export function refuseUnread(action: string, query: URLSearchParams): SimulatorReply | null {
  const known = parameters[action] ?? []
  const unread = [...query.keys()].find((name) => !known.includes(name))
  return unread === undefined
    ? null
    : failure(400, 'VALIDATION_ERROR', `not simulated: parameter ${unread} of ${action}`)
}
