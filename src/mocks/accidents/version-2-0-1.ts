/** Where version 2.0.1 differs from today's server: runners are switched off unless set otherwise, two fields are unknown. */
import { runnerOperations } from '../../kernel/operation.js'
import { errorReply } from '../base/exchange.js'
import type { ProfileSettings } from '../base/settings.js'
import type { Deviations } from '../engine/deviations.js'
import { isObject, listOf, memberOf, objectOf } from '../../kernel/json-value.js'

/** @param settings as they are at any time */
export function runnersSwitchedOff(settings: ProfileSettings): Deviations {
  return {
    answer({ operation }) {
      if (settings.runners_enabled === true || !Object.hasOwn(runnerOperations, operation)) return undefined
      return errorReply(501, 'Runners are not enabled on this server.')
    },
  }
}

/** Fields that came later are unknown, and so ignored. */
export const olderBodies: Deviations = {
  answer({ operation, body }) {
    if (operation === 'createJob') drop(body, 'prompt_masks')
    if (operation === 'registerAgents') for (const param of paramsOf(body)) drop(param, 'presence')
    return undefined
  },
}

function paramsOf(agents: unknown): readonly unknown[] {
  return Object.values(objectOf(agents)).flatMap((agent) => listOf(memberOf(agent, 'params')))
}

function drop(value: unknown, field: string): void {
  if (isObject(value)) Reflect.deleteProperty(value, field)
}
