/** What narrows a list: a search, and choices of which some hold for every list. */
import { computed, signal, type Signal } from '@preact/signals'
import type { Options } from './form.js'
import { plain } from './labels.js'
import { route } from './route.js'
import { projects, runners, titleOf } from './world-state.js'

/** Stands in a filter for no restriction, and in a route for all runners. */
export const ALL = 'all'

export interface ListChoice<Item> {
  readonly label: string
  readonly chosen: Signal<string>
  readonly options: () => readonly (readonly [key: string, words: string])[]
  /** What an item has of it. */
  readonly of: (item: Item) => string | readonly string[]
}

export interface Filter<Item> {
  readonly label: string
  readonly search: Signal<string>
  /** What the search looks into. */
  readonly text: (item: Item) => string
  readonly choices: readonly ListChoice<Item>[]
}

export function choiceOf<Item>(label: string, options: Options, of: ListChoice<Item>['of']) {
  const named = options.map((each) => (typeof each === 'string' ? ([each, plain(each)] as const) : each))
  return { label, chosen: signal(ALL), options: () => named, of }
}

const projectOfLists = signal(ALL)

/** Narrows every list to one project. */
export function projectChoice<Item>(of: (item: Item) => string | undefined): ListChoice<Item> {
  const options = () => [...projects.value.values()].map((project) => [project.id, titleOf(project)] as const)
  return { label: 'Project', chosen: projectOfLists, options, of: (item) => of(item) ?? '' }
}

/** The project that lists are narrowed to. */
export const chosenProject = computed(() => (projects.value.has(projectOfLists.value) ? projectOfLists.value : ALL))

/** The items that pass. A value that cannot be chosen any more narrows nothing. */
export function narrow<Item>(items: readonly Item[], { search, text, choices }: Filter<Item>): Item[] {
  const made = choices.filter(({ chosen, options }) => options().some(([key]) => key === chosen.value))
  return items.filter(
    (item) =>
      made.every(({ chosen, of }) => [of(item)].flat().includes(chosen.value)) && fits(text(item), search.value),
  )
}

/** Whether a text holds each of the words that were searched for, in any case. */
export function fits(text: string, search: string): boolean {
  const lower = text.toLowerCase()
  const words = search.trim().toLowerCase().split(/\s+/)
  return words.every((word) => lower.includes(word))
}

export const openRunner = computed(() => runners.value.get(route.value.runner ?? ''))
