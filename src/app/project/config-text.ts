import { type Document, isMap, parseDocument } from 'yaml'
import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import { type FirstSyncs, firstSyncsText } from './first-syncs.ts'

/*
 * Changes of the text of config/crosswalk.yaml, by program. Comments stay; where it has to be written anew, it is in the form of
 * the YAML library.
 */

/** Of a project that has none yet. */
export const emptyConfigText = `# What Crosswalk connects, and how. docs/reference/configuration.md lists every key.
connections: {}
syncs: {}
`

/**
 * Adds a connection, or changes the one that is there.
 * @param change.settings  by name; null takes one away
 */
export function withConnection(
  text: string,
  name: string,
  change: { readonly system: string; readonly settings: Readonly<Record<string, Json>> },
): string {
  const document = parseDocument(text)
  const path = ['connections', name]
  let isChanged = false
  if (!document.hasIn(path)) {
    section(document, 'connections').set(name, document.createNode({ system: change.system, settings: {} }))
    isChanged = true
  }
  for (const [setting, value] of Object.entries(change.settings)) {
    const place = [...path, 'settings', setting]
    if (value === null && !document.hasIn(place)) continue
    isChanged = true
    if (value === null) document.deleteIn(place)
    else document.setIn(place, document.createNode(value))
  }
  return isChanged ? textOf(document) : text
}

/** The settings of a connection as they are written, variables of the environment by their names. */
export function writtenSettings(text: string, name: string): JsonObject {
  const raw = parseDocument(text).toJS() as Json
  const connections = isObject(raw) ? raw.connections : null
  const one = isObject(connections) ? connections[name] : null
  return isObject(one) && isObject(one.settings) ? one.settings : {}
}

export function withoutConnection(text: string, name: string): string {
  const document = parseDocument(text)
  document.deleteIn(['connections', name])
  return textOf(document)
}

/** Adds the first syncs between two systems. */
export function withFirstSyncs(text: string, first: FirstSyncs): string {
  const document = parseDocument(text)
  const { contents } = parseDocument(firstSyncsText(first))
  const syncs = section(document, 'syncs')
  for (const pair of isMap(contents) ? contents.items : []) syncs.add(pair)
  return textOf(document)
}

/** A section as a block, one below the other: an empty one is written as `{}`. */
function section(document: Document, name: string) {
  const there = document.get(name)
  if (isMap(there) && there.items.length > 0) return there
  const block = document.createNode({})
  block.flow = false
  document.set(name, block)
  return block
}

const textOf = (document: Document): string => document.toString({ lineWidth: 0 })
