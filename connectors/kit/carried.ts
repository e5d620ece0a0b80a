/** Carries what the transport threw through a vendor's client: a fault of ours is no bad reply of the vendor. */
class CallFailed extends Error {}

/** A call of our transport, as a vendor's client is given it. */
export const carried = <T>(call: Promise<T>): Promise<T> =>
  call.catch((cause: unknown) => {
    throw new CallFailed('the call itself failed', { cause })
  })

/**
 * Awaits a vendor's client over `carried`.
 * @throws whatever the transport threw, as it was; `unreadable(error)` for what the client stumbled over by itself
 */
export async function answerOf<T>(call: PromiseLike<T>, unreadable: (error: unknown) => Error): Promise<T> {
  try {
    return await call
  } catch (error) {
    throw error instanceof CallFailed ? error.cause : unreadable(error)
  }
}
