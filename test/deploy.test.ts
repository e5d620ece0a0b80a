import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { DockerfileParser } from 'dockerfile-ast'
import { parse } from 'yaml'
import { z } from 'zod'

/* What an installation is confined by: the image, the containers around it, and the systemd unit. */

const read = (path: string) => readFileSync(join(import.meta.dirname, '..', path), 'utf8')
const pinned = /^[a-z0-9./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/

describe('Dockerfile', () => {
  const dockerfile = DockerfileParser.parse(read('Dockerfile'))
  const instructions = dockerfile.getInstructions()
  const named = (name: string) => instructions.filter((one) => one.getKeyword() === name)

  test('names every image by its digest', () => {
    const images = dockerfile.getFROMs().map((from) => from.getImage() ?? '')
    expect(images).toHaveLength(2)
    for (const image of images) expect(image).toMatch(pinned)
    expect(new Set(images).size).toBe(1)
    // A line `# syntax=` would bring a further image, by its name alone.
    expect(dockerfile.getDirectives()).toEqual([])
  })

  test('runs as a user that is not root, by number, and owns nothing but the data', () => {
    const last = instructions.slice(instructions.findLastIndex((one) => one.getKeyword() === 'FROM'))
    expect(last.filter((one) => one.getKeyword() === 'USER').map((one) => one.getArgumentsContent())).toEqual([
      '1000:1000',
    ])
    const user = last.findIndex((one) => one.getKeyword() === 'USER')
    expect(last.slice(user).filter((one) => ['RUN', 'COPY', 'ADD'].includes(one.getKeyword()))).toEqual([])
    for (const copy of dockerfile.getCOPYs())
      expect(copy.getFlags().map((flag) => flag.getName())).not.toContain('chown')
    const runs = last.flatMap((one) => (one.getKeyword() === 'RUN' ? [one.getArgumentsContent() ?? ''] : []))
    expect(runs.filter((text) => text.includes('chown'))).toEqual([expect.stringContaining('chown 1000:1000 /data')])
  })

  test('runs no script of a package, fetches nothing by itself and holds no secret', () => {
    const text = instructions.map((one) => one.toString()).join('\n')
    expect(text).toMatch(/npm ci --ignore-scripts/)
    expect(text).not.toMatch(/curl|wget|apt-get|npm install/)
    expect(named('ADD')).toEqual([])
    expect(named('ENV').map((one) => one.getArgumentsContent())).toEqual(['NODE_ENV=production CROSSWALK_HOST=0.0.0.0'])
    expect(named('HEALTHCHECK')).toHaveLength(1)
    const ignored = read('.dockerignore').split('\n')
    expect(ignored).toEqual(expect.arrayContaining(['.git', '.env*', '.crosswalk', '**/vault.key', '**/api-token']))
  })
})

const service = z.looseObject({
  image: z.string(),
  user: z.string(),
  read_only: z.literal(true),
  cap_drop: z.tuple([z.literal('ALL')]),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]),
  tmpfs: z.array(z.string()),
  restart: z.literal('unless-stopped'),
  networks: z.array(z.string()),
  mem_limit: z.string(),
  cpus: z.number(),
  pids_limit: z.number(),
  logging: z.object({ options: z.object({ 'max-size': z.string(), 'max-file': z.string() }) }),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  healthcheck: z.looseObject({}).optional(),
})
const composeSchema = z.object({
  services: z.record(z.string(), service),
  networks: z.record(z.string(), z.object({ internal: z.boolean().optional() })),
})

describe('compose.yaml', () => {
  // Every service is confined: one that is not does not fit the schema.
  const { services, networks } = composeSchema.parse(parse(read('compose.yaml'), { merge: true }))
  const of = (name: string) => service.parse(services[name])

  test('confines every service', () => {
    expect(Object.keys(services)).toEqual(['postgres', 'redis', 'api', 'worker'])
    for (const [name, one] of Object.entries(services)) {
      expect([name, one.user]).toEqual([name, expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/)])
      expect(one).not.toHaveProperty('privileged')
      expect(one).not.toHaveProperty('cap_add')
      expect(one).not.toHaveProperty('network_mode')
      expect(one.volumes.filter((volume) => volume.startsWith('/') || volume.includes('docker.sock'))).toEqual([])
      for (const volume of one.volumes) if (volume.startsWith('.')) expect(volume).toMatch(/:ro$/)
    }
  })

  test('names the images of others by their digests', () => {
    for (const [name, { image }] of Object.entries(services))
      if (image !== 'crosswalk') expect([name, image]).toEqual([name, expect.stringMatching(pinned)])
  })

  test('lets nobody reach anything but the API, and that from this machine alone', () => {
    expect(Object.entries(services).flatMap(([name, { ports }]) => ports.map((port) => [name, port]))).toEqual([
      ['api', '127.0.0.1:8787:8787'],
    ])
    expect(networks.stores).toEqual({ internal: true })
    for (const name of ['postgres', 'redis']) expect(of(name).networks).toEqual(['stores'])
  })

  test('asks for passwords, and shows none to those who list processes', () => {
    const text = read('compose.yaml')
    for (const name of ['POSTGRES_PASSWORD', 'REDIS_PASSWORD', 'CROSSWALK_VAULT_KEY'])
      expect(text).toContain(`\${${name}:?`)
    expect(of('redis').command).toEqual([
      'sh',
      '-c',
      'exec redis-server --maxmemory-policy noeviction --save "" - <<END\nrequirepass $$REDIS_PASSWORD\nEND\n',
    ])
    for (const name of ['postgres', 'redis']) expect(of(name).healthcheck).toHaveProperty('test')
  })
})

describe('crosswalk.service', () => {
  const lines = read('config/crosswalk.service')
    .split('\n')
    .filter((line) => /^\w+=/.test(line))
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const)
  const values = (name: string) => lines.flatMap(([key, value]) => (key === name ? [value] : []))

  test.each([
    ['User', 'crosswalk'],
    ['NoNewPrivileges', 'yes'],
    ['ProtectSystem', 'strict'],
    ['ReadWritePaths', '/srv/crosswalk/.crosswalk'],
    ['ProtectHome', 'yes'],
    ['PrivateTmp', 'yes'],
    ['PrivateDevices', 'yes'],
    ['PrivateUsers', 'yes'],
    ['PrivateMounts', 'yes'],
    ['ProtectProc', 'invisible'],
    ['ProcSubset', 'pid'],
    ['ProtectKernelTunables', 'yes'],
    ['ProtectKernelModules', 'yes'],
    ['ProtectKernelLogs', 'yes'],
    ['ProtectControlGroups', 'yes'],
    ['ProtectClock', 'yes'],
    ['ProtectHostname', 'yes'],
    ['RestrictNamespaces', 'yes'],
    ['RestrictRealtime', 'yes'],
    ['RestrictSUIDSGID', 'yes'],
    ['LockPersonality', 'yes'],
    ['CapabilityBoundingSet', ''],
    ['AmbientCapabilities', ''],
    ['RestrictAddressFamilies', 'AF_UNIX AF_INET AF_INET6'],
    ['SystemCallArchitectures', 'native'],
    ['UMask', '0077'],
    ['MemoryMax', '2G'],
    ['TasksMax', '512'],
    ['LimitCORE', '0'],
    // PostgreSQL must outlive the signal, until the work in hand is done.
    ['KillMode', 'mixed'],
  ])('has %s=%s', (name, value) => {
    expect(values(name)).toEqual([value])
  })

  test('allows the system calls of a service alone', () => {
    expect(values('SystemCallFilter')).toEqual(['@system-service', '~@privileged @resources'])
  })

  test('waits longer than work in hand may take', () => {
    expect(Number(values('TimeoutStopSec')[0])).toBeGreaterThan(30)
  })
})
