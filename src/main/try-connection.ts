import { ZodError } from 'zod'
import { connectorOf } from '../../connectors/registry.ts'
import type { Workshop } from '../app/project/workshop.ts'
import { type Failure, failureOf, SyncError } from '../core/problem.ts'
import { secretNames } from '../core/secrets.ts'
import { cleanConnection } from '../http/clean-connection.ts'
import { openHttpClient } from '../http/client.ts'
import { callScopes } from '../http/scope.ts'
import { openLog } from '../log/log.ts'
import { systemClock } from './clock.ts'

/** Opens a connection that no project has yet, proves it, and asks what its account has. Nothing is written anywhere. */
export const tryConnection: Workshop['tryOut'] = async (name, system, settings) => {
  const connector = connectorOf(system)
  if (connector === undefined) throw new Error(`there is no connector "${system}"`)
  const secrets = () =>
    secretNames(connector.settings).flatMap((secret) => {
      const value = settings[secret]
      return typeof value === 'string' && value !== '' ? [value] : []
    })
  const clock = systemClock
  const log = openLog({ level: 'error', secrets })
  try {
    return await callScopes.within({ lane: 'live', mayWrite: false }, async () => {
      const http = openHttpClient({ clock, log, secrets })
      const connection = cleanConnection(connector.open(settings, { name, http, clock, log }), secrets)
      const report = await connection.check()
      const usable = report.findings.every(({ level }) => level !== 'error')
      const choices = usable ? await connection.choices() : []
      return {
        check: { connection: name, system, report, failure: null },
        choices,
        sets: report.findings.some(({ bySetup }) => bySetup === true),
      }
    })
  } catch (error) {
    const failure = refusal(error)
    if (failure === null) throw error
    return { check: { connection: name, system, report: null, failure }, choices: [], sets: false }
  }
}

/** Settings that do not fit their schema are named; their values are not shown. */
function refusal(error: unknown): Failure | null {
  if (error instanceof SyncError) return failureOf(error)
  if (!(error instanceof ZodError)) return null
  return {
    problem: { kind: 'configuration_invalid', path: 'settings' },
    message: error.issues.map(({ path, message }) => `${path.join('.') || 'settings'}: ${message}`).join('\n'),
    fix: 'Enter it again; the guide of the system says where it is found.',
  }
}
