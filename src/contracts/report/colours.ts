/** Colours for the terminal, or none. */
import pc from 'picocolors'

/** Paints text. */
export type Paint = ReturnType<typeof pc.createColors>

/** Creates a paint that colours, or leaves text as it is. */
export function createPaint(hasColor: boolean): Paint {
  return pc.createColors(hasColor)
}
