/**
 * What a random sequence is made of: small numbers that say what kind of call comes next, who makes it, on which thing
 * and in which form. What they mean is decided when the call is due, by what the model then knows; so a sequence stays
 * meaningful when calls are taken out of it, and the same seed gives the same sequence for every target.
 */
import type { IdentityName } from '../../target/identity-card.js'
import type { Limits } from '../../target/target.js'
import { modelled, type ModelCall, type Modelled } from '../rules/call.js'
import type { World } from '../rules/model-world.js'

/** Kinds of steps: each operation, a whole pairing, and time that passes. */
export const kinds = [...modelled, 'pair', 'pass'] as const

/** Kind of a step. */
export type Kind = Modelled | 'pair' | 'pass'

/** One step of a sequence, before it is known what there is to act on. */
export interface Intent {
  kind: Kind
  /** 0 to 9: who. Most of them mean the owner, or the main identity. */
  who: number
  /** 0 to 9: on which thing, counted from the newest; 8 is one that is gone, 9 one that never was. */
  which: number
  /** 0 to 23: in which form, the plainest first. */
  form: number
}

/** Bounds of an intent's numbers, both included. */
export const bounds = { who: 9, which: 9, form: 23 } as const

/** Who may call, where, and what there is to name. */
export interface Participants {
  /** The main identity first. */
  identities: readonly [IdentityName, ...IdentityName[]]
  /** Projects of an identity's workspace. */
  projectsOf(identity: string): readonly string[]
  limits: Limits
  /** A UUID that names nothing. */
  unknownId: string
}

/** Decides what an intent means now; undefined when there is nothing that it could mean. */
export type Planner = (world: World, participants: Participants, intent: Intent) => ModelCall | undefined

/** `who` up to here means the owner, or the main identity; beyond it somebody else. */
export const OWNER_UP_TO = 5

/** The owner in most cases, else somebody else. */
export function ownerOrOther(participants: Participants, owner: string, who: number): string {
  if (who <= OWNER_UP_TO) return owner
  const others = participants.identities.filter((each) => each !== owner)
  return others[(who - OWNER_UP_TO - 1) % Math.max(1, others.length)] ?? owner
}

/** The main identity in most cases, else another one. */
export function anybody(participants: Participants, who: number): IdentityName {
  const [main, ...others] = participants.identities
  return who <= OWNER_UP_TO ? main : (others[(who - OWNER_UP_TO - 1) % Math.max(1, others.length)] ?? main)
}

/** `which` that stands for a thing that is gone, if one is, and for one that never was. */
export const GONE = 8
export const NEVER_WAS = 9

/** The thing that `which` means, counted from the end of the list. */
export function pick<Thing>(things: readonly Thing[], which: number): Thing | undefined {
  return things[things.length - 1 - (which % Math.max(1, things.length))]
}

/** The form that a number means. */
export function formOf<Form>(forms: readonly [Form, ...Form[]], form: number): Form {
  return forms[form % forms.length] ?? forms[0]
}

/** A call with the parts that are usual. */
export function toCall(
  operation: Modelled,
  identity: string,
  parts: Partial<Pick<ModelCall, 'path' | 'query' | 'body' | 'secret'>> = {},
): ModelCall {
  return { operation, identity, path: {}, query: {}, body: undefined, secret: 'right', ...parts }
}
