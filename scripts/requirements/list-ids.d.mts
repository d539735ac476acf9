// What the tests call of the list of requirements, with types.

export interface Rule {
  readonly of: string
  readonly severity: string
  readonly words: string
  readonly checks: readonly string[]
  /** Which requirement it says that it is. */
  readonly id?: string
}

export interface Entry {
  readonly id: string
  readonly of: string
  readonly withdrawn?: true
  /** Of a family: the ids of its checks, `*` stands for any text. */
  readonly checks?: string | readonly string[]
  readonly words?: string
}

export function listIds(rules: readonly Rule[], list: readonly Entry[]): { list: Entry[]; problems: string[] }
