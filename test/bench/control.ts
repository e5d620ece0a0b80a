/** A simulator's control channel; its calls are not counted and not slowed. */
export async function control<Answer>(url: string, name: string, body: unknown = {}): Promise<Answer> {
  const reply = await fetch(`${url}/_simulator/${name}`, { method: 'POST', body: JSON.stringify(body) })
  if (!reply.ok) throw new Error(`${url}/_simulator/${name} answered ${reply.status}: ${await reply.text()}`)
  return (await reply.json()) as Answer
}
