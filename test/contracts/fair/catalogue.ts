// Every fair variant. What today's servers do by quirk is played by the mock itself: see quirks.ts.
import { formVariants } from './forms.js'
import { requestVariants, unknownPath } from './requests.js'
import { runnerVariants } from './runners.js'
import type { Variant } from './variant.js'

export const variants: readonly Variant[] = [unknownPath, ...formVariants, ...runnerVariants, ...requestVariants]
