import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

// What builds the console is there for development alone: `npm ci --omit=dev` goes without, and says so.
const root = join(import.meta.dirname, '..')
if (existsSync(join(root, 'node_modules', 'vite'))) {
  const { status } = spawnSync('npm', ['run', '--silent', 'build:console'], { cwd: root, stdio: 'inherit' })
  process.exitCode = status ?? 1
} else {
  process.stderr.write(
    'The console is not built: it needs the development packages. See "Install" in docs/operations.md.\n',
  )
}
