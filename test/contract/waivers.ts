/** What a connector need not do, and why. A test that is named here does not run for that connector. */
export const waivers: readonly { readonly connector: string; readonly test: string; readonly because: string }[] = []
