import { z } from 'zod'
import type { FieldSchema, ObjectSchema } from '../../src/ports/connector.ts'
import { onceEach } from '../kit/once.ts'
import type { Client } from './client.ts'

const fieldsReply = z.object({
  fields: z.record(
    z.string(),
    z.object({
      label: z.string(),
      // The words of the ERP are our own here. Others need a table: connectors/salesforce/schema.ts has one.
      type: z.enum(['text', 'number', 'boolean', 'date', 'instant', 'reference', 'list']),
      writable: z.boolean(),
      required: z.boolean(),
      options: z.array(z.string()).exactOptional(),
      relation: z.string().exactOptional(),
    }),
  ),
})

/** Fields as this account has them, custom ones included; asked once for each object. */
export function openSchemas(client: Client): (object: string) => Promise<ObjectSchema> {
  return onceEach(async (object: string): Promise<ObjectSchema> => {
    const { fields } = await client.get(fieldsReply, `fields/${encodeURIComponent(object)}`)
    return { object, fields: fields satisfies Readonly<Record<string, FieldSchema>> }
  }).of
}
