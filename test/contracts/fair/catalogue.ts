// Every fair variant. Those that change whom a runner belongs to come first: the others see what they leave behind.
import { commandVariants } from './commands.js'
import { formVariants } from './forms.js'
import { jobVariants } from './jobs.js'
import { requestVariants, unknownPath } from './requests.js'
import { runnerVariants } from './runners.js'
import type { Variant } from './variant.js'

export const variants: readonly Variant[] = [
  unknownPath,
  ...formVariants,
  ...runnerVariants,
  ...requestVariants,
  ...jobVariants,
  ...commandVariants,
]
