/** Raw webhook events, kept before the answer is sent. */
export interface Events {
  /** @returns the ids that were not there before */
  store(
    connection: string,
    events: readonly { id: string; hint: { object: string; id: string } | null }[],
    body: string,
  ): Promise<readonly string[]>
}
