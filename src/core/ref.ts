/** Names one record of one account: deal 901 of one portal is not deal 901 of another. */
export interface RecordRef {
  /** Name of the connection. */
  readonly connection: string
  readonly object: string
  readonly id: string
}

/** The record as one text, as a key of maps and sets. */
export const refText = ({ connection, object, id }: RecordRef): string => `${connection} ${object} ${id}`

/** The connection and object whose records a sync works on. */
export type RecordKind = Pick<RecordRef, 'connection' | 'object'>

export const refsOf = ({ connection, object }: RecordKind, ids: readonly string[]): readonly RecordRef[] =>
  ids.map((id) => ({ connection, object, id }))
