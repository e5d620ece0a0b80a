import type { FieldSchema } from '../../src/ports/connector.ts'

/** A field that mappings read and never write. @param relation  the object it leads to */
export const value = (label: string, type: FieldSchema['type'], relation?: string): FieldSchema => ({
  label,
  type,
  writable: false,
  required: false,
  ...(relation === undefined ? {} : { relation }),
})

/** A list of records of another object. */
export const list = (label: string, relation: string): FieldSchema => value(label, 'list', relation)
