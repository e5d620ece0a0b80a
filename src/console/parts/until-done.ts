/** Asks the same again until it is done: each time the server waits a while for what takes longer than a request. */
export async function untilDone<R extends { readonly isDone: boolean }>(ask: () => Promise<R>): Promise<R> {
  for (;;) {
    const reply = await ask()
    if (reply.isDone) return reply
  }
}
