import { z } from 'zod'
import type { JsonObject } from '../../src/core/json.ts'
import type { Connection, RemoteRecord } from '../../src/ports/connector.ts'
import { chunks } from '../kit/chunks.ts'
import { pick, treeOf } from '../kit/tree.ts'
import { type Client, limits } from './client.ts'

const recordsReply = z.object({ records: z.array(z.looseObject({ id: z.string() })) })

/** A hundred records a call, with the fields that the paths begin with; lists come whole, and are cut to the paths here. */
export function openReading(client: Client): Connection['read'] {
  return async (object, ids, paths) => {
    const tree = treeOf(paths)
    const fields = [...tree.keys()].join()
    const replies = await Promise.all(
      chunks([...new Set(ids)], limits.batch).map((part) =>
        client.get(recordsReply, object, { ids: part.join(), fields }),
      ),
    )
    const found = new Map(replies.flatMap(({ records }) => records).map((one) => [one.id, one as JsonObject]))
    return ids.map((id): RemoteRecord | null => {
      const record = found.get(id)
      return record === undefined ? null : { id, fields: pick(record, tree) as JsonObject }
    })
  }
}
