/** A refused command counts against the rates that it has passed: both of them, or the rate of all. */
import { isWrite } from '../../lifecycle/facts.js'
import { textAt } from '../../kernel/json-value.js'
import type { Deviations } from '../engine/deviations.js'

export const refusedPayloadCounts: Deviations = {
  afterRefusal({ operation, world, caller, path, body }, { rule }) {
    if (operation !== 'createBridgeCommand') return
    const { commands } = world
    const runner = world.runners.find(caller, path['runnerId'] ?? '')
    if (runner === undefined) return
    if (rule.answer === 400) commands.count(runner, isWrite(textAt(body, 'type')) ? 'Exec' : 'ReadFile')
    if (rule.answer !== 429 || !commands.hasRoomOn(runner)) return
    if (commands.isWithinRate(runner, 'ReadFile')) commands.count(runner, 'ReadFile')
  },
}
