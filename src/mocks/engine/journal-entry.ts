/** One line of the journal, as users read it. */
import type { JournalDetail } from '../../kernel/admin-views.js'

export type { MessageView as JournalMessage } from '../../kernel/admin-views.js'

/** One request and its answer. Secrets are blacked out: credentials, activation keys and signatures. */
export type JournalEntry = Omit<JournalDetail, 'near_miss'>
