/**
 * What an object of a system looks like, as far as a mapping needs to know. The schema a connection describes fits it
 * as it is.
 */
export interface ObjectSchema {
  readonly object: string
  readonly fields: Readonly<Record<string, FieldSchema>>
}

export interface FieldSchema {
  readonly type: 'text' | 'number' | 'boolean' | 'date' | 'instant' | 'reference' | 'list' | 'object'
  readonly writable: boolean
  /** A record without it is not made. */
  readonly required?: boolean
  /** Legal values of a choice. */
  readonly options?: readonly string[]
  /** How many digits of a number the system keeps after the point, where that is settled. */
  readonly digits?: number
  /** The object a reference or list leads to. */
  readonly relation?: string
  /** The inner fields of `object`. */
  readonly fields?: Readonly<Record<string, FieldSchema>>
}
