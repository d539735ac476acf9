// Checks of the checklist: a deep merge, described case by case.
import { constants } from '../../../lifecycle/table.js'
import { checksOn } from './checks-on.js'
import { sendAs } from '../../check/valid-request.js'
import type { Context } from '../../check/context.js'
import { expectAnyStatus, expectEqual } from '../../target/expectation.js'

type Json = Record<string, unknown>

/** `value` under as many keys `k`. */
function nest(depth: number, value: Json): Json {
  return depth === 0 ? value : { k: nest(depth - 1, value) }
}

const { checklist_merge_keys: deepest } = constants

/** Patches one after another are the checklist in the end. */
async function expectMerged(context: Context, patches: readonly Json[], merged: Json): Promise<void> {
  const runner = await context.pair()
  for (const patch of patches) await runner.patchChecklist(patch)
  expectEqual('the checklist', (await runner.read()).checklist, merged)
}

export const checklistChecks = checksOn('patchChecklist runner connected', (it, at) => {
  it('checklist/first-patch: The first patch is the checklist, as it was sent.', (context) =>
    expectMerged(
      context,
      [{ install: { done: true, tool: 'npm' }, files: ['a', 'b'], note: null, count: 0, ready: false }],
      { install: { done: true, tool: 'npm' }, files: ['a', 'b'], note: null, count: 0, ready: false },
    ))
  it('checklist/adds-keys: A patch adds keys and leaves the others.', (context) =>
    expectMerged(context, [{ a: 1 }, { b: 2 }], { a: 1, b: 2 }))
  it('checklist/replaces-values: A value of the patch replaces the one before.', (context) =>
    expectMerged(context, [{ a: 1, b: 1 }, { b: 2 }], { a: 1, b: 2 }))
  it('checklist/merges-objects: Objects merge key by key.', (context) =>
    expectMerged(context, [{ install: { done: false, tool: 'npm' } }, { install: { done: true } }], {
      install: { done: true, tool: 'npm' },
    }))
  it('checklist/merges-deeply: Objects merge at every level.', (context) =>
    expectMerged(context, [{ a: { b: { c: { d: 1, e: 1 } } } }, { a: { b: { c: { d: 2 }, x: 3 } } }], {
      a: { b: { c: { d: 2, e: 1 }, x: 3 } },
    }))
  it('checklist/replaces-arrays: An array replaces an array.', (context) =>
    expectMerged(context, [{ files: ['a', 'b', 'c'] }, { files: ['d'] }], { files: ['d'] }))
  it('checklist/objects-in-arrays: Objects inside arrays are replaced with their array.', (context) =>
    expectMerged(context, [{ steps: [{ id: 1, done: false }] }, { steps: [{ id: 1 }] }], { steps: [{ id: 1 }] }))
  it('checklist/scalar-over-object: A scalar replaces an object.', (context) =>
    expectMerged(context, [{ step: { done: true } }, { step: 'skipped' }], { step: 'skipped' }))
  it('checklist/object-over-scalar: An object replaces a scalar.', (context) =>
    expectMerged(context, [{ step: 'waiting' }, { step: { done: true } }], { step: { done: true } }))
  it('checklist/array-over-object: An array replaces an object.', (context) =>
    expectMerged(context, [{ step: { done: true } }, { step: ['x'] }], { step: ['x'] }))
  it('checklist/object-over-array: An object replaces an array.', (context) =>
    expectMerged(context, [{ step: ['x'] }, { step: { done: true } }], { step: { done: true } }))
  it('checklist/null-replaces: Null replaces a value and comes back as null.', (context) =>
    expectMerged(context, [{ step: { done: true }, note: 'x' }, { step: null }], { step: null, note: 'x' }))
  it('checklist/object-over-null: An object replaces null.', (context) =>
    expectMerged(context, [{ step: null }, { step: { done: true } }], { step: { done: true } }))
  it('checklist/empty-object: An empty object in a patch leaves the object that is there.', (context) =>
    expectMerged(context, [{ step: { done: true } }, { step: {} }], { step: { done: true } }))
  it('checklist/empty-patch: An empty patch changes nothing.', (context) =>
    expectMerged(context, [{ step: { done: true } }, {}], { step: { done: true } }))
  it(`checklist/merges-under-ten-keys: Objects under ${deepest} keys still merge.`, (context) =>
    expectMerged(
      context,
      [nest(deepest, { old: 1, kept: 1 }), nest(deepest, { old: 2 })],
      nest(deepest, { old: 2, kept: 1 }),
    ))
  it(`checklist/replaces-under-eleven-keys: Under ${deepest + 1} keys the new value replaces the old.`, (context) =>
    expectMerged(
      context,
      [nest(deepest + 1, { old: 1, lost: 1 }), nest(deepest + 1, { old: 2 })],
      nest(deepest + 1, { old: 2 }),
    ))
  it('checklist/three-patches: Patches add up in the order in which they came.', (context) =>
    expectMerged(context, [{ a: { x: 1 } }, { a: { y: 1 } }, { a: { x: 2 }, b: 1 }], { a: { x: 2, y: 1 }, b: 1 }))

  at('patchChecklist')
  it`checklist/absent-until-set [getRunner]: A runner shows no checklist until it is patched, and then also in the list.
    pair-connect, getRunner, patchChecklist ${{ step: { done: true } }}, listRunners`
  it`checklist/outlives-heartbeats: Heartbeats and registrations leave the checklist alone.
    pair, patchChecklist, heartbeat declares=jobs, registerAgents, getRunner`
  it`checklist/per-runner: A checklist belongs to its runner.
    pair, 2: pair-connect, patchChecklist, 2: getRunner`
  at('patchChecklist runner none')
  it('checklist/body-before-owner: A checklist that is no object is 400, also for an unknown runner.', async (context) => {
    const path = { runnerId: context.random.uuid() }
    for (const body of [[], 'done', 7]) expectAnyStatus(await sendAs(context, 'patchChecklist', { path, body }), [400])
  })
})
