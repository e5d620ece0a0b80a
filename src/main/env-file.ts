import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { codeOf } from '../ledger/error-code.ts'
import { rootOf } from './config.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Beside the folder `config` of the project. */
export const envFileOf = (config: string): string => join(rootOf(config), '.env')

/**
 * The environment, and beneath it what the file `.env` of the project says: a variable that is set, even to nothing, wins.
 * @param config  path of config/crosswalk.yaml @throws Error when the file is there and cannot be read
 */
export async function withEnvFile(config: string, environment: Environment): Promise<Environment> {
  try {
    return { ...parseEnv(await readFile(envFileOf(config), 'utf8')), ...environment }
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return environment
    throw error
  }
}
