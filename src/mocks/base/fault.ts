/** What a fault is: whom it meets, how long it lasts and what it does. The same form in code, in files and over the admin API. */
import type { FaultEvent } from '../../generated/kit-schema.js'
import type { OperationId } from '../../kernel/operation.js'

export type {
  Fault,
  FaultDelay,
  FaultEntry,
  FaultMethod,
  InjectedFault,
  PresetName,
} from '../../generated/kit-schema.js'

/** What a fault did to a request. */
export type FaultEffect = FaultEvent['effect']

/** Operations that hand something out, which a fault can hand out twice. */
export const HAND_OUTS: readonly OperationId[] = ['nextJob', 'nextBridgeCommands']

/** Effects that decide the answer, so that a fault can have only one of them. */
export const OUTCOMES = ['status', 'hang', 'drop', 'body', 'hold', 'duplicate', 'evict'] as const
