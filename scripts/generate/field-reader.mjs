// @ts-check
// Reads members of a hand-written object one by one, collecting a problem for each that is missing, unknown or of the
// wrong kind, and going on with a stand-in, so that one run names every mistake.
import { isObject, kindOf, objectOf } from './load-spec.mjs'
import { listText } from './spec-error.mjs'

/** @typedef {import('./load-spec.mjs').Place} Place */

/** Members of objects, read with complaints; `problems` holds what was complained about. */
export class FieldReader {
  /** @type {import('./spec-error.mjs').Problem[]} */
  problems = []

  /**
   * @param {Place} place
   * @param {string} problem
   * @param {string} fix
   */
  report(place, problem, fix) {
    this.problems.push({ place, problem, fix })
  }

  /**
   * An object with known member names only.
   * @param {unknown} value
   * @param {Place} place
   * @param {{ required: string[], optional?: string[] }} members
   */
  object(value, place, { required, optional = [] }) {
    if (!isObject(value)) this.expected('an object', value, place)
    const found = objectOf(value)
    const known = [...required, ...optional]
    for (const name of required.filter((member) => !Object.hasOwn(found, member))) {
      this.report(place, `"${name}" is missing.`, `add ${name}.`)
    }
    for (const name of Object.keys(found).filter((member) => !known.includes(member))) {
      this.report([...place, name], `unknown member "${name}".`, `use ${listText(known)}.`)
    }
    return found
  }

  /**
   * The entries of a map of names, each with its place.
   * @param {unknown} value
   * @param {Place} place
   * @returns {{ name: string, value: unknown, place: Place }[]}
   */
  entries(value, place) {
    if (value !== undefined && !isObject(value)) this.expected('a map', value, place)
    return Object.entries(objectOf(value)).map(([name, member]) => ({ name, value: member, place: [...place, name] }))
  }

  /**
   * @param {unknown} value
   * @param {Place} place
   * @returns {string}
   */
  text(value, place) {
    if (typeof value === 'string' && value.trim() !== '') return value.trim()
    if (value !== undefined) this.expected('text', value, place)
    return ''
  }

  /**
   * @param {unknown} value
   * @param {Place} place
   * @returns {string | null}
   */
  optionalText(value, place) {
    return value === undefined || value === null ? null : this.text(value, place)
  }

  /**
   * One name or a list of names, as a list without repetition.
   * @param {unknown} value
   * @param {Place} place
   * @returns {string[]}
   */
  names(value, place) {
    if (value === undefined) return []
    const names = (Array.isArray(value) ? value : [value]).map((name) => this.text(name ?? null, place))
    const twice = names.filter((name, index) => names.indexOf(name) !== index)
    if (twice.length > 0) this.report(place, `${listText(twice, 'and')} stands there twice.`, 'name it once.')
    return [...new Set(names)]
  }

  /**
   * @param {unknown} value
   * @param {Place} place
   * @returns {number | null}
   */
  optionalNumber(value, place) {
    if (value === undefined || typeof value === 'number') return value ?? null
    this.expected('a number', value, place)
    return null
  }

  /**
   * @param {unknown} value
   * @param {Place} place
   * @returns {boolean}
   */
  flag(value, place) {
    if (value !== undefined && typeof value !== 'boolean') this.expected('true or false', value, place)
    return value === true
  }

  /**
   * @param {string} what
   * @param {unknown} value
   * @param {Place} place
   */
  expected(what, value, place) {
    this.report(place, `expected ${what}, found ${kindOf(value)}.`, `write ${what}.`)
  }
}
