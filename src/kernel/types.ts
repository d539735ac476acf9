// Friendly names for the spec's schemas, for people who import the package.
export type * from '../generated/named-types.js'
