/** What those who look on may see changed. `access` is who may be served: roles, sessions, tokens. */
export const topics = ['deals', 'problems', 'runs', 'status', 'project', 'audit', 'accounts', 'access'] as const
export type Topic = (typeof topics)[number]

export interface Look {
  /** By topic: another text than before when something of it was written, or is about to be. */
  readonly versions: Readonly<Record<Topic, string>>
  /** Transactions with a lower number are over. */
  readonly oldest: bigint
  /** A transaction that the versions show a change of has a lower number. */
  readonly next: bigint
}
export interface Changes {
  /** Cheap enough for every second. */
  look(): Promise<Look>
}
