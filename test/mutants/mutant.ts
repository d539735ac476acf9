// What a mutant is: the mock with one plausible mistake, as data and a function that makes the mistake. Mutants are built
// from outside alone: requests and replies are changed on their way, settings differ, calls are made that nobody asked for.
import type { Severity } from '../../src/contracts/check/check.js'
import type { ApiResponse } from '../../src/mocks/base/exchange.js'
import type { Settings } from '../../src/mocks/base/settings.js'
import { operationsIn } from '../../src/contracts/check/valid-request.js'
import type { OperationId } from '../../src/kernel/operation.js'
import { settingNames } from '../../src/lifecycle/table.js'
import type { Call } from './call.js'
import type { Stage } from './stage.js'

/** Answers one call in the mock's place; `call.proceed()` is what the mock would do. */
export type Spoiler = (call: Call) => ApiResponse | Promise<ApiResponse>

/** Makes the mistake for one mock; what it must remember lives in its closure. */
export type Spoil = (stage: Stage) => Spoiler

export interface MutantDefinition {
  /** `area/what`: the area whose checks must notice the mistake, and the mistake in kebab-case. */
  id: string
  /** The mistake in one sentence. */
  mistake: string
  /** The gravest of the checks that notice it. Default `must`. */
  severity?: Severity
  /** Operations whose calls it meddles with, `all` for whatever comes; only checks that make such calls are run. Default: none. */
  touches?: readonly OperationId[] | 'all'
  spoil?: Spoil
  /** Settings under which the mock runs while it declares the defaults. Default: none. */
  settings?: Partial<Settings>
  /** The areas whose checks are run, and count. Default: the one of the id. */
  areas?: readonly string[]
  /** Ids of the checks that are run, and count. Default: all of the areas. */
  only?: readonly string[]
  /** Areas whose checks are run as well, and do not count. Default: none. */
  beside?: readonly string[]
  /** The mistake itself is to answer a status of 500 or more. Default: false. */
  answers5xx?: boolean
  /** Checks run one after another: what one does would show in the others, in no certain order. Default: false. */
  oneByOne?: boolean
}

export interface Mutant {
  readonly id: string
  readonly area: string
  readonly mistake: string
  readonly severity: Severity
  /** The family that it was generated in; undefined for one that was written by hand. */
  readonly family: string | undefined
  readonly touches: ReadonlySet<OperationId> | 'all'
  readonly spoil: Spoil | undefined
  readonly settings: Partial<Settings>
  readonly areas: readonly string[]
  readonly only: readonly string[] | undefined
  readonly beside: readonly string[]
  readonly answers5xx: boolean
  readonly oneByOne: boolean
}

/** Declares a mutant that was written by hand. */
export function defineMutant(id: string, mistake: string, rest: Omit<MutantDefinition, 'id' | 'mistake'>): Mutant {
  return complete({ id, mistake, ...rest }, undefined)
}

/** Adds a mutant by `id [place]: mistake` and how it makes the mistake. */
export type AddMutant = (name: string, spoil: () => Spoil) => void

const NAME = /^(\S+) \[(.*?)\]: (.*)$/

/**
 * Declares mutants that were written by hand. The place of each names the operations that it touches, or `all`; `should` for
 * one in what clients get by without; settings with their values; and `one-by-one` or `5xx`.
 */
export function mutantsOf(collect: (it: AddMutant) => void): readonly Mutant[] {
  const mutants: Mutant[] = []
  collect((name, spoil) => {
    const [, id = '', place = '', mistake = ''] = NAME.exec(name) ?? []
    mutants.push(defineMutant(id, mistake, { ...readPlace(place), spoil: spoil() }))
  })
  return mutants
}

function readPlace(place: string): Partial<MutantDefinition> {
  const words = new Set(place.split(' '))
  const [isAll, isShould] = [words.delete('all'), words.delete('should')]
  const [oneByOne, answers5xx] = [words.delete('one-by-one'), words.delete('5xx')]
  const settings: Partial<Settings> = {}
  for (const word of words) {
    const name = settingNames.find((each) => word.startsWith(`${each}=`))
    if (name === undefined) continue
    settings[name] = Number(word.slice(name.length + 1))
    words.delete(word)
  }
  const touches = isAll ? 'all' : operationsIn([...words].join(' '))
  return { oneByOne, answers5xx, severity: isShould ? 'should' : 'must', touches, settings }
}

/** Declares the mutants of a family, which were generated from the spec's tables. */
export function defineFamily(family: string, definitions: readonly MutantDefinition[]): readonly Mutant[] {
  return definitions.map((definition) => complete(definition, family))
}

function complete(definition: MutantDefinition, family: string | undefined): Mutant {
  const { id, mistake, severity = 'must', touches = [], spoil, settings = {}, only } = definition
  const [area = ''] = id.split('/')
  return {
    ...{ id, area, mistake, severity, family, spoil, settings, only },
    areas: definition.areas ?? [area],
    beside: definition.beside ?? [],
    touches: touches === 'all' ? touches : new Set(touches),
    answers5xx: definition.answers5xx ?? false,
    oneByOne: definition.oneByOne ?? false,
  }
}
