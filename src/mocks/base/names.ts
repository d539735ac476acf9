/** Names that the world gives, for whoever speaks of them. */

/** Name of the project that every workspace has from the start. */
export const DEFAULT_PROJECT = 'Default Project'

/** The capability of runners that take bridge commands. */
export const BRIDGE = 'bridge'
