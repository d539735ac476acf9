/**
 * Checks that are told as requests, one a line: an operation, what it changes about a valid request, the statuses that may
 * come, and what the answer then shows.
 */
import type { QueryParameter } from '../../generated/operations.js'
import { operations } from '../../kernel/all-operations.js'
import { show } from '../../kernel/printable.js'
import { isSameJson, listOf, memberOf, objectsOf, textAt } from '../../kernel/json-value.js'
import { alternatives, type Answer, toRecord, toTexts } from '../target/answer.js'
import { expectAnyStatus, expectEqual, expectFields, expectThat, fail } from '../target/expectation.js'
import { toIdentityName, type RawRequest } from '../target/client.js'
import type { Context } from './context.js'
import { createdId } from './runner-handle.js'
import { expectStatusOr, expectThatOr, isQuirkId } from './seen-quirks.js'
import {
  completeRequest,
  operationsIn,
  prepareValidRequest,
  requestOf,
  type RequestChanges,
  type ValidRequest,
} from './valid-request.js'

/** What a line may name: ids and names of the scene, of answers before, and the parts of the template by their numbers. */
type Found = Readonly<Record<string, unknown>>

/** Makes a value that stands in a line once the line is sent, or a scene. */
export type LinePart = (context: Context, found: Found) => unknown

const isMade = (part: unknown): part is LinePart => typeof part === 'function'

/** Who sends it, the operation, changes, statuses, a quirk with the statuses that it gives, and what the answer shows. */
const LINE =
  /^(?:(colleague|stranger|reader) )?(\w+)(.*?):((?: \d{3})+| as \w+)(?:, ([\w/-]+)((?: \d{3})+))?((?: .*)?)$/
const WORD = /(?<= |^)([\w.*-]*?)(!=|\*=|=|~|->)((?:"(?:[^"\\]|\\.)*"|\S)*)/g
const NAMED = /\$(\w+)(?:\.(\w+))?(\^?)/g
const METHOD = /^[A-Z]+$/

export const areRequests = (lines: readonly string[]): boolean => lines.some((line) => LINE.test(line.trim()))

/** The lines of a text, those that stand further in than the first joined to the one before. */
function joinLines([first = '', ...others]: readonly string[]): string[] {
  const indentOf = (line: string): number => line.search(/\S/)
  const lines = [first.trim()]
  for (const line of others) {
    if (indentOf(line) > indentOf(first)) lines.push(`${lines.pop() ?? ''} ${line.trim()}`)
    else lines.push(line.trim())
  }
  return lines
}

/**
 * What a word says: `?` is an id or name that nothing has, nothing is undefined, `$name.0` a part of what was found, and
 * `$name^` the same in capitals.
 */
function readValue(word: string, context: Context, found: Found): unknown {
  if (word === '?') return context.random.uuid()
  if (word === '') return undefined
  return JSON.parse(fillIn(word, context, found, (value) => JSON.stringify(value)))
}

/** A text in which what was found stands for its names. */
function fillIn(text: string, context: Context, found: Found, write: (value: unknown) => string): string {
  return text.replaceAll(NAMED, (_, name: string, member: string | undefined, isLarge: string) => {
    const part = found[name]
    const whole = isMade(part) ? part(context, found) : part
    const value = member === undefined ? whole : valueAt(whole, [member])
    return write(isLarge === '' ? value : String(value).toUpperCase())
  })
}

/** Names, signs and values in the order in which they stand. */
const wordsIn = (words: string, context: Context, found: Found): [name: string, value: unknown][] =>
  Array.from(words.matchAll(WORD), ([, name = '', , word = '']) => [name, readValue(word, context, found)])

/** What lies in a body at a path; a step into a list is `*` for each item, a place, the name of an item, or `length`. */
function valueAt(value: unknown, path: readonly string[]): unknown {
  const [step, ...rest] = path
  if (step === undefined) return value
  if (step === '*') return listOf(value).map((item) => valueAt(item, rest))
  if (!Array.isArray(value)) return valueAt(memberOf(value, step), rest)
  if (step === 'length') return value.length
  if (/^\d+$/.test(step)) return valueAt(listOf(value)[Number(step)], rest)
  // A name may have points of its own.
  const named = objectsOf(value).find((item) => `${path.join('.')}.`.startsWith(`${textAt(item, 'name')}.`))
  return valueAt(named, path.slice(textAt(named, 'name').split('.').length))
}

/** A copy of a body with a value at a path, `*` being each item of a list. */
function withValue(body: unknown, [step, ...rest]: readonly string[], value: unknown): unknown {
  if (step === undefined) return value
  if (Array.isArray(body) && step === '*') return body.map((item: unknown) => withValue(item, rest, value))
  return { ...toRecord(body), [step]: withValue(memberOf(body, step), rest, value) }
}

/**
 * What words change about a valid request, by the name of a parameter, field or header: `name=?` is an id or name that
 * nothing has, `name=` leaves it out, any other value is JSON; `scores.*.value=1` reaches into a field. JSON alone is
 * another body, `rawBody` its text.
 */
export function changesBy(
  words: string,
  context: Context,
  valid: ValidRequest,
  found: Found = valid.found,
): RequestChanges {
  const parameters: readonly QueryParameter[] = operations[valid.operation].queryParameters
  const given = wordsIn(words, context, found)
  const only = (isOf: (name: string) => boolean) => Object.fromEntries(given.filter(([name]) => isOf(name)))
  const inPath = (name: string): boolean => name in valid.path
  const inQuery = (name: string): boolean => parameters.some((each) => each.name === name)
  const isHeader = (name: string): boolean => name === 'accept' || name.includes('-')
  const { rawBody, ...fields } = only((name) => !inPath(name) && !inQuery(name) && !isHeader(name))
  const whole = words.replaceAll(WORD, '').trim()
  const body =
    whole === ''
      ? Object.entries(fields).reduce(
          (part: unknown, [name, value]) => withValue(part, name.split('.'), value),
          valid.body,
        )
      : readValue(whole, context, found)
  const headers = Object.entries(only(isHeader)).map(
    ([name, value]) => [name, typeof value === 'string' ? value : null] as const,
  )
  return {
    path: toTexts(only(inPath)),
    query: only(inQuery),
    headers: Object.fromEntries(headers),
    ...(typeof rawBody === 'string' && { rawBody }),
    ...((Object.keys(fields).length > 0 || whole !== '') && { body }),
  }
}

/** A request that means no operation: a path, then headers, and `rawBody`. */
function rawRequestBy(method: string, words: string, context: Context, found: Found): RawRequest {
  const [, path = '', more = ''] = /^ (\S+)(.*)$/.exec(words) ?? []
  const { rawBody: body, ...headers } = toTexts(Object.fromEntries(wordsIn(more, context, found)))
  return { method, path: fillIn(path, context, found, String), headers, body, operation: null }
}

/**
 * Sends requests, one a line, and ends the check unless each has one of the statuses: `createJob agent_name="x": 400`,
 * `stranger getTraceById: 404`, `listRunners status="CONNECTED": 400, status-any-case 200`; `createJob: as badEncoding` has those of an alternative; `HEAD /is-alive/ping: 200` means no
 * operation. After the statuses stands what an answer with the first of them shows: `name="x"`; `content.*.id~[$first,$second]` in any order;
 * `created_by!=""`; `header.allow*="PUT"`, which contains that; `description=|null-text|"null"`, with what a quirk shows; `$1`
 * the fields of a part; `->id` keeps the id of what was created by that name, and `commit->commit` a part of the body. Each
 * line has the scene of its operation, unless the first line is a part of the template alone: a scene that all are about,
 * until one meets a quirk.
 */
export async function sendLines(context: Context, text: readonly string[], parts: readonly unknown[]): Promise<void> {
  const found: Record<string, unknown> = { unknown: context.random.uuid() }
  for (const [at, part] of parts.entries()) found[at + 1] = part
  const lines = joinLines(text)
  const [, scene] = /^\$(\d+)$/.exec(lines[0] ?? '') ?? []
  if (scene !== undefined) Object.assign(found, await readScene(found[scene], context))
  for (const line of lines.slice(scene === undefined ? 0 : 1)) {
    const [, who = 'main', name = '', changes = '', numbers = '', quirk, ofQuirk = '', shown = ''] =
      LINE.exec(line) ?? []
    const identity = toIdentityName(who)
    const request = METHOD.test(name)
      ? rawRequestBy(name, changes, context, found)
      : await requestBy(name, changes, context, found, scene !== undefined)
    const answer = await context.raw({ ...request, identity })
    const statuses = statusesIn(numbers)
    if (quirk === undefined) expectAnyStatus(answer, statuses)
    else if (isQuirkId(quirk)) expectStatusOr(context, answer, statuses, [quirk, statusesIn(ofQuirk)])
    else throw new Error(`There is no quirk ${quirk}.`)
    if (scene !== undefined && !statuses.includes(answer.status)) return
    if (answer.status === statuses[0]) expectShown(answer, shown, context, found)
  }
}

/** A request of an operation with what words change about it; one that is about a scene is made of what that has found. */
async function requestBy(name: string, words: string, context: Context, found: Found, isOfScene: boolean) {
  const [operation = fail('a request', name)] = operationsIn(name)
  const valid = await (isOfScene
    ? completeRequest(context, operation, { ...found, runner: undefined })
    : prepareValidRequest(context, operation))
  // Checks of their own judge the form of a Location.
  const accept = [alternatives.preparedLocation]
  return requestOf(valid, { accept, ...changesBy(words, context, valid, found) })
}

const readScene = (scene: unknown, context: Context): unknown => (isMade(scene) ? scene(context, {}) : {})

/** Statuses as numbers, or `as` the alternative of a name. */
function statusesIn(words: string): readonly number[] {
  const [, name] = /^ as (\w+)$/.exec(words) ?? []
  const row = Object.entries(alternatives).find(([each]) => each === name)?.[1]
  return row !== undefined && 'statuses' in row ? row.statuses : words.trim().split(' ').map(Number)
}

/** Expects what words say of an answer, and keeps what they name. */
function expectShown(answer: Answer, words: string, context: Context, found: Record<string, unknown>): void {
  const rest = words
    .replaceAll(WORD, '')
    .replaceAll(/ \$\w+/g, '')
    .trim()
  if (rest !== '') throw new Error(`An answer cannot show ${rest}.`)
  const what = `the answer to ${answer.operation ?? 'a request'}`
  for (const [, fields = ''] of words.matchAll(/ \$(\w+)/g))
    expectFields(what, toRecord(answer.body), toRecord(found[fields]), answer)
  for (const [, path = '', sign, word = ''] of words.matchAll(WORD)) {
    if (sign === '->') {
      found[word] = path === '' ? createdId(answer) : valueAt(answer.body, path.split('.'))
      continue
    }
    const [wanted = '', quirk, ofQuirk = ''] = word.split('|')
    const [actual, expected] = [shownAt(answer, path), readValue(wanted, context, found)]
    const seen = { expected: `${path} of ${what} to be ${show(expected)}`, actual, proof: answer }
    if (quirk !== undefined && isQuirkId(quirk))
      expectThatOr(context, isSameJson(actual, expected), seen, [
        quirk,
        isSameJson(actual, readValue(ofQuirk, context, found)),
      ])
    else if (sign === '=') expectEqual(`${path} of ${what}`, actual, expected, answer)
    else if (sign === '~') expectEqual(`${path} of ${what}, in any order`, inOrder(actual), inOrder(expected), answer)
    else if (sign === '*=')
      expectThat(itemsOf(actual).includes(expected), `${show(expected)} in ${path} of ${what}`, actual, answer)
    else expectThat(!isSameJson(actual, expected), `${path} of ${what} not to be ${show(expected)}`, actual, answer)
  }
}

/** What an answer shows: a part of its body, or of a header, without parameters. */
function shownAt({ headers, body }: Answer, path: string): unknown {
  const [, header] = /^header\.(.*)$/.exec(path) ?? []
  if (header === undefined) return valueAt(body, path.split('.'))
  const value = headers[header]?.split(';')[0]?.trim()
  // Media types are written in any letter case.
  return header === 'content-type' ? value?.toLowerCase() : value
}

/** The items of a list, or of a text with commas. */
const itemsOf = (value: unknown): readonly unknown[] =>
  typeof value === 'string' ? value.split(/\s*,\s*/) : listOf(value)

const inOrder = (values: unknown): string[] =>
  itemsOf(values)
    .map((value) => JSON.stringify(value))
    .toSorted()
