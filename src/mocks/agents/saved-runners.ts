/** Simulated runners as data: what a snapshot keeps of them, so that they go on from there; kit.yaml says its form. Types alone. */
import type { SavedCommands, SavedJobs, SavedSimulation } from '../../generated/kit-schema.js'

export type { SavedAgent, SavedCommands, SavedCrew, SavedJobs, SavedSimulation } from '../../generated/kit-schema.js'

/** As it is while its runner lives: it changes, and so do its lists. */
type Living<Saved> = {
  -readonly [Name in keyof Saved]: Saved[Name] extends readonly (infer Item)[] | undefined
    ? Living<Item>[] | Extract<Saved[Name], undefined>
    : Saved[Name]
}

export type SavedCaller = SavedSimulation['as']
export type SavedPairing = SavedSimulation['runner']
export type SavedWork = SavedSimulation['work']
export type PollTimes = Living<SavedSimulation['rhythm']>
type SavedJob = SavedJobs['jobs'][number]
export type SavedExecution = Living<SavedJob & { readonly spans: NonNullable<SavedJob['spans']> }>
export type SavedCommandRun = Living<SavedCommands['commands'][number]>
export type CommandOutcome = NonNullable<SavedCommandRun['outcome']>
