/**
 * Where servers of this API differ and may: one table of what a check accepts besides what the spec describes. A check
 * names the row; nothing else decides what is tolerated.
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

  // Accidents of servers in use: a check accepts what they do and what the spec describes.
  secondActivation: {
    what: 'A second correct activation answers 409; whether it registers the runner again is open.',
    statuses: [409],
  },
  refusedHeartbeat: {
    what: 'Whether a heartbeat refused for a capability renews the time to live is open.',
    states: ['connected', 'disconnected'],
  },
  reportedPendingJob: {
    what: 'A pending job that was reported as ended may be handed out once more.',
    states: ['completed', 'failed'],
  },
  listedTotal: { what: 'The total of an unfiltered listJobs may include expired jobs.' },
  cancelledJobKept: { what: 'A job cancelled while it ran may be kept for good.', statuses: [200, 404] },
  refusedCommandCounts: { what: 'A command refused for its size may count against the rate.', statuses: [201, 429] },
  payloadUnit: { what: 'Sizes are bytes of UTF-8, or characters.', statuses: [201, 204, 400] },
  expiredCommandEndsPoll: {
    what: 'An expired pending command may end a poll with an empty batch, and count as pending.',
  },
  staleWait: {
    what: 'A wait that runs out answers the state of its end, or of its beginning.',
    states: ['pending', 'picked_up'],
  },
  oneWaiterWakes: {
    what: 'Of several waiters for one command, one wakes at its end; the others answer when their time is over.',
  },
  secondDeath: {
    what: 'A runner that came back and dies again is purged after the purge time, or at once.',
    statuses: [200, 404],
  },
  endpointCommandTimeout: {
    what: 'Commands of endpoint runners time out like others, or never.',
    states: ['timed_out', 'picked_up'],
  },
  statusLetterCase: {
    what: 'Job statuses and the status filter are read exactly, or in any letter case.',
    statuses: [200, 204, 400],
  },
  hungUpPoller: { what: 'A job whose poller hung up is handed out again, or lost.' },
} as const satisfies Record<string, Alternative>

/** Name of a tolerated difference. */
export type AlternativeName = keyof typeof alternatives
