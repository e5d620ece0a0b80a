import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { stock } from '../faults/proof.ts'
import type { Pair } from '../rig.ts'

/* Records that no retry delivers, each for another reason, and what a person does about them in the end. */

interface Poison {
  /** Part of what its problem says; null where it is none: it kills who works on it. */
  readonly says: string | null
  /** What a person does. */
  mend(): Promise<void> | void
}

const greedy = `$uppercase($pad("x", 400000000))`
/** What a mapping has in place of one of its lines, by ERP: an expression that eats all memory, and a value that is refused. */
const lines: Readonly<Record<string, (greedy: string) => readonly [before: RegExp, after: string][]>> = {
  odoo: (eats) => [
    [/^ {2}client_order_ref:.*$/m, `  client_order_ref: { expr: '${eats}' }`],
    [/^ {2}payment_term_id:.*$/m, `  payment_term_id: { expr: '$contains(deal.name, "Refused") ? "999999" : null' }`],
  ],
  netsuite: (eats) => [
    [/^ {2}otherRefNum:.*$/m, `  otherRefNum: { expr: '${eats}' }`],
    [/^ {2}orderStatus:/m, `  location: { expr: '$contains(deal.name, "Refused") ? "999999" : null' }\n  orderStatus:`],
  ],
}

const shipped = (path: string) => readFile(join(import.meta.dirname, '../..', path), 'utf8')

/** Writes the mapping of orders with which some deals are poison. Called before the servers start. */
export async function writeMapping(pair: Pick<Pair, 'config'>, erp: string): Promise<void> {
  const path = `mappings/${erp}/order.yaml`
  let text = await shipped(path)
  const changes = lines[erp]?.(`$contains(deal.name, "Devourer") ? ${greedy} : deal.number`) ?? []
  for (const [before, after] of changes) {
    if (!before.test(text)) throw new Error(`${path} has no line ${before}`)
    text = text.replace(before, after)
  }
  await write(pair, path, text)
}

async function write({ config }: Pick<Pair, 'config'>, path: string, text: string): Promise<void> {
  const file = join(dirname(dirname(config)), path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
}

/**
 * Wins one deal of each kind.
 * @param kill  ends the workers: called whenever the deal that kills them is sent to the ERP
 * @param retry  has what waits tried again @param publish  publishes what is on disk
 */
export function poison(
  pair: Pair,
  shop: ReturnType<typeof stock>,
  by: { kill(): void; retry(says: string): Promise<void>; publish(note: string): Promise<void> },
): { readonly all: readonly Poison[]; readonly killer: string; readonly kills: () => number } {
  const { crm } = pair.crm
  const line = { sku: 'A-1', name: 'A', quantity: '1', price: '10' }
  const [companyId = ''] = shop.companies
  const deal = (name: string) => crm.addDeal({ name, companyId, lines: [line] })
  const atlantis = crm.addCompany({ name: 'Poseidon', domain: 'poseidon.example', country: 'Atlantis' })
  const killer = deal('Killer of workers')
  let kills = 0
  const stop = pair.erp.watch({}, 'arrived', (request) => {
    if (!(request.path + decodeURIComponent(request.query.toString()) + request.body).includes(`_deal_${killer}`))
      return
    kills += 1
    by.kill()
  })
  const devourer = deal('Devourer of memory')
  const refused = deal('Refused by the ERP')
  crm.addDeal({ name: 'To Atlantis', companyId: atlantis, lines: [line] })
  shop.winUnknown()
  const table = 'config/tables/countries.yaml'
  return {
    killer,
    kills: () => kills,
    all: [
      { says: null, mend: stop },
      { says: 'memory', mend: () => crm.changeDeal(devourer, { name: 'Mended' }) },
      { says: '999999', mend: () => crm.changeDeal(refused, { name: 'Accepted' }) },
      {
        says: 'Atlantis',
        async mend() {
          await write(pair, table, `${await shipped(table)}\nAtlantis: DE\n`)
          await by.publish('a new country')
        },
      },
      {
        says: 'NOT-THERE',
        async mend() {
          pair.erp.erp.addProduct({ sku: 'NOT-THERE', name: 'There', price: '1', route: 'stock' })
          await by.retry('NOT-THERE')
        },
      },
    ],
  }
}
