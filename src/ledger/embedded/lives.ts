import { randomUUID } from 'node:crypto'
import { constants, existsSync } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { codeOf, ignoring } from '../error-code.ts'

/** A named pipe in the server's directory. A process that holds it open for writing keeps the server alive. */
export const livesPipe = 'lives'

/**
 * Runs PostgreSQL ("$@") in its own process group until the last process that uses it is gone: a reader of the pipe
 * sees its end when no writer is left, which the kernel notices even after `kill -9`. Each line read is the name of a
 * process that joins, and is answered by a file, so that no process joins a server that has already decided to stop.
 * When PostgreSQL ends first, the reader is ended too. It leaves no images of its memory behind.
 */
export const watchScript = `
trap "" INT HUP TERM
ulimit -c 0
"$@" & server=$!
(while read -r name; do : > "joined.$name"; done < ${livesPipe}; kill -INT $server) & reader=$!
wait $server; result=$?
kill -9 $reader 2>/dev/null
exit $result
`

/**
 * Joins the processes that keep the server of `directory` alive.
 * @returns the pipe; closing it, or dying, leaves. Null when the pipe has no reader: the server is not running, or is
 * stopping.
 */
export async function joinLives(directory: string): Promise<FileHandle | null> {
  const pipe = await openWatched(directory)
  if (pipe === null) return null
  const name = randomUUID()
  const answer = join(directory, `joined.${name}`)
  try {
    for (let waits = 0; !existsSync(answer); waits += 1) {
      // A watcher that ended before it answered may have read the name, and the next one may be there by now.
      if (waits % 500 === 0) await pipe.write(`${name}\n`)
      const watched = await openWatched(directory)
      await watched?.close()
      if (watched === null && !existsSync(answer)) {
        await pipe.close()
        return null
      }
      await delay(2)
    }
    await rm(answer)
    return pipe
  } catch (error) {
    await pipe.close()
    // It broke: the server is on its way out, or another one has taken its place already.
    if (codeOf(error) === 'EPIPE' || !(await isWatched(directory))) return null
    throw error
  }
}

/** False once the last process has left: the server is stopping, or has stopped. */
export async function isWatched(directory: string): Promise<boolean> {
  const pipe = await openWatched(directory)
  await pipe?.close()
  return pipe !== null
}

async function openWatched(directory: string): Promise<FileHandle | null> {
  try {
    // Without O_NONBLOCK this would wait for a reader for ever.
    return await open(join(directory, livesPipe), constants.O_WRONLY | constants.O_NONBLOCK)
  } catch (error) {
    ignoring('ENXIO', 'ENOENT')(error)
    return null
  }
}
