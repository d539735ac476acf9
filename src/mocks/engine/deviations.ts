// The points at which a server may do otherwise than the rules say: those of requests here, those of the world in
// `world-parts.ts`. The engine asks at each of them and knows neither who deviates nor why; a point that is absent
// means the rules. Every mock has one set, which may change while it runs.
import type { Decision } from '../../lifecycle/table.js'
import type { MatchOperation, OperationId } from '../../kernel/operation.js'
import type { SchemaErrorObject } from '../../kernel/schema.js'
import type { WorldDeviations } from '../world/world-parts.js'
import type { ApiResponse, EngineAnswer } from '../base/exchange.js'
import type { EngineCall } from './plan.js'

/** A request whose body has been read as JSON and not been judged. */
export interface UnjudgedRequest {
  readonly operation: OperationId
  readonly path: EngineCall['path']
  readonly query: EngineCall['query']
  readonly body: unknown
  /** What the operation answers to another body, which is not judged either. */
  readonly answerTo: (body: unknown) => EngineAnswer
}

/** A body that breaks its schema, and in what. */
export interface BrokenBody {
  readonly operation: OperationId
  /** May be changed in place. */
  readonly body: unknown
  readonly flaws: readonly SchemaErrorObject[]
}

export interface BodyDeviations {
  readText?: (text: string) => string
  /** Repairs a body that breaks its schema, which is then judged again; whether anything was changed. */
  mend?: (broken: BrokenBody) => boolean
  /** The status for a body that is not the gzip it says it is. */
  brokenGzip?: 400 | 500
  /** A body whose encoding is unknown is read as it came. */
  ignoresUnknownEncoding?: boolean
}

export interface Deviations extends WorldDeviations, BodyDeviations {
  /** Answers instead of the operation; undefined leaves it to the rules. May change the body itself. */
  answer?: (request: UnjudgedRequest) => EngineAnswer | undefined
  /** Answers a method that a known path has not; undefined leaves it to the rules. */
  wrongMethod?: (method: string, template: string) => ApiResponse | undefined
  /** The text of a query parameter as it is to be read; undefined for one that is not known. */
  readParameter?: (operation: OperationId, name: string, text: string | undefined) => string | undefined
  /** Finds the operation for a method and a path, where the spec has it. */
  match?: MatchOperation
  /** The body of a success as it goes out. */
  show?: (operation: OperationId, body: unknown) => unknown
  /** The media type of a refusal, which is JSON all the same: for a broken body, or for a reason of `x-refusals`. */
  mediaOf?: (operation: OperationId, reason: string | undefined, details: object) => string | undefined
  /** The status of a refusal for a reason of `x-refusals`; undefined for that of the spec. */
  statusOf?: (operation: OperationId, reason: string) => number | undefined
  /** Whether a refusal by a rule of the lifecycle comes as a list. */
  isListed?: (operation: OperationId, refusal: Decision) => boolean
  /** Acts on what a rule has refused; the refusal is answered whatever this does. */
  afterRefusal?: (call: EngineCall, refusal: Decision) => void
}
