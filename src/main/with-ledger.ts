import { resolve } from 'node:path'
import type { Ledger } from '../ports/ledger/ledger.ts'
import { openLedgerOf, type ProcessOptions } from './process.ts'

/** Where the ledger of a project is. */
export interface Place {
  readonly home: string
  readonly environment: ProcessOptions['environment']
}

const silent = () => undefined
const log = { debug: silent, info: silent, warn: silent, error: silent }

/** What is stored can be looked after also where the configuration cannot be opened. */
export async function withLedger<T>({ home, environment }: Place, work: (ledger: Ledger) => Promise<T>): Promise<T> {
  const closing: (() => Promise<void>)[] = []
  try {
    const { ledger } = await openLedgerOf({ home: resolve(home), environment, log }, closing)
    return await work(ledger)
  } finally {
    for (const close of closing.reverse()) await close()
  }
}
