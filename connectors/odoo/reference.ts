/** Of a reference as Odoo sends it, or of a plain id. */
export function idOf(value: unknown): number | null {
  const id = Array.isArray(value) ? value[0] : value
  return typeof id === 'number' && Number.isInteger(id) && id > 0 ? id : null
}
