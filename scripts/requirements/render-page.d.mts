// What the tests call of the page of requirements, with types.

export type Kills = ReadonlyMap<string, readonly string[]>

export function readKills(page: string, checkIds: ReadonlySet<string>): Kills
export function mutantsOf(rule: { readonly checks: readonly string[] }, kills: Kills): string[]
