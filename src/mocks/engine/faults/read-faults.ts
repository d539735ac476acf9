// Reads faults from a document: judges every field, and names the place of a wrong one and the expected value. A
// document with any flaw gives no fault at all.
import { hasForm, problemsOf } from '../../../kernel/validate-options.js'
import { FaultDocument } from '../../../generated/kit-page.js'
import { runnerOperations, type OperationId } from '../../../kernel/operation.js'
import type { Problem } from '../../../kernel/problem.js'
import { presets as listed } from '../../../generated/kit-presets.js'
import type { Fault, FaultEntry, PresetName } from '../../../generated/kit-schema.js'
import { objectOf } from '../../../kernel/json-value.js'

/** The presets: troubles that clients of this API really meet, as kit.yaml lists them. */
export const presets: Readonly<Record<PresetName, readonly Fault[]>> = listed

export const presetNames: readonly PresetName[] = Object.keys(presets).filter(isPresetName)

export function isPresetName(name: unknown): name is PresetName {
  return typeof name === 'string' && Object.hasOwn(presets, name)
}

/** What is wrong with a document of faults. */
export type FaultProblem = Problem

export interface PlannedFault {
  readonly fault: Fault
  readonly preset?: PresetName
  /** Index in the document's list; undefined when the document is a single entry. */
  readonly place: number | undefined
}

export function readFaults(document: unknown): { faults: PlannedFault[] } | { problems: FaultProblem[] } {
  if (!hasForm(FaultDocument, document)) return { problems: problemsOf(FaultDocument, document) }
  const problems: FaultProblem[] = []
  const faults = isList(document)
    ? document.flatMap((entry, place) => readEntry(entry, place, problems))
    : readEntry(document, undefined, problems)
  problems.push(...repeatedIds(faults))
  return problems.length === 0 ? { faults } : { problems }
}

function isList(document: FaultEntry | readonly FaultEntry[]): document is readonly FaultEntry[] {
  return Array.isArray(document)
}

export function isFaultDocument(document: unknown): document is FaultEntry | readonly FaultEntry[] {
  return 'faults' in readFaults(document)
}

/** @param taken ids of faults that are under way */
export function repeatedIds(planned: readonly PlannedFault[], taken: Iterable<string> = []): FaultProblem[] {
  const known = new Set(taken)
  return planned.flatMap(({ fault: { id }, place }): FaultProblem[] => {
    if (id === undefined) return []
    const path = place === undefined ? ['id'] : [place, 'id']
    if (known.has(id)) return [{ path, value: id, expected: 'an id that no other fault has' }]
    known.add(id)
    return []
  })
}

/** Presets stand for their faults; what no field of a fault shows by itself is judged once its form is right. */
function readEntry(entry: FaultEntry, place: number | undefined, problems: Problem[]): PlannedFault[] {
  if ('preset' in entry) return presets[entry.preset].map((fault) => ({ fault, preset: entry.preset, place }))
  const found = contradictionIn({ ...entry })
  if (found !== undefined) problems.push({ ...found, path: [...(place === undefined ? [] : [place]), ...found.path] })
  return [{ fault: entry, place }]
}

/** Effects that decide the answer, so that a fault can have only one of them. */
const OUTCOMES = ['status', 'hang', 'drop', 'body', 'hold', 'duplicate', 'evict'] as const

/** What no field by itself shows. */
function contradictionIn(entry: Readonly<Record<string, unknown>>): FaultProblem | undefined {
  const problem = (name: string, expected: string): FaultProblem => ({ path: [name], value: entry[name], expected })
  const isSet = (name: string): boolean => entry[name] !== undefined && entry[name] !== false
  const outcomes = OUTCOMES.filter(isSet)
  const [first, second] = outcomes
  if (first === undefined && !isSet('delay')) {
    return { path: [], value: entry, expected: `an effect: delay or one of ${OUTCOMES.join(', ')}` }
  }
  if (second !== undefined)
    return problem(second, `one of ${outcomes.join(', ')} at a time; inject two faults for both`)
  if (isSet('once') && isSet('times')) return problem('times', "either 'once' or 'times'")
  const stray = ['shape', 'message', 'retry_after'].find((name) => isSet(name) && !isSet('status'))
  if (stray !== undefined) return problem(stray, "a 'status' that it belongs to")
  for (const name of ['delay', 'hold']) {
    const { from, to } = objectOf(entry[name])
    if (Number(from) > Number(to)) return { path: [name, 'from'], value: from, expected: "at most the value of 'to'" }
  }
  // Effects that only some operations can suffer must be aimed at those.
  const possible = first === undefined ? undefined : POSSIBLE[first]
  const aims = [entry['operation'] ?? []].flat()
  if (possible === undefined || aims.every((name) => possible.some((each) => each === name))) return undefined
  return problem('operation', `one of ${possible.join(', ')} for '${first}'`)
}

const ABOUT_RUNNERS = Object.values(runnerOperations).flatMap(({ id, path }) =>
  path.includes('{runnerId}') || path.includes('{jobId}') ? [id] : [],
)

/** The operations that an effect can meet, where these are not all. */
const POSSIBLE: Readonly<Partial<Record<(typeof OUTCOMES)[number], readonly OperationId[]>>> = {
  duplicate: ['nextJob', 'nextBridgeCommands'],
  evict: ABOUT_RUNNERS,
  hold: ABOUT_RUNNERS,
}
