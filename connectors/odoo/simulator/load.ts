import { parseDecimal } from '../../../src/core/decimal.ts'
import type { Json, JsonObject } from '../../../src/core/json.ts'
import { isOdooError, odooError } from './errors.ts'
import { nameOf } from './fields.ts'
import type { SimulatedField } from './models.ts'
import type { Records } from './records.ts'
import type { Row, Store } from './store.ts'

/** Cells as they are sent: mostly text. */
type Table = readonly (readonly Json[])[]
type Message = { readonly [name: string]: Json }
/** Cells below a field: the field's own texts, or those of the records below it. */
interface Imported {
  readonly cells: Map<string, string>
  /** Of a reference or list: what stands below it. */
  readonly below: Map<string, readonly Imported[]>
}
interface Extracted {
  readonly record: Imported
  readonly from: number
  readonly to: number
}
/** A record that could be converted: by External ID, by id, or new. */
interface Converted {
  readonly externalId: string | null
  readonly id: number | null
  readonly values: Record<string, Json>
  readonly lines: readonly { readonly field: SimulatedField; readonly records: readonly Converted[] }[]
}

/** Odoo's import: texts in columns become records, made or changed by External ID, all or none. */
export function openLoad(store: Store, records: Records) {
  /** Whether ids lead to records that are not archived only, as they do unless the context says otherwise. */
  let hidesArchived = true
  const isFound = (model: string, id: number): boolean => {
    const row = store.get(model, id)
    return row !== undefined && !(hidesArchived && row.active === false)
  }
  const fieldsOf = (model: string) => store.models.get(model)?.fields ?? {}

  function extract(model: string, paths: readonly (readonly string[])[], rows: readonly (readonly string[])[]) {
    const fields = fieldsOf(model)
    const isLine = (path: readonly string[]) => fields[path[0] ?? '']?.type === 'one2many'
    const places = paths.map((path, place) => ({ path, place, line: isLine(path) }))
    const found: Extracted[] = []
    for (let from = 0; from < rows.length; ) {
      let to = from
      const belongs = (row: readonly string[]): boolean =>
        places.some(({ place, line }) => line && row[place]) && !places.some(({ place, line }) => !line && row[place])
      while (to + 1 < rows.length && belongs(rows[to + 1] ?? [])) to += 1
      found.push({ record: recordOf(model, paths, rows.slice(from, to + 1)), from, to })
      from = to + 1
    }
    return found
  }

  function recordOf(
    model: string,
    paths: readonly (readonly string[])[],
    span: readonly (readonly string[])[],
  ): Imported {
    const cells = new Map<string, string>()
    const below = new Map<string, readonly Imported[]>()
    const fields = fieldsOf(model)
    for (const [name, same] of Map.groupBy(paths.entries(), ([, path]) => path[0] ?? '')) {
      const field = name === '.id' ? fields.id : fields[name]
      if (field === undefined) throw odooError('builtins.KeyError', name)
      const [[place = 0, path] = []] = same
      if (path?.length === 1) {
        cells.set(name, span[0]?.[place] ?? '')
        continue
      }
      const inner = same.map(([, one]) => one.slice(1))
      const values = span
        .map((row) => same.map(([one]) => row[one] ?? ''))
        .filter((row) => row.some((cell) => cell !== ''))
      below.set(
        name,
        extract(field.relation ?? '', inner, values).map((one) => one.record),
      )
    }
    return { cells, below }
  }

  type Log = (message: Message) => void

  /** Texts as values; what does not fit is logged and left out. */
  function convert(model: string, record: Imported, log: Log, prefix = ''): Converted {
    const fields = fieldsOf(model)
    const values: Record<string, Json> = {}
    const lines: { field: SimulatedField; records: readonly Converted[] }[] = []
    for (const [name, text] of record.cells) {
      const field = fields[name]
      if (name === 'id' || name === '.id' || field === undefined) continue
      const complain = (message: string, more: Message = {}) =>
        log({ type: more.type ?? 'error', field: name, message: message.replace('%F', prefix + field.string), ...more })
      const value = text === '' ? false : valueOfText(name, field, text, complain)
      if (value !== undefined) values[name] = value
    }
    for (const [name, inner] of record.below) {
      const field = fields[name]
      if (field === undefined) continue
      const complain = (message: string, more: Message = {}) =>
        log({ type: 'error', field: name, message: message.replace('%F', prefix + field.string), ...more })
      if (field.type === 'one2many') {
        const outer: Log = (message) => log({ ...message, field: name })
        lines.push({
          field,
          records: inner.map((one) => convert(field.relation ?? '', one, outer, `${prefix}${field.string}/`)),
        })
      } else if (inner.length === 0) values[name] = false
      else {
        const value = reference(field, inner[0], complain)
        if (value !== undefined) values[name] = value
      }
    }
    return { externalId: record.cells.get('id') || null, ...byId(model, record, log, prefix), values, lines }
  }

  function byId(model: string, record: Imported, log: Log, prefix: string): { id: number | null } {
    const text = record.cells.get('.id')
    if (text === undefined || text === '') return { id: null }
    if (!/^\d+$/.test(text)) {
      throw odooError('psycopg2.errors.InvalidTextRepresentation', `invalid input syntax for type integer: "${text}"\n`)
    }
    if (isFound(model, Number(text))) return { id: Number(text) }
    const message =
      prefix === ''
        ? `Unknown database identifier '${text}'`
        : `No matching record found for database id '${text}' in field '${prefix.slice(0, -1)}'`
    log({ type: 'error', field: '.id', message })
    return { id: null }
  }

  type Complain = (message: string, more?: Message) => void

  function valueOfText(name: string, field: SimulatedField, text: string, complain: Complain): Json | undefined {
    switch (field.type) {
      case 'boolean': {
        const lower = text.toLowerCase()
        if (['1', 'true', 'yes'].includes(lower)) return true
        if (['0', 'false', 'no'].includes(lower)) return false
        complain(`Unknown value '${text}' for boolean field '%F', assuming 'yes'`, {
          type: 'warning',
          moreinfo: "Use '1' for yes and '0' for no",
        })
        return true
      }
      case 'integer':
      case 'float':
      case 'monetary': {
        if (/^-?\d{1,9}$/.test(text)) return Number(text)
        const number = parseDecimal(text)
        if (number !== null && (field.type !== 'integer' || /^-?\d+$/.test(number))) return Number(number)
        const kind = field.type === 'integer' ? 'an integer' : 'a number'
        return void complain(`'${text}' does not seem to be ${kind} for field '%F'`)
      }
      case 'date':
        if (isDay(text)) return text
        return void complain(`'${text}' does not seem to be a valid date for field '%F'`, {
          moreinfo: "Use the format '2012-12-31'",
        })
      case 'datetime':
        if (/^.{10} \d\d:\d\d:\d\d$/.test(text) && isDay(text.slice(0, 10)) && !Number.isNaN(Date.parse(`${text}Z`))) {
          return text
        }
        return void complain(`'${text}' does not seem to be a valid datetime for field '%F'`, {
          moreinfo: "Use the format '2012-12-31 23:59:59'",
        })
      case 'selection': {
        const found = field.selection?.find(([value, label]) => value === text || label === text)
        if (found !== undefined) return found[0]
        return void complain(`Value '${text}' not found in selection field '%F'`, {
          moreinfo: (field.selection ?? []).map(([, label]) => label),
        })
      }
      case 'many2one':
      case 'many2many':
        return reference(field, { cells: new Map([['name', text]]), below: new Map() }, complain)
      case 'one2many':
        throw odooError('builtins.KeyError', name)
      default:
        return text
    }
  }

  /** Ids for `.id`, External IDs under `id`, or a name; several of a many2many are parted by commas. */
  function reference(field: SimulatedField, record: Imported | undefined, complain: Complain): Json | undefined {
    const given = [...(record?.cells ?? [])]
    if (given.length > 1) {
      complain("Ambiguous specification for field '%F', only provide one of name, external id or database id")
      return undefined
    }
    const [[by, text] = ['.id', '']] = given
    if (text === '') return false
    const parts = field.type === 'many2many' ? text.split(',') : [text]
    const ids = parts.map((part) => referred(field.relation ?? '', by, part, complain))
    if (ids.includes(undefined)) return undefined
    return field.type === 'many2many' ? [[6, 0, ids as number[]]] : (ids[0] as number)
  }

  function referred(model: string, by: string, text: string, complain: Complain): number | undefined {
    const more = (domain: boolean): Message => ({
      moreinfo: {
        name: 'Possible Values',
        type: 'ir.actions.act_window',
        target: 'new',
        view_mode: 'tree,form',
        views: [
          [false, 'list'],
          [false, 'form'],
        ],
        context: { create: false },
        help: 'See all possible values',
        ...(domain ? { res_model: 'ir.model.data', domain: [['model', '=', model]] } : { res_model: model }),
      },
    })
    if (by === '.id') {
      if (!/^\d+$/.test(text)) return void complain(`Invalid database id '${text}' for the field '%F'`, more(true))
      if (isFound(model, Number(text))) return Number(text)
      return void complain(`No matching record found for database id '${text}' in field '%F'`, more(true))
    }
    if (by === 'id') {
      const data = dataOf(nameParts(text))
      const id = Number(data?.res_id)
      if (data !== undefined && store.get(model, id) !== undefined) return id
      return void complain(`No matching record found for external id '${text}' in field '%F'`, more(true))
    }
    for (const row of store.rows(model)) {
      if (row.active !== false && (row.name === text || nameOf(store, model, row) === text)) return row.id
    }
    return void complain(`No matching record found for name '${text}' in field '%F'`, more(false))
  }

  function dataOf({ module, name }: { module: string; name: string }): Row | undefined {
    return store
      .having('ir.model.data', 'name', name)
      .map((id) => store.get('ir.model.data', id))
      .find((row) => row?.module === module)
  }

  /** Makes or changes one record and its lines. @returns its id */
  function save(model: string, one: Converted, more: JsonObject = {}): number {
    const commands: Record<string, Json> = { ...one.values, ...more }
    const data = one.externalId === null ? undefined : dataOf(nameParts(one.externalId))
    const known = one.id ?? (data !== undefined && store.get(model, Number(data.res_id)) ? Number(data.res_id) : null)
    const lines = one.lines.map(({ field, records: inner }) => ({
      name: Object.entries(fieldsOf(model)).find(([, other]) => other === field)?.[0] ?? '',
      field,
      inner,
    }))
    // New lines without External IDs travel with their record; the others are written by theirs.
    const id = known ?? records.create(model, commands)
    if (known !== null) records.write(model, [known], commands)
    if (one.externalId !== null) {
      if (data === undefined) enterData(model, one.externalId, id)
      else if (known === null) store.update('ir.model.data', data.id, { res_id: id, model })
      else store.update('ir.model.data', data.id, {})
    }
    for (const { field, inner } of lines) {
      records.batch(model, id, () => {
        for (const line of inner) saveLine(field, line, id)
      })
    }
    return id
  }

  function saveLine(field: SimulatedField, line: Converted, parent: number): void {
    const relation = field.relation ?? ''
    const data = line.externalId === null ? undefined : dataOf(nameParts(line.externalId))
    const found = line.id ?? (data === undefined ? null : Number(data.res_id))
    const known = found !== null && store.get(relation, found) !== undefined ? found : null
    const values = { ...line.values, [field.inverse ?? '']: parent }
    if (known !== null) {
      records.write(relation, [known], values)
      return
    }
    const id = records.create(relation, values)
    if (line.externalId === null) return
    if (data === undefined) enterData(relation, line.externalId, id)
    else store.update('ir.model.data', data.id, { res_id: id, model: relation })
  }

  function enterData(model: string, externalId: string, id: number): void {
    const { module, name } = nameParts(externalId)
    store.create('ir.model.data', { module, name, model, res_id: id, noupdate: false })
  }

  /** Nothing is kept when one record fails. */
  return function load(model: string, columns: readonly string[], given: Table, activeTest: boolean): Json {
    const rows = given.map((row) => row.map(textOfCell))
    if (rows.some((row) => row.length < columns.length)) {
      throw odooError('builtins.IndexError', 'list index out of range')
    }
    hidesArchived = activeTest
    const messages: Message[] = []
    const ids: number[] = []
    const paths = columns.map((column) => column.split('/'))
    // Checked first, as a field that is not there fails the call rather than a record.
    const extracted = extract(model, paths, rows)
    const failed = new Error('rolled back')
    try {
      store.transaction(() => {
        const converted = extracted.map(({ record, from, to }, place) => {
          const log: Log = (message) => messages.push({ rows: { from, to }, record: place, ...message })
          return convert(model, record, log)
        })
        let errors = 0
        for (const [place, one] of converted.entries()) {
          const { from = 0, to = 0 } = extracted[place] ?? {}
          try {
            ids.push(store.transaction(() => save(model, one)))
          } catch (error) {
            if (!isOdooError(error)) throw error
            errors += 1
            messages.push({ rows: { from, to }, record: place, type: 'error', ...messageOf(model, error) })
            if (errors >= 10 && errors >= (place + 1) / 10) {
              const message =
                'Found more than 10 errors and more than one error per 10 records, interrupted to avoid showing too many errors.'
              messages.push({ type: 'warning', message })
              break
            }
          }
        }
        if (messages.some((message) => message.type === 'error')) throw failed
      })
    } catch (error) {
      if (error !== failed) throw error
      return { ids: false, messages, nextrow: 0 }
    }
    return { ids, messages, nextrow: 0 }
  }
}

/** One text for all External IDs of a module; a part of each of them would keep the whole of each. */
const modules = new Map<string, string>()

const textOfCell = (cell: Json): string =>
  typeof cell === 'string' ? cell : cell === null || cell === false ? '' : String(cell)

function nameParts(externalId: string): { module: string; name: string } {
  const dot = externalId.indexOf('.')
  if (dot < 0) return { module: '__import__', name: externalId }
  const module = externalId.slice(0, dot)
  const known = modules.get(module) ?? module
  modules.set(known, known)
  return { module: known, name: externalId.slice(dot + 1) }
}

const isDay = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d$/.test(text) &&
  !Number.isNaN(Date.parse(`${text}T00:00:00Z`)) &&
  new Date(`${text}T00:00:00Z`).toISOString().slice(0, 10) === text

/** What the import says of an exception while a record was saved. */
function messageOf(loaded: string, error: Error & { exception: string; more: JsonObject }): Message {
  const { missing, label, model } = error.more
  if (typeof missing === 'string') {
    if (model !== loaded) return { message: `Missing required value for the field '${missing}'` }
    return { message: `Missing required value for the field '${label}' (${missing})`, field: missing }
  }
  if (error.exception === 'odoo.exceptions.ValidationError') return { message: error.message }
  const type = error.exception.replace('builtins.', '')
  return {
    message: `Unknown error during import: <class '${type}'>: ${error.message}`,
    moreinfo: 'Resolve other errors first',
  }
}
