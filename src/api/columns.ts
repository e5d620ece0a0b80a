import { z } from 'zod'

/** Of an export: the names of its row, in their order. */
export const columnsOf = (row: z.ZodType): readonly string[] =>
  row instanceof z.ZodObject ? Object.keys(row.shape) : []
