/** A refused command counts against the rates that it has passed: both of them, or the rate of all. */
import type { Deviations } from '../engine/deviations.js'

export const refusedPayloadCounts: Deviations = {
  afterRefusal({ operation, world, caller, path, body }, { rule }) {
    if (operation !== 'createBridgeCommand') return
    const { commands } = world
    const runner = world.runners.find(caller, path['runnerId'] ?? '')
    if (runner === undefined) return
    const isWriting = WRITE_TYPES.includes(String(Reflect.get(Object(body), 'type')))
    if (rule.answer === 400) commands.count(runner, isWriting ? 'Exec' : 'ReadFile')
    if (rule.answer !== 429 || commands.roomOn(runner) === 'full') return
    if (commands.rateOf(runner, 'ReadFile') === 'within') commands.count(runner, 'ReadFile')
  },
}

const WRITE_TYPES: readonly string[] = ['WriteFile', 'EditFile', 'Exec']
