import { idOf } from './ids.ts'
import type { Happening, Row } from './store.ts'

export interface OutboundTarget {
  readonly url: string
  /** Fields sent beside the id; the name and the stage when not given. */
  readonly fields?: readonly string[]
  /** How often each message is sent; 1 when not given. */
  readonly copies?: number
  /** Newest notification first, and later messages before earlier ones. */
  readonly reversed?: boolean
}
interface Notification {
  readonly id: string
  readonly row: Row
}
interface OutboundOptions {
  readonly organizationId: string
  readonly url: () => string
}

const notificationsMax = 100

/**
 * Outbound messages about opportunities: SOAP by POST, a moment after the change. What is not acknowledged waits for the
 * next flush; the real one tries for 24 hours.
 */
export function openOutbound({ organizationId, url }: OutboundOptions) {
  let target: OutboundTarget | null = null
  let waiting: Notification[] = []
  const sent = new Set<Notification>()
  let scheduled = false
  const answers: number[] = []
  let made = 0
  let under: Promise<void> = Promise.resolve()

  /** The latest values go out, not those of the change. */
  function envelope(batch: readonly Notification[], fields: readonly string[]): string {
    const notifications = batch.map(({ id, row }) => {
      const values = fields.flatMap((name) => {
        const value = row.fields[name] ?? null
        return value === null ? [] : `<sf:${name}>${escaped(String(value))}</sf:${name}>`
      })
      return (
        `<Notification><Id>${id}</Id><sObject xsi:type="sf:Opportunity" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">` +
        `<sf:Id>${row.id}</sf:Id>${values.join('')}</sObject></Notification>`
      )
    })
    const api = `${url()}/services/Soap`
    return (
      '<?xml version="1.0" encoding="UTF-8"?>\n' +
      '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" ' +
      'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>' +
      `<notifications xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>${organizationId}</OrganizationId>` +
      `<ActionId>${idOf('04k', 1)}</ActionId><SessionId xsi:nil="true"/>` +
      `<EnterpriseUrl>${api}/c/67.0/${organizationId}</EnterpriseUrl><PartnerUrl>${api}/u/67.0/${organizationId}</PartnerUrl>` +
      `${notifications.join('')}</notifications></soapenv:Body></soapenv:Envelope>`
    )
  }

  /** @returns the status; 0 stands for no answer. `acknowledged` only by status 200 and an Ack that is true */
  async function post(batch: readonly Notification[], to: OutboundTarget) {
    try {
      const reply = await fetch(to.url, {
        method: 'POST',
        headers: { 'content-type': 'text/xml; charset=utf-8', soapaction: '""' },
        body: envelope(batch, to.fields ?? ['Name', 'StageName']),
      })
      const text = await reply.text()
      return { status: reply.status, acknowledged: reply.status === 200 && /<(?:\w+:)?Ack>\s*true\s*</.test(text) }
    } catch {
      // Nobody is listening, which is no fault of the simulated org.
      return { status: 0, acknowledged: false }
    }
  }

  async function deliver(all: readonly Notification[]): Promise<readonly number[]> {
    if (target === null) return []
    const to = target
    const batches = Array.from({ length: Math.ceil(all.length / notificationsMax) }, (_, n) =>
      all.slice(n * notificationsMax, (n + 1) * notificationsMax),
    )
    const copies = batches.flatMap((batch) => Array.from({ length: to.copies ?? 1 }, () => batch))
    const queue = to.reversed === true ? copies.reverse().map((batch) => batch.toReversed()) : copies
    const statuses: number[] = []
    for (const batch of queue) {
      const { status, acknowledged } = await post(batch, to)
      statuses.push(status)
      if (!acknowledged) waiting = [...new Set([...waiting, ...batch])]
    }
    return statuses
  }

  /** One after the other, so that the order is the target's choice alone. */
  function flush(): Promise<readonly number[]> {
    const all = waiting
    waiting = []
    for (const one of all) sent.add(one)
    under = under.then(async () => void answers.push(...(await deliver(all))))
    return under.then(() => answers)
  }

  return {
    /** @returns true the first time */
    aim(given: OutboundTarget): boolean {
      const first = target === null
      target = given
      return first
    },
    add(happenings: readonly Happening[]): void {
      for (const { row, kind } of happenings) {
        if (row.object !== 'Opportunity' || kind === 'DELETE') continue
        made += 1
        waiting.push({ id: idOf('04l', made), row })
      }
      // Changes made in one go travel together.
      if (scheduled || waiting.length === 0) return
      scheduled = true
      setImmediate(() => {
        scheduled = false
        void flush()
      })
    },
    flush,
    /** Notifications that nobody has acknowledged yet. */
    unacknowledged: () => waiting.length,
    redeliver: (): Promise<readonly number[]> => deliver([...sent]),
  }
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => entities[character] ?? character)
