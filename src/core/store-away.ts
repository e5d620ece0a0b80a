/** The database or Redis does not answer, or has no room: no fault of the program. Its message says what to do. */
export class StoreAway extends Error {}
