import { createHook } from 'node:async_hooks'
import { ChildProcess } from 'node:child_process'
import { appendFileSync } from 'node:fs'

/*
 * Loaded into a process before anything else (`node --import`), and by it into each process that it starts: writes every
 * connection, name lookup and datagram into a file. It looks beneath the modules `net`, `dns` and `dgram`, where all of Node's
 * own clients and all packages come by.
 */

const file = process.env.CROSSWALK_RECORD ?? ''
const note = (...words: readonly unknown[]) => appendFileSync(file, `${words.map(String).join(' ')}\n`)

interface Request {
  readonly address?: unknown
  readonly port?: unknown
  readonly hostname?: unknown
}
const what: Readonly<Record<string, (request: Request) => readonly unknown[]>> = {
  TCPCONNECTWRAP: ({ address, port }) => ['tcp', address, port],
  PIPECONNECTWRAP: ({ address }) => ['pipe', address],
  UDPSENDWRAP: ({ address, port }) => ['udp', address, port],
  GETADDRINFOREQWRAP: ({ hostname }) => ['lookup', hostname],
  GETNAMEINFOREQWRAP: ({ hostname }) => ['lookup', hostname],
  QUERYWRAP: ({ hostname }) => ['lookup', hostname],
}

createHook({
  init(_id, type, _trigger, resource) {
    const told = what[type]
    // What it is about is entered after it was made.
    if (told !== undefined) process.nextTick(() => note(...told(resource)))
  },
}).enable()

interface Spawning {
  readonly file: string
  readonly args: readonly string[]
  readonly envPairs: string[]
}
const { prototype } = ChildProcess as unknown as { prototype: { spawn(options: Spawning): unknown } }
const { spawn } = prototype
prototype.spawn = function start(options) {
  note('starts', options.args.slice(0, 2).join(' '))
  const url = new URL(import.meta.url)
  const others = options.envPairs.filter((pair) => !/^(NODE_OPTIONS|CROSSWALK_RECORD)=/.test(pair))
  const envPairs = [...others, `NODE_OPTIONS=--import=${url.href}`, `CROSSWALK_RECORD=${file}`]
  return spawn.call(this, { ...options, envPairs })
}
note('begins', process.argv.slice(1, 2).join(' '))
