// Mistakes about the agents that a runner registers, and about its checklist.
import { mutantsOf, type Mutant, type Spoil } from '../mutant.js'
import { isObject, isSuccess, itemsOf, membersOf, refusal, textIn, type Members } from '../reply.js'
import { editResource, refuseWhen, showsInstead } from '../spoils.js'

/** Demands all params of an agent of the inputs of its jobs. */
const demandsParams: Spoil = (stage) => {
  const known = new Map<string, Members>()
  return async (call) => {
    if (call.operation === 'registerAgents') known.set(call.path['runnerId'] ?? '', call.members)
    const agent = membersOf(known.get(stage.takerOf(call)?.id ?? '')?.[textIn(call.body, 'agent_name')])
    const inputs = membersOf(call.members['inputs'])
    const isMissing = itemsOf(agent['params']).some((param) => !(textIn(param, 'name') in inputs))
    return call.operation === 'createJob' && isMissing ? refusal(400) : call.proceed()
  }
}

export const agentMutants: readonly Mutant[] = mutantsOf((it) => {
  it('agents/optional-params-demanded [registerAgents createJob]: A job must bring the inputs that its agent declares as optional.', () =>
    demandsParams)
  it('agents/names-of-letters-only [registerAgents]: Names of agents may hold plain letters, digits and dashes only.', () =>
    refuseWhen(422, ({ members }) => Object.keys(members).some((name) => !/^[\w-]+$/.test(name))))
  it('agents/refused-for-connect [registerAgents]: A connect runner may not register agents (404).', () =>
    refuseWhen(404, (call, stage) => stage.runnerOf(call)?.session.type === 'connect'))
})

interface MergeRules {
  /** Under so many keys new values replace old ones. */
  deepest: number
  arrays: (before: unknown[], patch: unknown[]) => unknown[]
  isNullKept: boolean
  isEmptyKept: boolean
}

const RIGHT: MergeRules = { deepest: 11, arrays: (_, patch) => patch, isNullKept: true, isEmptyKept: true }

type Merge = (before: Members, patch: Members) => Members

/** The merge as it is meant to be, but for what is told. */
function mergeBy(changes: Partial<MergeRules>): Merge {
  const rules = { ...RIGHT, ...changes }
  const merge = (before: Members, patch: Members, depth: number): Members => {
    const merged = { ...before }
    for (const [name, value] of Object.entries(patch)) {
      const old = before[name]
      const isFull = rules.isEmptyKept || Object.keys(membersOf(value)).length > 0
      if (value === null && !rules.isNullKept) Reflect.deleteProperty(merged, name)
      else if (isObject(value) && isObject(old) && depth < rules.deepest && isFull)
        merged[name] = merge(old, value, depth + 1)
      else if (Array.isArray(value) && Array.isArray(old)) merged[name] = rules.arrays(itemsOf(old), itemsOf(value))
      else merged[name] = value
    }
    return merged
  }
  return (before, patch) => merge(before, patch, 1)
}

/** The right merge of those members of a patch that it does not lose. */
const mergesOnly =
  (isMerged: (value: unknown, old: unknown) => boolean): Merge =>
  (before, patch) => {
    const fits = Object.entries(patch).filter(([name, value]) => isMerged(value, before[name]))
    return mergeBy({})(before, Object.fromEntries(fits))
  }

/** Items of two lists joined where both are objects. */
const joined: MergeRules['arrays'] = (before, patch) =>
  patch.map((item, at) => (isObject(item) && isObject(before[at]) ? { ...membersOf(before[at]), ...item } : item))

const merges: readonly [what: string, mistake: string, merge: Merge][] = [
  ['merged-nine-levels', 'Objects merge under nine keys and not under ten.', mergeBy({ deepest: 10 })],
  ['merged-eleven-levels', 'Objects merge under eleven keys, too.', mergeBy({ deepest: 12 })],
  ['arrays-appended', 'Arrays are appended to one another.', mergeBy({ arrays: (old, patch) => [...old, ...patch] })],
  ['arrays-merged', 'Arrays merge item by item.', mergeBy({ arrays: joined })],
  ['null-removes', 'Null removes a key, as in a JSON merge patch.', mergeBy({ isNullKept: false })],
  ['empty-object-replaces', 'An empty object replaces the object that is there.', mergeBy({ isEmptyKept: false })],
  [
    'objects-only-over-objects',
    'An object does not replace a scalar or an array.',
    mergesOnly((value, old) => !isObject(value) || old === undefined || isObject(old) || old === null),
  ],
  [
    'scalars-only-over-scalars',
    'A scalar or an array does not replace an object.',
    mergesOnly((value, old) => isObject(value) || value === null || !isObject(old)),
  ],
  ['null-stays', 'What is null stays null.', mergesOnly((_, old) => old !== null)],
]

export const checklistMutants: readonly Mutant[] = mutantsOf((it) => {
  for (const [what, mistake, merge] of merges)
    it(`checklist/${what} [patchChecklist getRunner listRunners]: ${mistake}`, () =>
      showsInstead(async (call, keep, _, kept) => {
        const reply = await call.proceed()
        if (isSuccess(reply)) keep({ checklist: merge(membersOf(kept['checklist']), call.members) })
        return reply
      }))
  it('checklist/owner-before-body [patchChecklist]: An unknown runner (404) is noticed before a bad checklist (400).', () =>
    refuseWhen(404, (call, stage) => stage.runnerOf(call) === undefined && !isObject(call.body)))
  it('checklist/empty-until-set [getRunner]: A runner without a checklist shows an empty one.', () =>
    editResource((runner) => ({ checklist: {}, ...runner })))
  it('checklist/empty-patch-refused [patchChecklist]: An empty patch is refused (400).', () =>
    refuseWhen(400, ({ text }) => text.trim() === '{}'))
})
