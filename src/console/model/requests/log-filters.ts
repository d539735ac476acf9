/** Which runners, jobs and commands the lists show: the choices people make, and what passes them. */
import { computed, signal } from '@preact/signals'
import { route } from '../route.js'
import { heedWorld, projects, runners, work, type Runner, type WorkItem } from '../world-state.js'

/** Stands in a filter for no restriction, and in a route for all runners. */
export const ALL = 'all'

export const runnerSearch = signal('')
export const runnerStatus = signal(ALL)
export const runnerType = signal(ALL)
export const itemSearch = signal('')
export const itemStatus = signal(ALL)
export const projectOfLists = signal(ALL)

/** The project that lists are narrowed to; one that the world has no more narrows nothing. */
export const chosenProject = computed(() => {
  heedWorld()
  return projects.has(projectOfLists.value) ? projectOfLists.value : ALL
})

/** The runners that pass, the living ones first, then by the time of their activation. */
export const shownRunners = computed<readonly Runner[]>(() => {
  heedWorld()
  const passing = [...runners.values()].filter(
    (runner) =>
      isChosen(runnerStatus.value, runner.status) &&
      isChosen(runnerType.value, runner.type) &&
      isChosen(chosenProject.value, runner.project_id) &&
      fits([runner.name, runner.id, ...runner.agents, runner.workspace, runner.user].join(' '), runnerSearch.value),
  )
  return passing.reverse().sort((a, b) => Number(b.status === 'connected') - Number(a.status === 'connected'))
})

export const openRunner = computed<Runner | undefined>(() => {
  heedWorld()
  return runners.get(route.value.runner ?? '')
})

/** The jobs and commands that pass, of the open runner or of all, the newest first. */
export const shownWork = {
  job: computed(() => shownOf(work.job)),
  command: computed(() => shownOf(work.command)),
}

function shownOf(store: ReadonlyMap<string, WorkItem>): WorkItem[] {
  heedWorld()
  const isInPlace = ({ runner_id: id }: WorkItem): boolean =>
    openRunner.value === undefined
      ? isChosen(chosenProject.value, runners.get(id)?.project_id ?? '')
      : openRunner.value.id === id
  return [...store.values()]
    .filter((item) => isInPlace(item) && isChosen(itemStatus.value, item.status))
    .filter(({ name, id }) => fits(`${name} ${id}`, itemSearch.value))
    .reverse()
}

export function isChosen(choice: string, value: string): boolean {
  return choice === ALL || choice === value
}

/** Whether a text holds each of the words that were searched for, in any case. */
export function fits(text: string, search: string): boolean {
  const lower = text.toLowerCase()
  const words = search.trim().toLowerCase().split(/\s+/)
  return words.every((word) => lower.includes(word))
}
