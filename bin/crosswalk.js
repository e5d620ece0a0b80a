#!/usr/bin/env node
// Plain JavaScript that Node 18 can read: it looks for a Node that can run Crosswalk and hands over to it.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module, { createRequire } from 'node:module'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const oldest = [22, 20]
const guard = 'CROSSWALK_NODE'
const self = fileURLToPath(import.meta.url)
const root = dirname(dirname(self))

const [major, minor] = process.versions.node.split('.').map(Number)
const isRecent = major > oldest[0] || (major === oldest[0] && minor >= oldest[1])
if (isRecent) {
  delete process.env[guard]
  module.enableCompileCache?.()
  await import(pathToFileURL(entry()).href)
} else {
  handOver()
}

/** A checkout is run as it is. Node does not strip types inside node_modules, so a package brings what was built. */
function entry() {
  const source = join(root, 'src', 'main', 'cli.ts')
  const isPackage = root.includes(`${sep}node_modules${sep}`)
  return !isPackage && existsSync(source) ? source : join(root, 'dist', 'src', 'main', 'cli.js')
}

/** Runs this file again with the Node that npm installed beside it. */
function handOver() {
  const name = `node-${process.platform}-${process.arch}`
  const binary = process.env[guard] === undefined ? packagedNode(name) : null
  if (binary === null) {
    process.stderr.write(
      `Error: Crosswalk needs Node ${oldest.join('.')} or newer; this is ${process.versions.node}.\n` +
        `What to do: install Node 24 from https://nodejs.org, or have npm install the package ${name}\n` +
        '  (an optional dependency of Crosswalk for Linux; `npm ci --omit=optional` leaves it out).\n',
    )
    process.exitCode = 1
    return
  }
  const child = spawn(binary, [self, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, [guard]: binary },
  })
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  const forward = (signal) => child.kill(signal)
  for (const signal of signals) process.on(signal, forward)
  child.on('error', (error) => {
    process.stderr.write(`Error: ${binary} cannot be run: ${error.message}\nWhat to do: install Node 24.\n`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    for (const one of signals) process.off(one, forward)
    // Whoever waits for this process shall see the end that the other one had.
    if (signal !== null) process.kill(process.pid, signal)
    else process.exitCode = code ?? 1
  })
}

function packagedNode(name) {
  try {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`)
    return join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND') return null
    throw error
  }
}
