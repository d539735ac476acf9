/** Who calls: the names that checks use for identities, and the headers that each sends. */

/**
 * `main`: the target's own credentials. `colleague`: another user of the same workspace. `stranger`: a user of another
 * workspace. `other`: whichever of the two there is, the colleague first. `nobody`: no credentials at all.
 */
export type IdentityName = 'main' | 'other' | 'colleague' | 'stranger' | 'nobody'

const NAMES: readonly IdentityName[] = ['main', 'other', 'colleague', 'stranger', 'nobody']

/** The identity of that name. @throws Error for a name that is none. */
export function toIdentityName(name: string): IdentityName {
  const known = NAMES.find((each) => each === name)
  if (known === undefined) throw new Error(`There is no identity "${name}".`)
  return known
}

/** The headers that an identity sends. */
export interface IdentityCard {
  apiKey: string | undefined
  workspace: string | undefined
}

/** The identities that a target has. */
export interface IdentityCards {
  has(name: IdentityName): boolean
  /** @throws Error when the target has no such identity; a check says in `needs` which it uses. */
  headersOf(name: IdentityName): Record<string, string>
  workspaceOf(name: IdentityName): string | undefined
}

/** Collects identities. */
export function createIdentityCards(cards: {
  main: IdentityCard
  colleague: IdentityCard | undefined
  stranger: IdentityCard | undefined
}): IdentityCards {
  const known: Readonly<Record<IdentityName, IdentityCard | undefined>> = {
    ...cards,
    other: cards.colleague ?? cards.stranger,
    nobody: { apiKey: undefined, workspace: undefined },
  }
  const find = (name: IdentityName): IdentityCard => {
    const card = known[name]
    if (card === undefined)
      throw new Error(`The target has no identity "${name}"; the check must name it in its needs.`)
    return card
  }
  return {
    has: (name) => known[name] !== undefined,
    headersOf: (name) => toHeaders(find(name)),
    workspaceOf: (name) => find(name).workspace,
  }
}

function toHeaders({ apiKey, workspace }: IdentityCard): Record<string, string> {
  return {
    ...(apiKey === undefined ? {} : { authorization: apiKey }),
    ...(workspace === undefined ? {} : { 'comet-workspace': workspace }),
  }
}
