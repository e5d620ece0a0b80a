import { once } from 'node:events'
import { createServer } from 'node:net'

/** Where the documentation says that a server is. */
const usual = 8787

/** The usual port where nothing listens there, else any that is free. */
export async function freePort(wanted = usual): Promise<number> {
  const probe = createServer().listen(wanted, '127.0.0.1')
  try {
    await once(probe, 'listening')
    const address = probe.address()
    return typeof address === 'object' && address !== null ? address.port : wanted
  } catch (error) {
    if (wanted === 0) throw error
    return await freePort(0)
  } finally {
    probe.close()
  }
}
