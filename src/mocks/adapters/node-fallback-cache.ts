/**
 * What a fallback has answered, in a file: served again when the fallback gives no answer. Only what was read is kept, as
 * text; no header of a request but the workspace, so that no key gets there.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { FallbackCacheFile as form } from '../../generated/kit-node.js'
import { afterRealTime } from '../../kernel/clock.js'
import { codeOf, KitError, messageOf } from '../../kernel/errors.js'
import { problemsOf } from '../../kernel/form.js'
import { problemError } from '../../kernel/problem.js'
import { headerOf, type Headers } from '../base/exchange.js'
import { DEFAULT_WORKSPACE } from '../base/identity.js'

interface KeptAnswer {
  workspace: string
  /** Below the fallback's base, query included. */
  path: string
  status: number
  type: string
  body: string
}

interface AskedRequest {
  readonly method?: string | undefined
  readonly headers: Headers
}

/** An answer whose body is under way. */
interface StreamedAnswer {
  readonly statusCode?: number | undefined
  readonly headers: Headers
  on(event: 'data', listener: (piece: Buffer) => void): unknown
  once(event: 'end', listener: () => void): unknown
}

/** The answers of one fallback. */
export interface FallbackCache {
  /** Keeps an answer that is under way, if it is one to keep. */
  keep(request: AskedRequest, path: string, answer: StreamedAnswer): void
  find(request: AskedRequest, path: string): Readonly<KeptAnswer> | undefined
  /** Writes what is not written yet. */
  close(): void
}

const MOST_ANSWERS = 2000
/** A longer body is not kept. */
const LONGEST_BODY = 1024 * 1024
/** Real milliseconds from an answer to the file. */
const WRITING_MS = 300

/**
 * Opens the file, or begins a new one.
 * @throws KitError `fallback/cache` for a file that is none of ours, or cannot be written
 */
export function openCache(file: string): FallbackCache {
  const answers = new Map(readAnswers(file).map((answer) => [keyOf(answer.workspace, answer.path), answer]))
  let stopWaiting: (() => void) | undefined
  const write = (): void => {
    stopWaiting = undefined
    // Beside it first: a file that is half written would be none.
    const draft = `${file}.draft`
    const text = JSON.stringify({ version: 1, answers: [...answers.values()] })
    // A link that somebody has put there is removed, never followed.
    rmSync(draft, { force: true })
    writeFileSync(draft, text, { mode: 0o600, flag: 'wx' })
    renameSync(draft, file)
  }
  try {
    write()
  } catch (error) {
    throw unusable(file, `it cannot be written: ${messageOf(error)}`, error)
  }
  // A disk that is full must not end the server; the next answer tries again.
  const tryToWrite = (): void => {
    try {
      write()
    } catch {
      stopWaiting = undefined
    }
  }
  return {
    keep(request, path, answer) {
      const { statusCode: status = 0, headers } = answer
      const type = headerOf(headers, 'content-type')
      const isPlain = /json|^text\//.test(type) && headerOf(headers, 'content-encoding') === ''
      if (request.method !== 'GET' || status !== 200 || !isPlain) return
      const pieces: Buffer[] = []
      let length = 0
      answer.on('data', (piece: Buffer) => {
        length += piece.length
        if (length <= LONGEST_BODY) pieces.push(piece)
      })
      answer.once('end', () => {
        if (length > LONGEST_BODY) return
        const workspace = workspaceOf(request)
        const key = keyOf(workspace, path)
        answers.delete(key)
        answers.set(key, { workspace, path, status, type, body: Buffer.concat(pieces).toString('utf8') })
        const [oldest] = answers.keys()
        if (answers.size > MOST_ANSWERS && oldest !== undefined) answers.delete(oldest)
        stopWaiting ??= afterRealTime(WRITING_MS, tryToWrite)
      })
    },
    find: (request, path) => (request.method === 'GET' ? answers.get(keyOf(workspaceOf(request), path)) : undefined),
    close() {
      if (stopWaiting === undefined) return
      stopWaiting()
      tryToWrite()
    },
  }
}

function workspaceOf({ headers }: AskedRequest): string {
  return headerOf(headers, 'comet-workspace') || DEFAULT_WORKSPACE
}

function keyOf(workspace: string, path: string): string {
  return `${workspace} ${path}`
}

function readAnswers(file: string): readonly KeptAnswer[] {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw unusable(file, 'it is no JSON, or cannot be read', error)
  }
  const [problem] = problemsOf(form, value)
  if (problem !== undefined) throw problemError(problem, 'fallback/cache', `the file ${file}`)
  return isCache(value) ? value.answers : []
}

function isCache(value: unknown): value is { answers: readonly KeptAnswer[] } {
  return typeof value === 'object' && value !== null && 'answers' in value && Array.isArray(value.answers)
}

function unusable(file: string, value: string, cause: unknown): KitError {
  const failed = `The file ${file} cannot keep the answers of a fallback.`
  return new KitError(
    'fallback/cache',
    { failed, value, fix: 'Name a file that this option has written, or a new one.' },
    { cause },
  )
}
