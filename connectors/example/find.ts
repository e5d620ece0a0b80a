import { z } from 'zod'
import type { Connection } from '../../src/ports/connector.ts'
import { chunks } from '../kit/chunks.ts'
import { type Client, limits } from './client.ts'

const match = z.object({ id: z.string(), key: z.string().nullable(), label: z.string(), archived: z.boolean() })
const searchReply = z.object({ matches: z.array(z.array(match)) })

/** A hundred queries a call. Our key is a field like others; the ERP compares text without regard to case. */
export function openFinding(client: Client): Connection['find'] {
  return async (object, queries) => {
    const asked = queries.map((query) => ('key' in query ? { key: query.key } : query.fields))
    const replies = await Promise.all(
      chunks(asked, limits.batch).map((part) =>
        client.post(searchReply, `${object}/search`, { queries: part }, 'read'),
      ),
    )
    return replies.flatMap(({ matches }) => matches)
  }
}
