import type { ConnectionState, Connections } from '../ports/ledger/connections.ts'
import type { Database } from './database.ts'
import { storedJson } from './stored-json.ts'
import type { Vault } from './vault.ts'

const get = {
  name: 'connections.get',
  text: `
    select connection, account, paused_because as "pausedBecause", paused_until as "pausedUntil", failures
    from crosswalk.connections where connection = $1`,
}

const setAccount = {
  name: 'connections.setAccount',
  text: `
    insert into crosswalk.connections (connection, account) values ($1, $2)
    on conflict (connection) do update set account = excluded.account`,
}

const pause = {
  name: 'connections.pause',
  text: `
    insert into crosswalk.connections as stored (connection, paused_because, paused_until, failures) values ($1, $2, $3, 1)
    on conflict (connection) do update set
      paused_because = excluded.paused_because, paused_until = excluded.paused_until, failures = stored.failures + 1`,
}

const resume = {
  name: 'connections.resume',
  text: `
    update crosswalk.connections set paused_because = null, paused_until = null, failures = 0
    where connection = $1 and (failures > 0 or paused_because is not null)`,
}

const setExpiry = {
  name: 'connections.setExpiry',
  text: `
    insert into crosswalk.connections as stored (connection, expires_at) values ($1, $2)
    on conflict (connection) do update set expires_at = excluded.expires_at
    where stored.expires_at is distinct from excluded.expires_at`,
}

const expiring = {
  name: 'connections.expiring',
  text: `
    select connection, expires_at as "expiresAt" from crosswalk.connections where expires_at < $1 order by connection`,
}

const secrets = {
  name: 'connections.secrets',
  text: `select secrets from crosswalk.connections where connection = $1 and secrets is not null`,
}

const setSecrets = {
  name: 'connections.setSecrets',
  text: `
    insert into crosswalk.connections (connection, secrets) values ($1, $2)
    on conflict (connection) do update set secrets = excluded.secrets`,
}

export function openConnections(database: Database, vault: Vault): Connections {
  return {
    async get(connection) {
      const [state] = await database.rows<ConnectionState>(get, [connection])
      return state ?? { connection, account: null, pausedBecause: null, pausedUntil: null, failures: 0 }
    },
    async setAccount(connection, account) {
      await database.rows(setAccount, [connection, storedJson(account)])
    },
    async setPaused(connection, why) {
      if (why === null) await database.rows(resume, [connection])
      else await database.rows(pause, [connection, storedJson(why.because), why.until])
    },
    async setExpiry(connection, expiresAt) {
      await database.rows(setExpiry, [connection, expiresAt])
    },
    expiring: (before) => database.rows(expiring, [before]),
    async secrets(connection) {
      const [row] = await database.rows<{ secrets: string }>(secrets, [connection])
      return row === undefined ? null : vault.open(row.secrets, connection)
    },
    async setSecrets(connection, plain) {
      await database.rows(setSecrets, [connection, vault.seal(plain, connection)])
    },
  }
}
