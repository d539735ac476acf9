/**
 * Where servers of this API differ and may: one table of what a check accepts besides what the spec describes. A check
 * names the row; nothing else decides what is tolerated, but for the accidents of today's servers (accidents.ts).
 */

/** One tolerated difference. */
export interface Alternative {
  /** What differs, for reports. */
  readonly what: string
  /** Statuses that are all right, declared or not. */
  readonly statuses?: readonly number[]
  /** Values of the status field that are all right. */
  readonly states?: readonly string[]
  /** Headers, in lower case, that may be other than declared. */
  readonly headers?: readonly string[]
}

/** Every tolerated difference by its name. */
export const alternatives = {
  // Requests that no rule decides to the last digit.
  wrongMethod: { what: 'A method that a path does not know.', statuses: [405] },
  unknownPath: { what: 'A path that the API does not know.', statuses: [404] },
  oversizedBody: {
    what: 'A body over the limit is refused by the rule, or before it by a proxy.',
    statuses: [400, 413],
  },
  foreignWorkspace: { what: 'Another workspace is closed, unknown or empty for this caller.', statuses: [403, 404] },
  pollOfGoneRunner: {
    what: 'A poll whose runner is disconnected meanwhile ends with 404, or with nothing to do.',
    statuses: [200, 404],
  },
  readerOfGoneRunner: {
    what: 'A reader who waits for a command whose runner goes gets it as timed out, or 404.',
    statuses: [200, 404],
  },
  foreignProject: {
    what: "A list of another workspace's project is empty, or the project is unknown.",
    statuses: [200, 404],
  },
  preparedLocation: {
    what: 'A call that only prepares a check takes the id from any Location that ends in it; the form is judged elsewhere.',
    headers: ['location'],
  },
  badEncoding: { what: 'A content encoding that is none, or does not fit the body.', statuses: [400, 415] },
} as const satisfies Record<string, Alternative>

/** Name of a tolerated difference. */
export type AlternativeName = keyof typeof alternatives
