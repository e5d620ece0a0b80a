import { SyncError } from '../../core/problem.ts'
import { type CompiledMapping, compileMapping, type Finding, type MappingFile } from '../../mapping/compile/compile.ts'
import { formatFinding } from '../../mapping/compile/finding.ts'
import type { ObjectSchema } from '../../ports/connector.ts'
import type { Endpoint } from '../bench/endpoint.ts'
import type { ReportSync } from '../flows/fulfilment/config.ts'
import type { FulfilmentSync } from '../flows/fulfilment/sync.ts'
import type { OrderSync } from '../flows/orders/config.ts'
import type { DealSync } from '../flows/orders/sync.ts'
import type { Sync } from '../flows/sync.ts'
import type { Config } from './config.ts'

export type Tables = Readonly<Record<string, Readonly<Record<string, string>>>>

/** The files of a project, read by main. Paths are relative to the project. */
export interface ProjectFiles {
  mapping(path: string): Promise<MappingFile>
  tables(): Promise<Tables>
  digest(texts: readonly string[]): string
}

/** A configuration with its connections opened; mappings are compiled when first needed and kept. */
export interface Project {
  readonly config: Config
  readonly endpoints: ReadonlyMap<string, Endpoint>
  endpoint(name: string): Endpoint
  /**
   * @throws SyncError `configuration_invalid` with all findings when a mapping does not compile; others when a system
   * does not answer
   */
  sync(name: string): Promise<Sync>
  /** Compiles all mappings; offline, fields are not checked against the systems. */
  lint(options: {
    offline: boolean
  }): Promise<readonly { file: MappingFile; mapping: CompiledMapping | null; findings: readonly Finding[] }[]>
}

/** Where a mapping is read from, when the configuration names no file of its own. */
const shipped = (system: string, document: string) => `mappings/${system}/${document}.yaml`

interface Part {
  readonly path: string
  /** Whose fields the mapping reads or writes. */
  readonly own: Endpoint
  /** The system on the other side of the document, whose record is reached as `crm.…` or `erp.…`. */
  readonly other: { readonly endpoint: Endpoint; readonly mapping: string } | null
  /** What `link` may name in the mapping. */
  readonly links: readonly string[]
  /** Whether records are made with the mapping. */
  readonly creates: boolean
}

// Odoo also calls required what it fills in by itself (number, date, warehouse of an order): while a connector passes that
// on, a missing field is not known to be a mistake.
const requiredIsCertain = false

/** A mapping that links and makes nothing. */
const readOnly = { links: [], creates: false }

export function openProject(config: Config, endpoints: ReadonlyMap<string, Endpoint>, files: ProjectFiles): Project {
  const opened = new Map<string, Promise<Sync>>()

  const endpoint = (name: string): Endpoint => {
    const found = endpoints.get(name)
    if (found !== undefined) return found
    throw invalid(name, `There is no connection "${name}"`, `Known: ${[...endpoints.keys()].join(', ')}.`)
  }

  function partsOf(name: string): Record<string, Part> {
    const sync = config.syncs[name]
    if (sync === undefined) {
      throw invalid(name, `There is no sync "${name}"`, `Known: ${Object.keys(config.syncs).join(', ')}.`)
    }
    const source = endpoint(sync.from)
    const target = endpoint(sync.to)
    if (sync.document === 'deal') {
      const own = sync.mappings
      const deal = own.deal ?? shipped(source.system, 'deal')
      const crm = { endpoint: source, mapping: deal }
      return {
        deal: { path: deal, own: source, other: null, ...readOnly },
        order: {
          path: own.order ?? shipped(target.system, 'order'),
          own: target,
          other: crm,
          links: ['customer'],
          creates: requiredIsCertain,
        },
        customer: {
          path: own.customer ?? shipped(target.system, 'customer'),
          own: target,
          other: crm,
          links: [],
          creates: requiredIsCertain,
        },
        fulfilment: {
          path: own.fulfilment ?? shipped(target.system, 'fulfilment'),
          own: target,
          other: null,
          ...readOnly,
        },
      }
    }
    const fulfilment = sync.mappings.fulfilment ?? shipped(source.system, 'fulfilment')
    return {
      fulfilment: { path: fulfilment, own: source, other: null, ...readOnly },
      report: {
        path: sync.mappings.deal ?? shipped(target.system, 'fulfilment'),
        own: target,
        other: { endpoint: source, mapping: fulfilment },
        links: [],
        creates: false,
      },
    }
  }

  async function compile(part: Part, offline: boolean) {
    const file = await files.mapping(part.path)
    const other = part.other === null ? null : await files.mapping(part.other.mapping)
    const tables = await files.tables()
    const schemas = new Map<string, ObjectSchema | null>()
    const otherSchemas = new Map<string, ObjectSchema | null>()
    const used = new Map<string, MappingFile | null>()
    const otherObject = other === null ? null : objectOf(other)
    const findings: Finding[] = []
    const learn = async (from: Endpoint, known: Map<string, ObjectSchema | null>, object: string) => {
      known.set(object, null)
      try {
        known.set(object, await from.describe(object))
      } catch (error) {
        // An object that is not there is the mapping's mistake, and the compiler says where; the rest is not.
        if (!(error instanceof SyncError) || error.problem.kind !== 'configuration_invalid') throw error
        findings.push({
          file: file.file,
          line: 1,
          column: 1,
          kind: 'unknown_path',
          message: error.message,
          fix: error.fix,
        })
      }
    }
    for (;;) {
      const result = compileMapping(file, {
        schemaOf: (object) => schemas.get(object) ?? null,
        otherObject,
        otherSchemaOf: (object) => otherSchemas.get(object) ?? null,
        tables,
        links: part.links,
        // No flow writes in both directions.
        owners: false,
        creates: part.creates,
        fileOf: (name) => used.get(name),
      })
      const missing = offline ? [] : result.wanted.filter((object) => !schemas.has(object))
      const otherMissing =
        offline || other === null ? [] : result.otherWanted.filter((object) => !otherSchemas.has(object))
      if (missing.length + otherMissing.length + result.wantedFiles.length === 0) {
        const files = [file, ...[...used.values()].filter((one) => one !== null)]
        return { file, files, mapping: result.mapping, findings: [...findings, ...result.findings] }
      }
      const otherEndpoint = part.other?.endpoint ?? part.own
      await Promise.all([
        ...missing.map((object) => learn(part.own, schemas, object)),
        ...otherMissing.map((object) => learn(otherEndpoint, otherSchemas, object)),
        ...result.wantedFiles.map(async (name) => used.set(name, await mappingIfThere(beside(part.path, name)))),
      ])
    }
  }

  async function mappingIfThere(path: string): Promise<MappingFile | null> {
    try {
      return await files.mapping(path)
    } catch (error) {
      // The compiler says where the name of a file stands that is not there.
      if (error instanceof SyncError && error.problem.kind === 'configuration_invalid') return null
      throw error
    }
  }

  async function openSync(name: string): Promise<Sync> {
    const parts = partsOf(name)
    const compiled = await Promise.all(
      Object.entries(parts).map(async ([role, part]) => [role, await compile(part, false)] as const),
    )
    const findings = compiled.flatMap(([, one]) => one.findings)
    const byRole = new Map(compiled.map(([role, one]) => [role, one.mapping]))
    const mapping = (role: string): CompiledMapping => {
      const found = byRole.get(role)
      if (found !== null && found !== undefined && findings.length === 0) return found
      const texts = findings.map((one) => `${one.file}:${one.line}:${one.column} ${one.message}`)
      throw invalid(
        name,
        `The mappings of sync "${name}" have mistakes: ${texts.join('; ')}`,
        'Mend them, see `crosswalk lint`.',
      )
    }
    const config_ = config.syncs[name]
    const digest = files.digest([
      ...compiled.flatMap(([, one]) => one.files.map(({ text }) => text)),
      JSON.stringify(await files.tables()),
    ])
    if (config_?.document === 'deal') return dealSync(name, config_, mapping, digest)
    return fulfilmentSync(name, config_ as ReportSync, mapping, digest)
  }

  function dealSync(
    name: string,
    own: OrderSync,
    mapping: (role: string) => CompiledMapping,
    digest: string,
  ): DealSync {
    const order = mapping('order')
    const customer = mapping('customer')
    const used = [...needed, ...order.documentReads, ...customer.documentReads.map((path) => `customer.${path}`)]
    const deal = mapping('deal').only(used)
    const reads = [...new Set([...deal.reads, ...deal.rawReads(used), ...order.otherReads, ...customer.otherReads])]
    const reportSync = Object.entries(config.syncs).find(
      ([, one]) => one.document === 'fulfilment' && one.of === name,
    )?.[0]
    return {
      document: 'deal',
      name,
      config: own,
      source: endpoint(own.from),
      target: endpoint(own.to),
      deal,
      order,
      customer,
      fulfilment: mapping('fulfilment').only([...howFar, 'totals']),
      reads,
      digest,
      reportSync: reportSync ?? null,
    }
  }

  function fulfilmentSync(
    name: string,
    own: ReportSync,
    mapping: (role: string) => CompiledMapping,
    digest: string,
  ): FulfilmentSync {
    const report = mapping('report')
    const used = [...howFar, ...report.documentReads]
    const fulfilment = mapping('fulfilment').only(used)
    return {
      document: 'fulfilment',
      name,
      config: own,
      source: endpoint(own.from),
      target: endpoint(own.to),
      fulfilment,
      report,
      reads: [...new Set([...fulfilment.reads, ...mapping('fulfilment').rawReads(used), ...report.otherReads])],
      digest,
      of: own.of,
    }
  }

  return {
    config,
    endpoints,
    endpoint,
    sync(name) {
      const known = opened.get(name)
      if (known !== undefined) return known
      const opening = openSync(name)
      opened.set(name, opening)
      // A system that was down when first asked is asked again.
      opening.catch(() => opened.delete(name))
      return opening
    },
    async lint({ offline }) {
      const parts = new Map<string, Part>()
      for (const name of Object.keys(config.syncs)) {
        for (const part of Object.values(partsOf(name))) parts.set(`${part.own.name} ${part.path}`, part)
      }
      const compileAll = (some: ReadonlyMap<string, Part>) =>
        Promise.all([...some.values()].map(async (part) => ({ part, ...(await compile(part, offline)) })))
      const compiled = await compileAll(parts)
      // A file that another one uses is a mapping with tests of its own.
      const used = new Map<string, Part>()
      for (const { part, files } of compiled) {
        for (const { file } of files) {
          const key = `${part.own.name} ${file}`
          if (!parts.has(key)) used.set(key, { path: file, own: part.own, other: null, ...readOnly })
        }
      }
      const told = new Set<string>()
      return [...compiled, ...(await compileAll(used))].map(({ file, mapping, findings }) => {
        // What is wrong in a used file has been found through each that uses it.
        const fresh = findings.filter((one) => !told.has(formatFinding(one)))
        for (const one of fresh) told.add(formatFinding(one))
        return { file, mapping, findings: fresh }
      })
    },
  }
}

/** What the engine itself wants to know of a deal, whatever the mappings use. */
const needed = [
  'id',
  'number',
  'name',
  'url',
  'won',
  'wonAt',
  'currency',
  'amount',
  'tax',
  'total',
  'discount',
  'customer.id',
  'customer.name',
  'lines.id',
  'lines.sku',
  'lines.name',
  'lines.quantity',
  'lines.unitPrice',
  'lines.discountPercent',
  'lines.discountAmount',
  'lines.netAmount',
]

/** What tells how far an order is: its stage and its summary are made of it. */
const howFar = [
  'id',
  'number',
  'state',
  ...['ordered', 'shipped', 'returned', 'invoiced', 'stocked'].map((name) => `lines.${name}`),
  'productionOrders.state',
  'purchaseOrders.state',
  ...['number', 'state', 'kind', 'trackingNumber', 'trackingUrl', 'shippedAt'].map((name) => `shipments.${name}`),
  ...['number', 'state', 'kind', 'date', 'total', 'outstanding'].map((name) => `invoices.${name}`),
]

/** The mapping of a name in the folder of another one. */
const beside = (path: string, name: string): string => `${path.slice(0, path.lastIndexOf('/') + 1)}${name}.yaml`

/** The object that the other side's mapping reads; the compiler checks the rest of that file on its own. */
const objectOf = (file: MappingFile): string | null => /^from:\s*["']?([\w.]+)/m.exec(file.text)?.[1] ?? null

const invalid = (path: string, message: string, fix: string) =>
  new SyncError(message, { problem: { kind: 'configuration_invalid', path }, fix })
