import type { Row, Store } from './store.ts'

export type Stock = ReturnType<typeof openStock>

/**
 * What is on hand of each product and what of it is reserved, in one place. Reserving and moving write the quant and move
 * its `write_date`, the product's own stays [seen].
 */
export function openStock(store: Store) {
  function quantOf(productId: number): Row {
    const [id] = store.having('stock.quant', 'product_id', productId)
    const known = id === undefined ? undefined : store.get('stock.quant', id)
    return known ?? store.create('stock.quant', { product_id: productId })
  }
  function change(productId: number, quantity: number, reserved: number): void {
    const quant = quantOf(productId)
    store.update('stock.quant', quant.id, {
      quantity: Number(quant.quantity) + quantity,
      reserved_quantity: Number(quant.reserved_quantity) + reserved,
    })
  }
  return {
    free(productId: number): number {
      const quant = quantOf(productId)
      return Number(quant.quantity) - Number(quant.reserved_quantity)
    },
    /** Negative gives back. */
    reserve(productId: number, quantity: number): void {
      if (quantity !== 0) change(productId, 0, quantity)
    },
    receive: (productId: number, quantity: number): void => change(productId, quantity, 0),
    /** What was reserved leaves. */
    ship: (productId: number, quantity: number): void => change(productId, -quantity, -quantity),
    /** A person counts: the difference is booked by a move that is done at once. */
    count(productId: number, quantity: number): void {
      const quant = quantOf(productId)
      const difference = quantity - Number(quant.quantity)
      if (difference === 0) return
      store.create('stock.move', {
        name: 'Product Quantity Updated',
        state: 'done',
        date: store.time(),
        product_id: productId,
        product_uom_qty: Math.abs(difference),
      })
      store.update('stock.quant', quant.id, { quantity })
    },
    /** How much there is at first, without a trace. */
    begin(productId: number, quantity: number): void {
      store.create('stock.quant', { product_id: productId, quantity })
    },
  }
}
