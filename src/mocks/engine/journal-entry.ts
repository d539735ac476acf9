/** One line of the journal, as users read it. */
export type { JournalEntry, Message as JournalMessage } from '../../generated/kit-schema.js'
