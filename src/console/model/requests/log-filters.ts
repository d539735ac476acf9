/** Which runners, jobs and commands the lists show: the choices people make, and what passes them. */
import { computed, signal } from '@preact/signals'
import { route } from '../route.js'
import { commands, jobs, projects, revision, runners, workOf } from '../world-state.js'
import type { Command, Job, Runner } from '../world-state.js'

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
  void revision.value
  return projects.has(projectOfLists.value) ? projectOfLists.value : ALL
})

/** The runners that pass, the living ones first, then by the time of their activation. */
export const shownRunners = computed<readonly Runner[]>(() => {
  void revision.value
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
  void revision.value
  return runners.get(route.value.runner ?? '')
})

export const shownJobs = computed<readonly Job[]>(() => {
  void revision.value
  return [...(openRunner.value?.jobs ?? jobs).values()].filter(passes).reverse()
})

export const shownCommands = computed<readonly Command[]>(() => {
  void revision.value
  return [...(openRunner.value?.commands ?? commands).values()].filter(passes).reverse()
})

/** Of an open runner everything is of its project. */
function passes(item: Job | Command): boolean {
  return (
    isChosen(itemStatus.value, item.status) &&
    (openRunner.value !== undefined || isChosen(chosenProject.value, runners.get(item.runner_id)?.project_id ?? '')) &&
    fits(`${workOf(item).name} ${item.id}`, itemSearch.value)
  )
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
