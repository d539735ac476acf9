// All that an answer of the mock may have otherwise than the recorded server: nothing else is excused.

/** Lists without an order, by the name of their field. */
export const SETS: readonly string[] = [
  'tags',
  'envs',
  'variables',
  'names',
  'scores',
  'feedback_scores',
  'permissions',
]

/** Lists of what these names tell apart, in any order: lines of a figure, one for each percentile. */
export const UNORDERED_NAMES = /\.p(50|90|99)$/

/** Operations whose answers are constants of an installation: only the status counts. */
export const CONSTANTS: readonly string[] = [
  ...['version', 'getServiceToggles', 'getLlmModels', 'getWorkspaceVersion', 'findFeedbackDefinitions'],
]

/** Fields of answers that came with version 2.1. */
export const LATER: readonly string[] = [
  'environment',
  'environments',
  'source_queue_id',
  'version_number',
  'version_type',
]

/** Entries of lists of names that came with version 2.1. */
export const LATER_NAMES: Readonly<Record<string, readonly string[]>> = { sortable_by: ['environment'] }

/** Ids of the server's own, of which only the form is compared. */
export const OWN_IDS: readonly string[] = ['thread_model_id']

/** The status by which the mock may refuse what the server fails on. */
export function mayStandFor(recorded: number, actual: number): boolean {
  return recorded === actual || (recorded >= 500 && recorded !== 501 && actual >= 400 && actual < 500)
}

/** Texts for people: messages of errors, and how many there are. */
export const TEXT = '<text>'

/** How far sums of fractions may lie apart, as a part of the sum. */
export const ROUNDING = 1e-9

/** A field by which a list may be sorted although its values are made at random, by operation. */
export const RANDOM_FIELDS: Readonly<Record<string, string>> = { getPromptVersions: 'commit' }
