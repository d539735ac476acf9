// The facts that the suite holds of single answers around runners, and the shapes of answers, judged on all that the real
// server was recorded to answer.
import { describe, expect, it } from 'vitest'
import { judgeAnswer } from '../../src/contracts/target/answer.js'
import { checks } from '../../src/contracts/suites/all-checks.js'
import { verify } from '../../src/contracts/run/verify.js'
import { createRunnerMock } from '../../src/index.js'
import { answerFacts, brokenFacts } from '../../src/contracts/suites/neighbours/tracing-checks.js'
import { neighbourOperations } from '../../src/kernel/all-operations.js'
import type { OperationId } from '../../src/kernel/operation.js'
import { readTopic, topics, type NeighbourExchange } from '../replay/neighbours/exchange.js'

const ID = '019ca8d7-2d00-7000-8000-0000000000aa'

/** A recorded text with values in place of what stands for them. */
function filled(text: string): string {
  return text
    .replaceAll(/<id>|\{\{\w+\}\}/g, ID)
    .replaceAll('<now>', '2026-11-28T08:00:00.000001Z')
    .replaceAll('<text>', 'text')
}

interface Read {
  readonly operation: OperationId
  readonly asked: unknown
  readonly status: number
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>
}

function read({ op, request, response }: NeighbourExchange): Read[] {
  if (!(op in neighbourOperations) || response.text !== undefined) return []
  // The refusal of a stream is one of its lines.
  const stream = response.status < 300 ? response.stream : response.stream?.[0]
  const body: unknown = JSON.parse(filled(JSON.stringify(stream ?? response.body ?? null)))
  const location = response.headers['location']
  const headers = { ...response.headers, ...(location !== undefined && { location: filled(`http://mock${location}`) }) }
  return [{ operation: op as OperationId, asked: request.body, status: response.status, body, headers }]
}

const recorded = topics.flatMap((topic) => readTopic(topic).map((exchange) => ({ topic, exchange })))

describe('what the real server answered around runners', () => {
  it('breaks none of the facts that checks hold of single answers', () => {
    const broken = recorded.flatMap(({ topic, exchange }) =>
      read(exchange)
        .filter(({ status }) => status === 200)
        .flatMap((answer) => brokenFacts(answer).map((fact) => `${topic} #${exchange.n}: ${fact}`)),
    )
    expect(broken).toEqual([])
  })

  it('has cases of all of them that are recorded', () => {
    const seen = new Set(recorded.map(({ exchange }) => exchange.op))
    const unseen = Object.values(answerFacts).filter(({ of }) => of.every((operation) => !seen.has(operation)))
    expect(unseen.flatMap(({ of }) => of)).toEqual(['getTraceThreadStats'])
  })

  it('fits the spec as checks judge it, where it is no failure', () => {
    const flaws = recorded.flatMap(({ topic, exchange }) =>
      read(exchange)
        .filter(({ status }) => status < 500)
        .flatMap(({ operation, status, headers, body }) => {
          const text = body === null ? '' : JSON.stringify(body)
          return judgeAnswer(operation, { status, headers, text, body: body ?? undefined }).map(
            ({ expected, actual }) => `${topic} #${exchange.n} ${operation} ${expected}; got ${actual.slice(0, 160)}`,
          )
        }),
    )
    expect(flaws).toEqual([])
  })

  it('is what a mock answers that passes the suite', async () => {
    const { fetch } = createRunnerMock({ profile: 'opik@2.0' })
    const areas = ['projects', 'ingestion', 'configurations', 'prompts']
    const own = checks.filter(({ area }) => areas.includes(area))
    const { results } = await verify({ app: { fetch } }, { checks: own, seed: 3, server: 'opik@2.0' })
    expect(results.filter(({ verdict }) => verdict.kind !== 'passed')).toEqual([])
  })
})
