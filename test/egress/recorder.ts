import { createHook } from 'node:async_hooks'
import { ChildProcess } from 'node:child_process'
import { Socket } from 'node:dgram'
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

/** Has `look` see each call of a method, and the method do its work with what `look` gives back. */
function seeing(prototype: object, name: string, look: (args: readonly unknown[]) => readonly unknown[]): void {
  const original: unknown = Reflect.get(prototype, name)
  if (typeof original !== 'function') throw new Error(`Node has no ${name} there any more`)
  const value = function act(this: unknown, ...args: readonly unknown[]): unknown {
    return Reflect.apply(original, this, look(args))
  }
  Object.defineProperty(prototype, name, { value })
}

// A datagram that leaves at once is not announced beneath.
for (const [name, message] of [
  ['send', 1],
  ['connect', 0],
] as const) {
  seeing(Socket.prototype, name, (args) => {
    note('udp', ...args.slice(message).filter((one) => ['string', 'number'].includes(typeof one)))
    return args
  })
}

interface Spawning {
  readonly args: readonly string[]
  readonly envPairs: readonly string[]
}
seeing(ChildProcess.prototype, 'spawn', ([given]) => {
  const options = given as Spawning
  note('starts', options.args.slice(0, 2).join(' '))
  const others = options.envPairs.filter((pair) => !/^(NODE_OPTIONS|CROSSWALK_RECORD)=/.test(pair))
  const more = [`NODE_OPTIONS=--import=${import.meta.url}`, `CROSSWALK_RECORD=${file}`]
  return [{ ...options, envPairs: [...others, ...more] }]
})
note('begins', process.argv.slice(1, 2).join(' '))
