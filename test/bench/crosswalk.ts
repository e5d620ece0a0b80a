import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Crosswalk } from '../../src/app/crosswalk.ts'
import { openCrosswalk } from '../../src/app/open.ts'
import { openProcess } from '../../src/main/process.ts'
import { startServer } from '../../src/main/server.ts'
import type { Contestant } from './contestant.ts'
import type { Target } from './target.ts'

const webhookToken = 'a-token-of-the-benchmark-01234'

type Project = Awaited<ReturnType<typeof writeProject>>

/** Crosswalk as it is shipped, with its embedded PostgreSQL and every setting at its default but the guard. */
export async function openMeasured(target: Target): Promise<Contestant> {
  const project = await writeProject(target)
  const contestant = await openWarm(project, target)
  return {
    ...contestant,
    async close() {
      await contestant.close()
      await project.remove()
    },
  }
}

/** The same as a server, without schedules: webhooks alone bring the work. @returns its webhook address for the CRM */
export async function startMeasuredServer(target: Target): Promise<{ hook: string; close(): Promise<void> }> {
  const project = await writeProject(target)
  await (await openWarm(project, target)).close()
  const server = await startServer({ ...project, environment: {}, role: 'all', port: 0, log: () => {} })
  return {
    hook: `${server.url}/hooks/${target.crm.system}/${webhookToken}`,
    async close() {
      await server.close()
      await project.remove()
    },
  }
}

async function openWarm(project: Project, target: Target): Promise<Contestant> {
  const opened = await openProcess({ ...project, environment: {}, log: () => {} })
  const crosswalk = openCrosswalk(opened.projects, opened.deps)
  await warmUp(crosswalk, target)
  return {
    postgresPid: await postgresPid(project.home),
    pass: (syncs) => pass(crosswalk, syncs),
    close: opened.close,
  }
}

/** Accounts known, fields made and described, cursors at the present. */
async function warmUp(crosswalk: Crosswalk, { crm }: Target): Promise<void> {
  await crosswalk.check([])
  await crosswalk.setup(crm.system)
  for (let passes = 0; Object.keys(await pass(crosswalk, [])).length > 0; passes += 1) {
    if (passes === 5) throw new Error('an empty account keeps Crosswalk busy')
  }
}

async function pass(crosswalk: Crosswalk, syncs: readonly string[]): Promise<Record<string, number>> {
  const report = await crosswalk.run(syncs, { kind: 'scheduled' })
  const counts: Record<string, number> = {}
  for (const { sync, found, counts: own, stopped } of report.syncs) {
    if (stopped !== null) throw new Error(`sync "${sync}" stopped: ${stopped.message}`)
    if (found > 0) counts[`${sync} found`] = found
    for (const [name, count] of Object.entries(own)) counts[`${sync} ${name}`] = count
  }
  if (report.problems === 0) return counts
  const problems = await crosswalk.problems({ max: 5 })
  throw new Error(`${report.problems} problems, such as: ${problems.map((one) => one.message).join('; ')}`)
}

async function writeProject({
  crm,
  erp,
}: Target): Promise<{ readonly config: string; readonly home: string; remove(): Promise<void> }> {
  const root = await mkdtemp(join(tmpdir(), 'crosswalk-bench-'))
  await mkdir(join(root, 'config'))
  const config = join(root, 'config', 'crosswalk.yaml')
  const content = {
    connections: {
      [crm.system]: { ...crm, webhook_token: webhookToken },
      [erp.system]: { ...erp },
    },
    syncs: {
      orders: {
        document: 'deal',
        from: crm.system,
        to: erp.system,
        schedule: null,
        since: new Date(Date.now() - 3_600_000).toISOString(),
        guard: { orders_per_hour: 10_000_000 },
      },
      fulfilment: { document: 'fulfilment', from: erp.system, to: crm.system, of: 'orders', schedule: null },
    },
    server: { port: 0 },
  }
  await writeFile(config, stringify(content))
  const remove = () => rm(root, { recursive: true, force: true, maxRetries: 5 })
  return { config, home: join(root, 'home'), remove }
}

async function postgresPid(home: string): Promise<number> {
  const text = await readFile(join(home, 'postgres', 'data', 'postmaster.pid'), 'utf8')
  return Number(text.split('\n')[0])
}
