// @ts-check
// What the generated validators call at run time, bundled into them: formats that no regular expression can decide,
// string length and deep equality. Small and free of dependencies, since it ends up in browsers.

const DATE_TIME = /^\d{4}-\d\d-\d\d[Tt\s]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d(?::?\d\d)?)$/
const OFFSET = /([+-])(\d\d):?(\d\d)?$/

/**
 * RFC 3339 with any number of decimals; the offset must be there, the day must exist, a leap second ends a UTC day.
 * Digits are read where they must stand: answers carry many times, and capturing groups took longer than the rest of
 * their validation.
 * @param {string} text
 */
function isDateTime(text) {
  if (!DATE_TIME.test(text)) return false
  const day = twoDigits(text, 8)
  const hour = twoDigits(text, 11)
  const minute = twoDigits(text, 14)
  const second = twoDigits(text, 17)
  if (day < 1 || day > daysOf(twoDigits(text, 0) * 100 + twoDigits(text, 2), twoDigits(text, 5))) return false
  if (hour > 23 || minute > 59 || second > 60) return false
  if (second < 60 && /[Zz]$/.test(text)) return true
  const [, sign, offsetHour = 0, offsetMinute = 0] = OFFSET.exec(text) ?? []
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return false
  if (second < 60) return true
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * (sign === '-' ? -1 : 1)
  return (hour * 60 + minute - offset + 1440) % 1440 === 1439
}

/**
 * @param {string} text
 * @param {number} place
 */
function twoDigits(text, place) {
  return (text.charCodeAt(place) - 48) * 10 + text.charCodeAt(place + 1) - 48
}

/**
 * @param {number} year
 * @param {number} month
 */
function daysOf(year, month) {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  if (month < 1 || month > 12) return 0
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

/** @param {number} value */
function isInt32(value) {
  return (value | 0) === value
}

/**
 * Up to the precision of a double: both ends of the range read as powers of two.
 * @param {number} value
 */
function isInt64(value) {
  return Number.isInteger(value) && Math.abs(value) <= 2 ** 63
}

/** The formats that are functions, in the form that Ajv asks for. */
export const formats = {
  'date-time': { validate: isDateTime },
  int32: { type: /** @type {const} */ ('number'), validate: isInt32 },
  int64: { type: /** @type {const} */ ('number'), validate: isInt64 },
}

/**
 * Length in UTF-16 units, as the API counts it, where JSON Schema counts code points.
 * @param {string} text
 */
export function lengthOf(text) {
  return text.length
}

/**
 * Equality of JSON values.
 * @param {unknown} left
 * @param {unknown} right
 * @returns {boolean}
 */
export function isEqual(left, right) {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (Array.isArray(left) !== Array.isArray(right)) return false
  const [leftEntries, rightMap] = [Object.entries(left), new Map(Object.entries(right))]
  return (
    leftEntries.length === rightMap.size &&
    leftEntries.every(([key, value]) => rightMap.has(key) && isEqual(value, rightMap.get(key)))
  )
}

/**
 * Takes away the members that are null.
 * @param {Record<string, unknown>} object
 * @param {string[]} names
 */
export function dropNulls(object, names) {
  for (const name of names) if (object[name] === null) delete object[name]
}

/** How many errors are described; of those that follow only the keyword is told. */
const MAX_DESCRIBED = 10

/**
 * Adds one error to those found so far. There are as many as Ajv counts, since it goes by their number.
 * @param {object[] | null} errors
 * @param {string} instancePath
 * @param {string} keyword
 * @param {object} params
 * @param {string} [schemaPath] Left out where it is not needed, since it makes half of the code.
 */
export function report(errors, instancePath, keyword, params, schemaPath) {
  return add(errors ?? [], { instancePath, schemaPath, keyword, params })
}

/**
 * Adds the errors of a part to those found so far. In place: to copy them for each part would take quadratic time.
 * @param {object[] | null} errors
 * @param {{ keyword: string }[]} more
 */
export function join(errors, more) {
  return errors === null ? more : more.reduce(add, errors)
}

/**
 * @param {object[]} errors
 * @param {{ keyword: string }} error
 */
function add(errors, error) {
  errors.push(errors.length < MAX_DESCRIBED ? error : furtherOf(error.keyword))
  return errors
}

/** @param {string} keyword */
function furtherOf(keyword) {
  return (further[keyword] ??= { instancePath: '', keyword, params: {}, isFurther: true })
}

/** @type {Record<string, object>} */
const further = {}
