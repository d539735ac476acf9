/** Which runners, jobs and commands the lists show: the choices people make, and what passes them. */
import { computed, signal } from '@preact/signals'
import { route } from '../route.js'
import { commands, jobs, revision, runners, type Command, type Job, type Runner } from '../world-state.js'

/** Stands in a filter for no restriction, and in a route for all runners. */
export const ALL = 'all'

export const runnerSearch = signal('')
export const runnerStatus = signal(ALL)
export const runnerType = signal(ALL)
export const runnerProject = signal(ALL)
export const itemSearch = signal('')
export const itemStatus = signal(ALL)

/** The runners that pass, the living ones first, then by the time of their activation. */
export const shownRunners = computed<readonly Runner[]>(() => {
  void revision.value
  const words = wordsOf(runnerSearch.value)
  const passing = [...runners.values()].filter(
    (runner) =>
      isChosen(runnerStatus.value, runner.status) &&
      isChosen(runnerType.value, runner.type) &&
      isChosen(runnerProject.value, runner.project_id) &&
      (words.length === 0 || holdsAll(searchable(runner), words)),
  )
  return passing.reverse().sort((a, b) => Number(b.status === 'connected') - Number(a.status === 'connected'))
})

/** The runner that is open; undefined when all are. */
export const openRunner = computed<Runner | undefined>(() => {
  void revision.value
  return runners.get(route.value.runner ?? '')
})

/** The jobs that pass, the newest first, of the open runner or of all. */
export const shownJobs = computed<readonly Job[]>(() => {
  void revision.value
  const own = openRunner.value?.jobs ?? jobs
  const words = wordsOf(itemSearch.value)
  const passing = [...own.values()].reverse()
  if (words.length === 0 && itemStatus.value === ALL) return passing
  return passing.filter(
    (job) =>
      isChosen(itemStatus.value, job.status) && (words.length === 0 || holdsAll(`${job.agent_name} ${job.id}`, words)),
  )
})

/** The bridge commands that pass, the newest first, of the open runner or of all. */
export const shownCommands = computed<readonly Command[]>(() => {
  void revision.value
  const own = openRunner.value?.commands ?? commands
  const words = wordsOf(itemSearch.value)
  return [...own.values()]
    .filter(
      (command) =>
        isChosen(itemStatus.value, command.status) &&
        (words.length === 0 || holdsAll(`${command.type} ${command.id}`, words)),
    )
    .reverse()
})

function isChosen(choice: string, value: string): boolean {
  return choice === ALL || choice === value
}

function searchable({ name, id, agents, workspace, user }: Runner): string {
  return `${name} ${id} ${agents.join(' ')} ${workspace} ${user}`
}

function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
}

function holdsAll(text: string, words: readonly string[]): boolean {
  const lower = text.toLowerCase()
  return words.every((word) => lower.includes(word))
}
