import type { Certificate, Certificates } from '../ports/ledger/certificates.ts'
import type { Database } from './database.ts'
import { storedJson } from './stored-json.ts'
import type { Vault } from './vault.ts'

const add = {
  name: 'certificates.add',
  text: `insert into crosswalk.certificates (sync, at, text, signature) values ($1, $2, $3, $4)`,
}

const list = {
  name: 'certificates.list',
  text: `
    select id, sync, text, signature from crosswalk.certificates
    where ($1::text is null or sync = $1) and ($2::bigint is null or id > $2) order by id desc limit $3`,
}

export function openCertificates(database: Database, vault: Vault): Certificates {
  return {
    async add(certificate) {
      const text = storedJson(certificate)
      await database.rows(add, [certificate.sync, certificate.at, text, vault.sign(text)])
    },
    async list({ sync, after, max }) {
      type Row = { id: string; sync: string; text: string; signature: string }
      const rows = await database.rows<Row>(list, [sync, after, max])
      return rows.map((row) => {
        const certificate = JSON.parse(row.text) as Certificate
        // A row that was moved to another sync is none of that sync's.
        return {
          id: row.id,
          certificate,
          genuine: row.sync === certificate.sync && vault.isSigned(row.text, row.signature),
        }
      })
    },
  }
}
