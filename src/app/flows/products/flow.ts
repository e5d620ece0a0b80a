import type { Instant } from '../../../core/time.ts'
import { unseen } from '../../bench/unseen.ts'
import { defineFlow, type Opening, shipped } from '../flow.ts'
import { type ProductSyncConfig, productSyncSchema } from './config.ts'
import { deliverProducts } from './deliver.ts'
import { productKind } from './kind.ts'
import type { ProductSync } from './sync.ts'

/** Every product counts, however long ago it was made. */
const beginning = '1970-01-01T00:00:00.000Z' as Instant

/** Product → CRM catalogue: products of the ERP with price and stock, known by their SKU. */
export const products = defineFlow({
  document: 'product',
  title: 'Products of `from`, with price and stock, become products of `to`.',
  example: {},
  record: 'product',
  config: productSyncSchema,
  records: { role: 'product', end: 'source' },
  kind: 'product',
  parts({ mappings: own }, { source, target }) {
    return {
      product: { file: own.product ?? shipped(source, 'product'), own: 'source', other: null },
      catalogue: {
        file: own.catalogue ?? shipped(target, 'product'),
        own: 'target',
        other: 'product',
        creates: true,
      },
    }
  },
  open(opening) {
    const sync = productSync(opening)
    return {
      watches: [{ object: sync.product.object, paths: sync.reads, where: sync.product.watch }],
      begin: () => beginning,
      concerns(watch, page, ledger) {
        const met = page.ids.map((id) => ({
          ref: { connection: sync.source.name, object: watch.object, id },
          versions: page.versions?.[id],
        }))
        return unseen({ name: sync.name, kind: sync.products.name, digest: sync.digest }, 'source', met, ledger)
      },
      deliver: (bench) => deliverProducts(sync, bench),
      guard: null,
      whenLive: null,
      deals: null,
      worksWithoutSource: false,
    }
  },
})

function productSync(opening: Opening & { readonly config: ProductSyncConfig }): ProductSync {
  const { name, config, mapping } = opening
  const catalogue = mapping('catalogue')
  const used = [...needed, ...catalogue.documentReads]
  const whole = mapping('product')
  const product = whole.only(used)
  return {
    ...opening,
    product,
    catalogue,
    reads: [...new Set([...product.reads, ...whole.rawReads(used), ...catalogue.otherReads])],
    products: productKind(name, catalogue, config.missing_product),
  }
}

/** What the flow itself wants to know, whatever the mappings use. */
const needed = ['id', 'sku', 'name', 'active', 'stock.onHand', 'stock.available']
