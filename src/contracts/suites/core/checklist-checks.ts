// Checks of the checklist: a deep merge, described case by case.
import { constants } from '../../../lifecycle/table.js'
import { checksOn } from '../../check/check.js'
import { expectAnyStatus, expectEqual } from '../../target/expectation.js'

type Json = Record<string, unknown>

/** Patches one after another, and what is there in the end. */
interface MergeCase {
  title: string
  patches: readonly Json[]
  merged: Json
}

/** `value` under as many keys `k`. */
function nest(depth: number, value: Json): Json {
  return depth === 0 ? value : { k: nest(depth - 1, value) }
}

const { checklist_merge_keys: deepest } = constants

const CASES: Readonly<Record<string, MergeCase>> = {
  'first-patch': {
    title: 'The first patch is the checklist, as it was sent',
    patches: [{ install: { done: true, tool: 'npm' }, files: ['a', 'b'], note: null, count: 0, ready: false }],
    merged: { install: { done: true, tool: 'npm' }, files: ['a', 'b'], note: null, count: 0, ready: false },
  },
  'adds-keys': {
    title: 'A patch adds keys and leaves the others',
    patches: [{ a: 1 }, { b: 2 }],
    merged: { a: 1, b: 2 },
  },
  'replaces-values': {
    title: 'A value of the patch replaces the one before',
    patches: [{ a: 1, b: 1 }, { b: 2 }],
    merged: { a: 1, b: 2 },
  },
  'merges-objects': {
    title: 'Objects merge key by key',
    patches: [{ install: { done: false, tool: 'npm' } }, { install: { done: true } }],
    merged: { install: { done: true, tool: 'npm' } },
  },
  'merges-deeply': {
    title: 'Objects merge at every level',
    patches: [{ a: { b: { c: { d: 1, e: 1 } } } }, { a: { b: { c: { d: 2 }, x: 3 } } }],
    merged: { a: { b: { c: { d: 2, e: 1 }, x: 3 } } },
  },
  'replaces-arrays': {
    title: 'An array replaces an array',
    patches: [{ files: ['a', 'b', 'c'] }, { files: ['d'] }],
    merged: { files: ['d'] },
  },
  'objects-in-arrays': {
    title: 'Objects inside arrays are replaced with their array',
    patches: [{ steps: [{ id: 1, done: false }] }, { steps: [{ id: 1 }] }],
    merged: { steps: [{ id: 1 }] },
  },
  'scalar-over-object': {
    title: 'A scalar replaces an object',
    patches: [{ step: { done: true } }, { step: 'skipped' }],
    merged: { step: 'skipped' },
  },
  'object-over-scalar': {
    title: 'An object replaces a scalar',
    patches: [{ step: 'waiting' }, { step: { done: true } }],
    merged: { step: { done: true } },
  },
  'array-over-object': {
    title: 'An array replaces an object',
    patches: [{ step: { done: true } }, { step: ['x'] }],
    merged: { step: ['x'] },
  },
  'object-over-array': {
    title: 'An object replaces an array',
    patches: [{ step: ['x'] }, { step: { done: true } }],
    merged: { step: { done: true } },
  },
  'null-replaces': {
    title: 'Null replaces a value and comes back as null',
    patches: [{ step: { done: true }, note: 'x' }, { step: null }],
    merged: { step: null, note: 'x' },
  },
  'object-over-null': {
    title: 'An object replaces null',
    patches: [{ step: null }, { step: { done: true } }],
    merged: { step: { done: true } },
  },
  'empty-object': {
    title: 'An empty object in a patch leaves the object that is there',
    patches: [{ step: { done: true } }, { step: {} }],
    merged: { step: { done: true } },
  },
  'empty-patch': {
    title: 'An empty patch changes nothing',
    patches: [{ step: { done: true } }, {}],
    merged: { step: { done: true } },
  },
  'merges-under-ten-keys': {
    title: `Objects under ${deepest} keys still merge`,
    patches: [nest(deepest, { old: 1, kept: 1 }), nest(deepest, { old: 2 })],
    merged: nest(deepest, { old: 2, kept: 1 }),
  },
  'replaces-under-eleven-keys': {
    title: `Under ${deepest + 1} keys the new value replaces the old`,
    patches: [nest(deepest + 1, { old: 1, lost: 1 }), nest(deepest + 1, { old: 2 })],
    merged: nest(deepest + 1, { old: 2 }),
  },
  'three-patches': {
    title: 'Patches add up in the order in which they came',
    patches: [{ a: { x: 1 } }, { a: { y: 1 } }, { a: { x: 2 }, b: 1 }],
    merged: { a: { x: 2, y: 1 }, b: 1 },
  },
}

export const checklistChecks = checksOn('patchChecklist runner connected', (it, at) => {
  for (const [name, { title, patches, merged }] of Object.entries(CASES)) {
    it(`checklist/${name}: ${title}.`, async (context) => {
      const runner = await context.pair()
      for (const body of patches) {
        await context.expectCall(204, 'patchChecklist', { path: { runnerId: runner.id }, body })
      }
      expectEqual('the checklist', (await runner.read()).checklist, merged)
    })
  }

  at('patchChecklist')
  it('checklist/absent-until-set [getRunner]: A runner shows no checklist until it is patched, and then also in the list.', async (context) => {
    const runner = await context.pair({ type: 'connect' })
    expectEqual('the checklist', (await runner.read()).checklist, undefined)
    const body = { step: { done: true } }
    await context.expectCall(204, 'patchChecklist', { path: { runnerId: runner.id }, body })
    const { content } = await context.expectCall(200, 'listRunners', { query: { project_id: runner.project.id } })
    expectEqual('the checklist in the list', content.find(({ id }) => id === runner.id)?.checklist, body)
  })
  it('checklist/outlives-heartbeats: Heartbeats and registrations leave the checklist alone.', async (context) => {
    const runner = await context.pair()
    const body = { step: 'done' }
    await context.expectCall(204, 'patchChecklist', { path: { runnerId: runner.id }, body })
    await runner.heartbeat(['jobs'])
    await runner.register(['echo'])
    expectEqual('the checklist', (await runner.read()).checklist, body)
  })
  it('checklist/per-runner: A checklist belongs to its runner.', async (context) => {
    const first = await context.pair()
    const second = await context.pair({ type: 'connect' })
    await context.expectCall(204, 'patchChecklist', { path: { runnerId: first.id }, body: { step: 'done' } })
    expectEqual('the checklist of the other runner', (await second.read()).checklist, undefined)
  })
  at('patchChecklist runner none')
  it('checklist/body-before-owner: A checklist that is no object is 400, also for an unknown runner.', async (context) => {
    const path = `/v1/private/local-runners/${context.random.uuid()}/checklist`
    const request = { method: 'PATCH', path, headers: { 'content-type': 'application/json' } }
    for (const body of ['[]', '"done"', '7']) expectAnyStatus(await context.raw({ ...request, body }), [400])
  })
})
