// Mistakes about the checklist and its merge.
import { defineMutant, type Mutant, type Spoil } from '../mutant.js'
import { isObject, isSuccess, itemsOf, membersOf, refusal, type Members } from '../reply.js'
import { editResource, refuseWhen } from '../spoils.js'

/**
 * Keeps checklists of its own, merged in a wrong way, and shows them in place of the mock's. The mock still judges the
 * patches.
 */
function mergesWith(merge: (before: Members, patch: Members) => Members): Spoil {
  return (stage) => {
    const kept = new Map<string, Members>()
    const show = editResource((runner) => {
      const checklist = kept.get(String(runner['id']))
      return checklist === undefined ? runner : { ...runner, checklist }
    })(stage)
    return async (call) => {
      if (call.operation !== 'patchChecklist') return show(call)
      const reply = await call.proceed()
      const id = call.path['runnerId'] ?? ''
      if (isSuccess(reply)) kept.set(id, merge(kept.get(id) ?? {}, call.members))
      return reply
    }
  }
}

interface MergeRules {
  /** Under so many keys new values replace old ones. */
  deepest: number
  arrays: (before: unknown[], patch: unknown[]) => unknown[]
  isNullKept: boolean
  isEmptyKept: boolean
}

const RIGHT: MergeRules = { deepest: 11, arrays: (_, patch) => patch, isNullKept: true, isEmptyKept: true }

/** The merge as it is meant to be, but for what is told. */
function mergeBy(changes: Partial<MergeRules>): (before: Members, patch: Members) => Members {
  const rules = { ...RIGHT, ...changes }
  const merge = (before: Members, patch: Members, depth: number): Members => {
    const merged = { ...before }
    for (const [name, value] of Object.entries(patch)) {
      const old = before[name]
      if (value === null && !rules.isNullKept) Reflect.deleteProperty(merged, name)
      else if (
        isObject(value) &&
        isObject(old) &&
        depth < rules.deepest &&
        (rules.isEmptyKept || Object.keys(value).length > 0)
      )
        merged[name] = merge(old, value, depth + 1)
      else if (Array.isArray(value) && Array.isArray(old)) merged[name] = rules.arrays(itemsOf(old), itemsOf(value))
      else merged[name] = value
    }
    return merged
  }
  return (before, patch) => merge(before, patch, 1)
}

const touches = ['patchChecklist', 'getRunner', 'listRunners'] as const

function mergeMutant(what: string, mistake: string, merge: (before: Members, patch: Members) => Members): Mutant {
  return defineMutant(`checklist/${what}`, mistake, { touches, spoil: mergesWith(merge) })
}

/** Items of two lists joined where both are objects. */
function joined(before: unknown[], patch: unknown[]): unknown[] {
  return patch.map((item, at) =>
    isObject(item) && isObject(before[at]) ? { ...membersOf(before[at]), ...item } : item,
  )
}

export const checklistMutants: readonly Mutant[] = [
  mergeMutant('replaced', 'A patch replaces the whole checklist.', (_, patch) => patch),
  mergeMutant(
    'merged-at-top-only',
    'Only the top level is merged; objects in it are replaced.',
    mergeBy({ deepest: 0 }),
  ),
  mergeMutant('merged-two-levels', 'Objects merge on two levels and are replaced below.', mergeBy({ deepest: 2 })),
  mergeMutant('merged-five-levels', 'Objects merge on five levels and are replaced below.', mergeBy({ deepest: 5 })),
  mergeMutant('merged-nine-levels', 'Objects merge under nine keys and not under ten.', mergeBy({ deepest: 10 })),
  mergeMutant('merged-eleven-levels', 'Objects merge under eleven keys, too.', mergeBy({ deepest: 12 })),
  mergeMutant('merged-to-any-depth', 'Objects merge however deep they are.', mergeBy({ deepest: Infinity })),
  mergeMutant(
    'arrays-appended',
    'Arrays are appended to one another.',
    mergeBy({ arrays: (before, patch) => [...before, ...patch] }),
  ),
  mergeMutant('arrays-merged', 'Arrays merge item by item.', mergeBy({ arrays: joined })),
  mergeMutant('null-removes', 'Null removes a key, as in a JSON merge patch.', mergeBy({ isNullKept: false })),
  mergeMutant(
    'empty-object-replaces',
    'An empty object replaces the object that is there.',
    mergeBy({ isEmptyKept: false }),
  ),
  mergeMutant('first-value-stays', 'A value that is there is not replaced by a patch.', (before, patch) => ({
    ...patch,
    ...before,
  })),
  mergeMutant('objects-only-over-objects', 'An object does not replace a scalar or an array.', (before, patch) => {
    const fits = Object.entries(patch).filter(
      ([name, value]) => !isObject(value) || !(name in before) || isObject(before[name]) || before[name] === null,
    )
    return mergeBy({})(before, Object.fromEntries(fits))
  }),
  mergeMutant('scalars-only-over-scalars', 'A scalar or an array does not replace an object.', (before, patch) => {
    const fits = Object.entries(patch).filter(
      ([name, value]) => isObject(value) || value === null || !isObject(before[name]),
    )
    return mergeBy({})(before, Object.fromEntries(fits))
  }),
  mergeMutant('null-stays', 'What is null stays null.', (before, patch) => {
    const merged = mergeBy({})(before, patch)
    const nulls = Object.entries(before).filter(([, value]) => value === null)
    return { ...merged, ...Object.fromEntries(nulls) }
  }),
  mergeMutant('falsy-dropped', 'Values of 0, false and null are not stored.', (before, patch) =>
    mergeBy({})(before, Object.fromEntries(Object.entries(patch).filter(([, value]) => Boolean(value)))),
  ),
  defineMutant('checklist/owner-before-body', 'An unknown runner (404) is noticed before a bad checklist (400).', {
    touches: ['patchChecklist'],
    spoil: refuseWhen(404, (call, stage) => stage.runnerOf(call) === undefined && !isObject(call.body)),
  }),
  defineMutant('checklist/empty-until-set', 'A runner without a checklist shows an empty one.', {
    touches: ['getRunner'],
    spoil: editResource((runner) => ({ checklist: {}, ...runner })),
  }),
  defineMutant('checklist/empty-patch-refused', 'An empty patch is refused (400).', {
    touches: ['patchChecklist'],
    spoil: () => (call) => (call.text.trim() === '{}' ? refusal(400) : call.proceed()),
  }),
]
