// Follows `$ref`s inside one document. References to other files are not followed.
import { isObject, type JsonObject } from './json-value.js'
import type { SpecDocument } from './parse-spec.js'

/** Where a chain of references ends. */
export interface Resolution {
  /** The object at the end; undefined when the chain leads nowhere. */
  readonly target: JsonObject | undefined
  /** Last segments of the references followed, outermost first: `['JsonNode']` for `#/components/schemas/JsonNode`. */
  readonly names: readonly string[]
}

/** Follows one reference; undefined when it points nowhere or out of the document. */
export function lookUp(document: SpecDocument, reference: string): unknown {
  if (!reference.startsWith('#')) return undefined
  let place: unknown = document.root
  for (const segment of reference.slice(1).split('/').slice(1).map(decodeSegment)) {
    if (Array.isArray(place)) place = place.at(Number(segment))
    else if (isObject(place) && Object.hasOwn(place, segment)) place = place[segment]
    else return undefined
  }
  return place
}

/** Follows a value's `$ref`s to the end (a value without one is its own end). A circle has no end. */
export function resolve(document: SpecDocument, value: unknown): Resolution {
  const names: string[] = []
  const seen = new Set<unknown>()
  let place = value
  while (isObject(place) && typeof place.$ref === 'string') {
    if (seen.has(place)) return { target: undefined, names }
    seen.add(place)
    names.push(referenceName(place.$ref))
    place = lookUp(document, place.$ref)
  }
  return { target: isObject(place) ? place : undefined, names }
}

/** The last segment of a reference, which for a component is its name. */
export function referenceName(reference: string): string {
  return decodeSegment(reference.slice(reference.lastIndexOf('/') + 1))
}

function decodeSegment(segment: string): string {
  return percentDecoded(segment).replaceAll('~1', '/').replaceAll('~0', '~')
}

function percentDecoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
