import type { Settings } from './settings.ts'
import { quote } from './soql.ts'

/** Records whose changes are looked for, and those that a change is reported for. */
export interface Table {
  readonly object: string
  /** The field with the id that is handed out: that of the record, or of the opportunity it belongs to. */
  readonly owner: 'Id' | 'OpportunityId'
}
export const linesWatch: Table = { object: 'OpportunityLineItem', owner: 'OpportunityId' }

/**
 * The query for changes but for its order. Of opportunities, and of what belongs to them, those count that are won.
 * @param since  a condition on the time of change
 * @param byOrderNumber  those that have an order count too, even when they are no longer won
 */
export function changesQuery(watch: Table, since: string, settings: Settings, byOrderNumber: boolean): string {
  const { object, owner } = watch
  const columns = [...new Set(['Id', 'SystemModstamp', owner])].join(', ')
  const conditions = isPartial(watch) ? [condition(owner, settings, byOrderNumber), since] : [since]
  return `SELECT ${columns} FROM ${object} WHERE ${conditions.join(' AND ')}`
}

/** Whether only some records of the object count. */
export const isPartial = ({ object, owner }: Table): boolean => object === 'Opportunity' || owner === 'OpportunityId'

function condition(owner: Table['owner'], settings: Settings, byOrderNumber: boolean): string {
  const { wonStages, recordTypes, orderNumberField } = settings
  const path = owner === 'OpportunityId' ? 'Opportunity.' : ''
  const listed = (values: readonly string[]) => `(${values.map(quote).join(', ')})`
  const won = wonStages.length === 0 ? `${path}IsWon = TRUE` : `${path}StageName IN ${listed(wonStages)}`
  const ofType =
    recordTypes.length === 0 ? won : `(${won} AND ${path}RecordType.DeveloperName IN ${listed(recordTypes)})`
  return byOrderNumber ? `(${ofType} OR ${path}${orderNumberField} != null)` : ofType
}
