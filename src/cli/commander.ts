/** The parser of arguments, as one file of the built command. */
export * from 'commander'
