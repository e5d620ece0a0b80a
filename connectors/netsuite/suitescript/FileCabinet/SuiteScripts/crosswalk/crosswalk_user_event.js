/**
 * Tells Crosswalk that an order, or a document that belongs to one, was saved. Only ids are sent: Crosswalk reads the rest
 * itself, and its polls find what this script does not tell. Nothing here may ever keep a person from saving.
 *
 * @NApiVersion 2.1
 * @NScriptType UserEventScript
 * @NModuleScope SameAccount
 */
define(['N/crypto', 'N/encode', 'N/https', 'N/log', 'N/runtime'], (crypto, encode, https, log, runtime) => {
  const parameter = (name) => runtime.getCurrentScript().getParameter({ name })

  /** The order that a document was made from. An inline edit shows only what was edited. */
  function orderOf(context) {
    for (const record of [context.newRecord, context.oldRecord]) {
      const source = record?.getValue({ fieldId: 'createdfrom' })
      if (source) return String(source)
    }
    return null
  }

  /** `t=<seconds>,v1=<hex>`: HMAC-SHA256 over `<seconds>.<body>`, with a secret that no script can read. */
  function signatureOf(body) {
    const seconds = Math.floor(Date.now() / 1000)
    const key = crypto.createSecretKey({
      secret: parameter('custscript_crosswalk_secret'),
      encoding: encode.Encoding.UTF_8,
    })
    const hmac = crypto.createHmac({ algorithm: crypto.HashAlg.SHA256, key })
    hmac.update({ input: `${seconds}.${body}`, inputEncoding: encode.Encoding.UTF_8 })
    return `t=${seconds},v1=${hmac.digest({ outputEncoding: encode.Encoding.HEX }).toLowerCase()}`
  }

  function afterSubmit(context) {
    try {
      const url = parameter('custscript_crosswalk_url')
      if (!url) return
      const { type, id } = context.newRecord ?? context.oldRecord
      const body = JSON.stringify({
        type,
        id: String(id),
        order: type === 'salesorder' ? String(id) : orderOf(context),
        event: context.type,
        lastmodified: new Date().toISOString(),
      })
      const headers = { 'Content-Type': 'application/json', 'X-Crosswalk-Signature': signatureOf(body) }
      const { code } = https.post({ url, body, headers })
      if (code >= 300) log.error({ title: 'Crosswalk webhook', details: `${type} ${id}: answered with status ${code}` })
    } catch (error) {
      log.error({ title: 'Crosswalk webhook', details: `${error.name}: ${error.message}` })
    }
  }

  return { afterSubmit }
})
